//! Custom metadata: free pairs of a secret, within limits.

use std::collections::BTreeMap;

use logical::{Code, Data, Error, Kind, Result};
use serde_json::Value;

/// The most pairs of a secret.
pub const CUSTOM_METADATA_KEYS_MAX: usize = 64;
/// The longest key, in bytes.
pub const CUSTOM_METADATA_KEY_BYTES_MAX: usize = 128;
/// The longest value, in bytes.
pub const CUSTOM_METADATA_VALUE_BYTES_MAX: usize = 512;

/// The pairs of an object whose members can be taken for text.
pub(super) fn parse(given: &Data) -> Result<BTreeMap<String, String>> {
    let converted = Kind::Pairs
        .convert(&Value::Object(given.clone()))
        .map_err(|why| Error::invalid(format!("custom_metadata validation failed: {why}")))?;
    let Value::Object(members) = converted else { return Ok(BTreeMap::new()) };
    if members.len() > CUSTOM_METADATA_KEYS_MAX {
        return Err(refused(format!(
            "payload must contain at most {CUSTOM_METADATA_KEYS_MAX} keys, provided {}",
            members.len()
        )));
    }
    let mut pairs = BTreeMap::new();
    for (key, value) in members {
        let value = value.as_str().unwrap_or_default().to_owned();
        check(&key, &value)?;
        pairs.insert(key, value);
    }
    Ok(pairs)
}

fn check(key: &str, value: &str) -> Result<()> {
    if key.is_empty() || key.len() > CUSTOM_METADATA_KEY_BYTES_MAX {
        return Err(refused(format!(
            "length of key \"{key}\" is {} but must be 0 < len(key) <= \
             {CUSTOM_METADATA_KEY_BYTES_MAX}",
            key.len()
        )));
    }
    if value.is_empty() || value.len() > CUSTOM_METADATA_VALUE_BYTES_MAX {
        return Err(refused(format!(
            "length of value for key \"{key}\" is {} but must be 0 < len(value) <= \
             {CUSTOM_METADATA_VALUE_BYTES_MAX}",
            value.len()
        )));
    }
    Ok(())
}

fn refused(why: String) -> Error {
    Error::listed(Code::InvalidRequest, format!("custom_metadata validation failed: {why}"))
}
