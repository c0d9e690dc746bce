//! Envelopes: a secret under a fresh data key, and the data key wrapped by a KMS.
//!
//! For providers whose wrapping is dear or takes few bytes. The layout is Vault's, so that what
//! its seals have wrapped can be opened by the same KMS here.

use crypto::{Aead, Secret, random};
use plugin_api::{Blob, Error, ErrorKind, Op, Result, Seal};

use crate::{BlobInfo, KeyInfo};

const DATA_KEY_BYTES: usize = 32;

/// Encrypts under a fresh data key, which the provider wraps.
pub async fn seal_envelope(
    seal: &dyn Seal,
    op: Op,
    plaintext: &Secret<Vec<u8>>,
    aad: &[u8],
) -> Result<BlobInfo> {
    let data_key = random::secret(DATA_KEY_BYTES);
    let nonce = random::nonce();
    let ciphertext = Aead::new(data_key.expose())
        .and_then(|aead| aead.seal(nonce, aad, plaintext.expose()))
        .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    let wrapped = seal.wrap(op, &data_key, aad).await?;
    let key_info = KeyInfo {
        mechanism: wrapped.mechanism,
        key_id: wrapped.key_id,
        // There is one place for the wrapped key, so a nonce goes before it.
        wrapped_key: [wrapped.iv, wrapped.ciphertext].concat(),
        ..KeyInfo::default()
    };
    Ok(BlobInfo { ciphertext, iv: nonce.to_vec(), key_info: Some(key_info), ..BlobInfo::default() })
}

/// Opens what [`seal_envelope`] or Vault made, with the nonce in either place.
pub async fn open_envelope(
    seal: &dyn Seal,
    op: Op,
    blob: &BlobInfo,
    aad: &[u8],
) -> Result<Secret<Vec<u8>>> {
    let malformed = || Error::new(ErrorKind::Corrupt, "the wrapped secret is malformed");
    let wrapped = Blob {
        ciphertext: blob.wrapped_key().ok_or_else(malformed)?.to_vec(),
        iv: Vec::new(),
        ..blob.to_blob()
    };
    let (nonce, ciphertext) = blob.nonce_and_ciphertext().ok_or_else(malformed)?;
    let data_key = seal.unwrap(op, &wrapped, aad).await?;
    Aead::new(data_key.expose())
        .and_then(|aead| aead.open_secret(nonce, aad, ciphertext))
        .map_err(|error| Error::new(ErrorKind::Corrupt, error.to_string()))
}
