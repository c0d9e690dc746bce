//! The auto seal: secrets wrapped by a provider, so that the server unseals itself.

use std::sync::Arc;

use crypto::{Secret, random};
use plugin_api::{ErrorKind, Seal, SealStatus};
use prost::Message;

use crate::{
    BlobInfo, Error, Result,
    envelope::{open_envelope, seal_envelope},
    stored::op,
};

/// How new secrets are given to the provider. Stored ones say themselves how they were.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wrapping {
    /// As they are.
    Direct,
    /// Under a data key, which alone is wrapped.
    Envelope,
}

/// A provider of a type.
#[derive(Clone)]
pub struct Auto {
    kind: String,
    seal: Arc<dyn Seal>,
    wrapping: Wrapping,
}

impl Auto {
    /// A seal of this type, as the stanza calls it.
    pub fn new(kind: &str, seal: Arc<dyn Seal>, wrapping: Wrapping) -> Self {
        Self { kind: kind.to_owned(), seal, wrapping }
    }

    /// The type of the provider.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether the provider's key can be used: it wraps and unwraps a test secret.
    pub async fn probe(&self) -> Result<SealStatus> {
        let secret = random::secret(32);
        let wrapped = self.wrap(&secret).await?;
        if self.unwrap("probe", &wrapped).await? != secret {
            let message = "the provider gave another secret back than it was given";
            return Err(Error::Seal(plugin_api::Error::new(ErrorKind::Internal, message)));
        }
        self.seal.status(op()).await.map_err(Error::Seal)
    }

    /// A secret as it is stored.
    pub(crate) async fn wrap(&self, secret: &Secret<Vec<u8>>) -> Result<Vec<u8>> {
        let seal = self.seal.as_ref();
        let blob = match self.wrapping {
            Wrapping::Direct => seal.wrap(op(), secret, &[]).await.map(BlobInfo::direct),
            Wrapping::Envelope => seal_envelope(seal, op(), secret, &[]).await,
        };
        Ok(blob.map_err(Error::Seal)?.encode_to_vec())
    }

    /// The secret of a stored entry.
    pub(crate) async fn unwrap(&self, key: &str, stored: &[u8]) -> Result<Secret<Vec<u8>>> {
        let blob = BlobInfo::decode_stored(key, stored)?;
        let seal = self.seal.as_ref();
        let secret = match blob.wrapped_key() {
            None => seal.unwrap(op(), &blob.to_blob(), &[]).await,
            Some(_) => open_envelope(seal, op(), &blob, &[]).await,
        };
        secret.map_err(Error::Seal)
    }

    /// The entry again under the key that wraps now, or nothing if it is under that one.
    pub(crate) async fn rewrap(&self, key: &str, stored: &[u8]) -> Result<Option<Vec<u8>>> {
        let blob = BlobInfo::decode_stored(key, stored)?;
        let status = self.seal.status(op()).await.map_err(Error::Seal)?;
        if blob.key_id() == status.key_id {
            return Ok(None);
        }
        let secret = self.unwrap(key, stored).await?;
        self.wrap(&secret).await.map(Some)
    }
}
