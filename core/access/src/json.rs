//! Records as JSON: a record that cannot be read is an error that names its key.

use bytes::Bytes;
use logical::{Result, View};
use serde::{Serialize, de::DeserializeOwned};

use crate::Error;

/// The record at a key, if there is one.
pub(crate) async fn get<T: DeserializeOwned>(view: &dyn View, key: &str) -> Result<Option<T>> {
    let Some(bytes) = view.get(key).await? else { return Ok(None) };
    match serde_json::from_slice(&bytes) {
        Ok(record) => Ok(Some(record)),
        Err(source) => Err(Error::Corrupt { key: key.to_owned(), source }.into()),
    }
}

/// Writes a record.
pub(crate) fn put<T: Serialize>(view: &dyn View, key: &str, record: &T) -> Result<()> {
    let bytes = serde_json::to_vec(record).map_err(logical::Error::internal)?;
    view.put(key, Bytes::from(bytes))
}
