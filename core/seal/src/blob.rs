//! A wrapped secret as it is stored: Vault's `BlobInfo`, in protobuf.

use crypto::aead::NONCE_BYTES;
use plugin_api::Blob;
use prost::Message;

use crate::{Error, Result};

#[cfg(test)]
mod tests;

/// The stored form. The nonce is in `iv`, or at the head of `ciphertext`; both are read.
#[derive(Clone, Eq, Hash, Message, PartialEq)]
pub struct BlobInfo {
    /// The wrapped bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub ciphertext: Vec<u8>,
    /// The nonce, where it is kept apart.
    #[prost(bytes = "vec", tag = "2")]
    pub iv: Vec<u8>,
    /// Not used.
    #[prost(bytes = "vec", tag = "3")]
    pub hmac: Vec<u8>,
    /// Not used.
    #[prost(bool, tag = "4")]
    pub wrapped: bool,
    /// Which key wrapped it, and how.
    #[prost(message, optional, tag = "5")]
    pub key_info: Option<KeyInfo>,
}

/// Which key wrapped a blob.
#[derive(Clone, Eq, Hash, Message, PartialEq)]
pub struct KeyInfo {
    /// The provider's own number for how.
    #[prost(uint64, tag = "1")]
    pub mechanism: u64,
    /// Not used.
    #[prost(uint64, tag = "2")]
    pub hmac_mechanism: u64,
    /// The version of the key.
    #[prost(string, tag = "3")]
    pub key_id: String,
    /// Not used.
    #[prost(string, tag = "4")]
    pub hmac_key_id: String,
    /// In an envelope: the data key, wrapped.
    #[prost(bytes = "vec", tag = "5")]
    pub wrapped_key: Vec<u8>,
    /// Not used.
    #[prost(uint64, tag = "6")]
    pub flags: u64,
}

impl BlobInfo {
    /// What a Shamir seal stores: the nonce at the head of the ciphertext, an empty key.
    pub fn shamir(nonce_and_ciphertext: Vec<u8>) -> Self {
        Self {
            ciphertext: nonce_and_ciphertext,
            key_info: Some(KeyInfo::default()),
            ..Self::default()
        }
    }

    /// What a provider has wrapped directly.
    pub fn direct(blob: Blob) -> Self {
        let key_info =
            KeyInfo { mechanism: blob.mechanism, key_id: blob.key_id, ..KeyInfo::default() };
        Self {
            ciphertext: blob.ciphertext,
            iv: blob.iv,
            key_info: Some(key_info),
            ..Self::default()
        }
    }

    /// Reads the stored bytes.
    pub fn decode_stored(key: &str, stored: &[u8]) -> Result<Self> {
        Self::decode(stored).map_err(|_| Error::corrupt(key, "not a wrapped secret"))
    }

    /// The version of the key that wrapped it; empty if it does not say.
    pub fn key_id(&self) -> &str {
        self.key_info.as_ref().map_or("", |info| &info.key_id)
    }

    /// The wrapped data key, if it is an envelope.
    pub fn wrapped_key(&self) -> Option<&[u8]> {
        let info = self.key_info.as_ref()?;
        (!info.wrapped_key.is_empty()).then_some(&info.wrapped_key)
    }

    /// The nonce and the ciphertext, in whichever of the two forms they are.
    pub fn nonce_and_ciphertext(&self) -> Option<([u8; NONCE_BYTES], &[u8])> {
        if self.iv.is_empty() {
            let (&nonce, rest) = self.ciphertext.split_first_chunk()?;
            Some((nonce, rest))
        } else {
            Some((self.iv.as_slice().try_into().ok()?, &self.ciphertext))
        }
    }

    /// What the provider is given to unwrap.
    pub fn to_blob(&self) -> Blob {
        Blob {
            ciphertext: self.ciphertext.clone(),
            iv: self.iv.clone(),
            key_id: self.key_id().to_owned(),
            mechanism: self.key_info.as_ref().map_or(0, |info| info.mechanism),
        }
    }
}
