//! What is in a file: Vault's JSON object with the value in base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;

const HEAD: &[u8] = b"{\"Value\":\"";
const TAIL: &[u8] = b"\"}\n";

/// The entry as any version of Vault writes it; older ones have further members.
#[derive(Deserialize)]
struct Entry {
    /// Vault writes `null` for an empty value.
    #[serde(rename = "Value")]
    value: Option<String>,
}

/// The content of the file of a value.
pub(crate) fn encode(value: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(value);
    [HEAD, text.as_bytes(), TAIL].concat()
}

/// The value in the content of a file, or what is wrong with it.
pub(crate) fn decode(content: &[u8]) -> Result<Bytes, &'static str> {
    let plain = content.strip_prefix(HEAD).and_then(|rest| rest.strip_suffix(TAIL));
    if let Some(value) = plain.and_then(|text| STANDARD.decode(text).ok()) {
        return Ok(value.into());
    }
    if content.is_empty() {
        return Err("its file is empty");
    }
    let Ok(entry) = serde_json::from_slice::<Entry>(content) else {
        return Err("its file is not a JSON object with a \"Value\"");
    };
    match STANDARD.decode(entry.value.unwrap_or_default()) {
        Ok(value) => Ok(value.into()),
        Err(_) => Err("its \"Value\" is not base64"),
    }
}
