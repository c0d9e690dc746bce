//! Times in entries: whole nanoseconds since 1970, which fit 64 bits until the year 2262.
//!
//! A record holds a time for each of its versions, and the parser reads a number of 128 bits digit
//! by digit into a text first: it was the largest part of reading a record.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de::Error};
use serde_json::value::RawValue;

const SECOND: i64 = 1_000_000_000;

/// A time that is always there.
pub(crate) mod required {
    use super::{Deserialize, Deserializer, RawValue, Serializer, Timestamp, read, write};

    pub(crate) fn serialize<S: Serializer>(time: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
        write(*time, out)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        read(<&RawValue>::deserialize(from)?)
    }
}

/// A time that may be missing.
pub(crate) mod optional {
    use super::{Deserialize, Deserializer, RawValue, Serializer, Timestamp, read, write};

    #[expect(clippy::ref_option, reason = "serde passes a reference")]
    pub(crate) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => write(*time, out),
            None => out.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Option::<&RawValue>::deserialize(from)?.map(read).transpose()
    }
}

fn write<S: Serializer>(time: Timestamp, out: S) -> Result<S::Ok, S::Error> {
    let nanoseconds = time.as_nanosecond();
    match i64::try_from(nanoseconds) {
        Ok(short) => out.serialize_i64(short),
        Err(_) => out.serialize_i128(nanoseconds),
    }
}

fn read<E: Error>(number: &RawValue) -> Result<Timestamp, E> {
    let text = number.get();
    if let Ok(short) = text.parse::<i64>() {
        #[expect(clippy::cast_possible_truncation, reason = "a remainder of a billion")]
        let rest = short.rem_euclid(SECOND) as i32;
        return Timestamp::new(short.div_euclid(SECOND), rest).map_err(E::custom);
    }
    let long = text.parse::<i128>().map_err(|_| E::custom("not a time"))?;
    Timestamp::from_nanosecond(long).map_err(E::custom)
}

#[cfg(test)]
mod tests;
