//! The JSON of the keyring and of a single key, member for member as Vault writes them.

use crypto::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Corruption;

/// The plaintext of `core/keyring`.
#[derive(Deserialize, Serialize)]
pub(crate) struct KeyringRecord {
    // The member keeps the name that the format gave it.
    #[serde(rename = "MasterKey", with = "base64_secret")]
    pub(crate) root_key: Secret<Vec<u8>>,
    #[serde(rename = "Keys")]
    pub(crate) keys: Vec<KeyRecord>,
    #[serde(rename = "RotationConfig", default)]
    pub(crate) rotation: RotationRecord,
}

/// One key: a member of the keyring, and the plaintext of `core/root-key` and `core/upgrade/…`.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeyRecord {
    pub(crate) term: u32,
    pub(crate) version: u32,
    #[serde(with = "base64_secret")]
    pub(crate) value: Secret<Vec<u8>>,
    pub(crate) install_time: Timestamp,
    #[serde(
        rename = "encryptions",
        alias = "Encryptions",
        default,
        skip_serializing_if = "is_zero"
    )]
    pub(crate) encryptions: u64,
}

/// When to rotate. Zeros, as in old keyrings, stand for the defaults.
#[derive(Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RotationRecord {
    pub(crate) disabled: bool,
    pub(crate) max_operations: i64,
    /// In nanoseconds.
    pub(crate) interval: i64,
}

/// The only version of a key record.
pub(crate) const KEY_VERSION: u32 = 1;

/// The install time of a root key's record: it has none, and the format's zero time is this.
pub(crate) const NO_TIME: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// The JSON of a record, in a buffer of the given size: one that need not grow leaves no part of a
/// key behind.
pub(crate) fn encode(record: &impl Serialize, size: usize) -> Result<Secret<Vec<u8>>, Corruption> {
    let mut buffer = Vec::with_capacity(size);
    serde_json::to_writer(&mut buffer, record)
        .map_err(|_| Corruption::Content("it cannot be encoded"))?;
    Ok(Secret::new(buffer))
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

mod base64_secret {
    use std::fmt;

    use base64::{Engine, engine::general_purpose::STANDARD};
    use crypto::Secret;
    use serde::{Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(
        key: &Secret<Vec<u8>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Secret::new(STANDARD.encode(key.expose())).expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Secret<Vec<u8>>, D::Error> {
        deserializer.deserialize_str(Base64Text)
    }

    /// Decodes from the borrowed text, so that no copy of it is left behind.
    struct Base64Text;

    impl de::Visitor<'_> for Base64Text {
        type Value = Secret<Vec<u8>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("base64 text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            STANDARD.decode(text).map(Secret::new).map_err(|_| E::custom("not base64 text"))
        }
    }
}
