//! The seal contract: wraps one small secret under a key that the provider never gives out.

use async_trait::async_trait;

use crate::{Op, Result, Secret};

/// A seal provider, opened.
///
/// It wraps small secrets (a 32-byte data key, a root key); envelopes for anything larger are the
/// host's. A release must unwrap the blobs of every earlier release.
#[async_trait]
pub trait Seal: Send + Sync {
    /// Whether the key can be used, and which version of it wraps now.
    async fn status(&self, op: Op) -> Result<SealStatus>;

    /// Encrypts a secret. The blob's `key_id` is the one that [`status`](Self::status) reports.
    async fn wrap(&self, op: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob>;

    /// Decrypts a blob; also one made under an earlier version of the key.
    async fn unwrap(&self, op: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>>;

    /// Random bytes from the provider's own source, if it has one.
    async fn random(&self, op: Op, length: usize) -> Result<Secret<Vec<u8>>> {
        let _ = (op, length);
        Err(crate::Error::unsupported("random"))
    }
}

/// The state of a seal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SealStatus {
    /// The key answers and may be used.
    pub healthy: bool,
    /// The version of the key that wraps now.
    pub key_id: String,
    /// A sentence for the operator when it is not healthy.
    pub detail: String,
}

/// A wrapped secret.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Blob {
    /// The wrapped bytes.
    pub ciphertext: Vec<u8>,
    /// The nonce, where the provider keeps it apart from the ciphertext; else empty.
    pub iv: Vec<u8>,
    /// The version of the key that wrapped it.
    pub key_id: String,
    /// The provider's own number for how it was wrapped.
    pub mechanism: u64,
}
