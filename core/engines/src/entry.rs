//! Entries of the store as values: JSON, with faults that name the key and not the value.

use bytes::Bytes;
use logical::Result;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::{RawValue, to_raw_value};

use crate::Error;

/// Reads the value of an entry.
pub(crate) fn decode<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T> {
    serde_json::from_slice(value).map_err(|fault| {
        // The fault's own text may quote the value.
        Error::Corrupt { key: key.to_owned(), column: fault.column() }.into()
    })
}

/// The value of an entry.
pub(crate) fn encode<T: Serialize>(key: &str, content: &T) -> Result<Bytes> {
    let value = serde_json::to_vec(content).map_err(|_| unencodable(key))?;
    Ok(value.into())
}

/// A part of an entry, encoded ahead.
pub(crate) fn raw<T: Serialize>(key: &str, content: &T) -> Result<Box<RawValue>> {
    to_raw_value(content).map_err(|_| unencodable(key).into())
}

fn unencodable(key: &str) -> Error {
    Error::Unencodable { key: key.to_owned() }
}
