//! The stored root key: a JSON list of one base64 text, wrapped by the seal.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use crypto::{RootKey, Secret};
use plugin_api::{Op, Storage, Write};

use crate::{Error, Result};

/// The longest that one call of a storage or a provider may take.
const CALL_TIME_MAX: Duration = Duration::from_secs(30);

/// The plaintext of the stored root key.
pub(crate) fn encode(root_key: &RootKey) -> Secret<Vec<u8>> {
    let text = Secret::new(STANDARD.encode(root_key.expose()));
    // Allocated whole, so that no growth leaves a copy behind.
    let mut json = Vec::with_capacity(text.expose().len() + 4);
    json.extend_from_slice(b"[\"");
    json.extend_from_slice(text.expose().as_bytes());
    json.extend_from_slice(b"\"]");
    Secret::new(json)
}

/// The root key of such a plaintext.
pub(crate) fn decode(key: &str, plaintext: &Secret<Vec<u8>>) -> Result<RootKey> {
    let malformed = || Error::corrupt(key, "not a stored root key");
    let texts: Vec<&str> = serde_json::from_slice(plaintext.expose()).map_err(|_| malformed())?;
    let [text] = texts.as_slice() else { return Err(malformed()) };
    let bytes = STANDARD.decode(text).map_err(|_| malformed())?;
    RootKey::new(Secret::new(bytes)).map_err(|_| malformed())
}

pub(crate) fn op() -> Op {
    Op::within(CALL_TIME_MAX)
}

pub(crate) async fn get(storage: &dyn Storage, key: &str) -> Result<Option<Bytes>> {
    storage.get(op(), key).await.map_err(Error::Storage)
}

/// Reads an entry that must be there once the seal is initialized.
pub(crate) async fn require(storage: &dyn Storage, key: &str) -> Result<Bytes> {
    get(storage, key).await?.ok_or(Error::NotInitialized)
}

/// Writes entries: in one batch if the storage has batches, else one after another.
pub(crate) async fn write(storage: &dyn Storage, records: &[Write]) -> Result<()> {
    if storage.capabilities().atomic_batch {
        return storage.apply(op(), &[], records, None).await.map_err(Error::Storage);
    }
    for record in records {
        let done = match record {
            Write::Put(key, value) => storage.put(op(), key, value.clone(), None).await,
            Write::Delete(key) => storage.delete(op(), key, None).await,
        };
        done.map_err(Error::Storage)?;
    }
    Ok(())
}
