//! Durations and sizes as people write them in a configuration or a policy: `90s`, `1h30m`, `7d`,
//! `3600`; `32MiB`, `1 gb`, `1048576`.

use std::time::Duration;

use crate::Value;

/// Why a text is no duration or size.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// No duration at all, or one beyond 292 years.
    #[error("time: invalid duration \"{0}\"")]
    Duration(String),
    /// A number with a fraction and nothing behind it.
    #[error("time: missing unit in duration \"{0}\"")]
    MissingUnit(String),
    /// A unit that is not known.
    #[error("time: unknown unit \"{unit}\" in duration \"{text}\"")]
    UnknownUnit {
        /// The unit.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// A duration below zero.
    #[error("duration \"{0}\" must not be negative")]
    Negative(String),
    /// No size.
    #[error(
        "invalid size \"{0}\": give bytes as a number, or a number with kb, kib, mb, mib, gb, gib, tb or tib"
    )]
    Size(String),
    /// A list or an object.
    #[error("expected a number or a string, got {0}")]
    Kind(&'static str),
}

/// Reads a duration: digits are seconds, a text in days ends in `d`, all else is a Go duration.
/// An empty text is zero.
pub fn duration(text: &str) -> Result<Duration, UnitError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Duration::ZERO);
    }
    let whole = text.strip_suffix('d').map_or((text, 1), |days| (days, 86_400));
    if let (Ok(count), unit) = (whole.0.parse::<i64>(), whole.1) {
        let count = u64::try_from(count).map_err(|_| UnitError::Negative(text.to_owned()))?;
        let seconds = count.checked_mul(unit).filter(|seconds| *seconds <= SECONDS_MAX);
        return seconds
            .map(Duration::from_secs)
            .ok_or_else(|| UnitError::Duration(text.to_owned()));
    }
    go_duration(text)
}

/// Reads a duration from a value: a number is seconds.
pub fn duration_of(value: &Value) -> Result<Duration, UnitError> {
    match value {
        Value::String(text) => duration(text),
        Value::Number(text) => match text.parse::<f64>() {
            _ if text.parse::<i64>().is_ok() => duration(text),
            Ok(seconds) => Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|duration| duration.as_secs() <= SECONDS_MAX)
                .ok_or_else(|| UnitError::Duration(text.clone())),
            Err(_) => Err(UnitError::Duration(text.clone())),
        },
        Value::Bool(_) | Value::List(_) | Value::Object(_) => Err(UnitError::Kind(value.kind())),
    }
}

/// Reads a size in bytes. Units count in thousands, those with an `i` in 1024.
pub fn size(text: &str) -> Result<u64, UnitError> {
    let fault = || UnitError::Size(text.to_owned());
    let lower = text.trim().to_ascii_lowercase();
    let end = lower.find(|c: char| !c.is_ascii_digit()).unwrap_or(lower.len());
    let (digits, unit) = lower.split_at(end);
    let count: u64 = digits.parse().map_err(|_| fault())?;
    let unit: u64 = match unit.trim() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        "t" | "tb" => 1_000_000_000_000,
        "tib" => 1 << 40,
        _ => return Err(fault()),
    };
    count.checked_mul(unit).ok_or_else(fault)
}

/// The longest duration that fits 63 bits of nanoseconds, as peers keep them.
const SECONDS_MAX: u64 = 9_223_372_036;

/// `1h30m`, `1.5s`, `100ms`: numbers, each with a unit.
fn go_duration(text: &str) -> Result<Duration, UnitError> {
    let invalid = || UnitError::Duration(text.to_owned());
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0_u128;
    while !rest.is_empty() {
        let (whole, after) = split_digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => split_digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit = nanoseconds(unit, text)?;
        let part = amount(whole, fraction, unit).ok_or_else(invalid)?;
        total = total.checked_add(part).ok_or_else(invalid)?;
        rest = after;
    }
    if total > u128::from(SECONDS_MAX) * 1_000_000_000 {
        return Err(invalid());
    }
    if negative && total > 0 {
        return Err(UnitError::Negative(text.to_owned()));
    }
    let nanos = u64::try_from(total).map_err(|_| invalid())?;
    Ok(Duration::from_nanos(nanos))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn nanoseconds(unit: &str, text: &str) -> Result<u128, UnitError> {
    Ok(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(UnitError::MissingUnit(text.to_owned())),
        _ => {
            return Err(UnitError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() });
        }
    })
}

/// `whole.fraction` times the unit, in nanoseconds.
fn amount(whole: &str, fraction: &str, unit: u128) -> Option<u128> {
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // More than 18 digits say nothing about a nanosecond.
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let part = if fraction.is_empty() {
        0
    } else {
        let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        fraction.parse::<u128>().ok()?.checked_mul(unit)?.checked_div(scale)?
    };
    whole.checked_mul(unit)?.checked_add(part)
}

#[cfg(test)]
mod tests;
