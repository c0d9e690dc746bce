//! How a key is split among people, as the clear entries `core/seal-config` and
//! `core/recovery-config` say it.

use bytes::Bytes;
use plugin_api::Storage;
use serde::{Deserialize, Serialize};

use crate::{Error, Result, Split, stored};

#[cfg(test)]
mod tests;

/// The type of a seal without a provider.
pub const SHAMIR: &str = "shamir";

/// The configuration of a seal, or of the recovery key beside an auto seal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SealConfig {
    /// `shamir`, or the type of the provider.
    #[serde(rename = "type", default = "shamir")]
    pub kind: String,
    /// How many people hold a share. 1 for an auto seal.
    #[serde(rename = "secret_shares")]
    pub shares: usize,
    /// How many of them it takes. 1 for an auto seal.
    #[serde(rename = "secret_threshold")]
    pub threshold: usize,
    /// The PGP keys that the shares were encrypted with.
    #[serde(default)]
    pub pgp_keys: Option<Vec<String>>,
    /// Of the change of keys that made it; empty from initialization.
    #[serde(default)]
    pub nonce: String,
    /// Whether encrypted shares were kept as well.
    #[serde(default)]
    pub backup: bool,
}

impl SealConfig {
    /// A configuration of this kind and split.
    pub fn new(kind: &str, split: &Split) -> Self {
        Self {
            kind: kind.to_owned(),
            shares: split.shares,
            threshold: split.threshold,
            pgp_keys: (!split.pgp_keys.is_empty()).then(|| split.pgp_keys.clone()),
            nonce: String::new(),
            backup: false,
        }
    }

    pub(crate) async fn read(storage: &dyn Storage, key: &str) -> Result<Option<Self>> {
        let Some(stored) = stored::get(storage, key).await? else { return Ok(None) };
        let config: Self = serde_json::from_slice(&stored)
            .map_err(|_| Error::corrupt(key, "not a seal configuration"))?;
        if config.threshold == 0 || config.threshold > config.shares || config.shares > 255 {
            return Err(Error::corrupt(key, "impossible numbers of shares"));
        }
        Ok(Some(config))
    }

    pub(crate) fn encode(&self, key: &str) -> Result<Bytes> {
        let json = serde_json::to_vec(self);
        json.map(Bytes::from).map_err(|_| Error::corrupt(key, "it cannot be encoded"))
    }
}

/// Stores from before there were other types do not say which it is.
fn shamir() -> String {
    SHAMIR.to_owned()
}
