//! The Shamir seal: the root key under a key that only people hold, in shares.
//!
//! The combined key is not the root key but encrypts it. So the shares can be changed without
//! touching the barrier.

use crypto::{Aead, RootKey, Secret, random};
use plugin_api::Storage;
use prost::Message;

use crate::{BlobInfo, Error, Result, Unsealed, split, stored};

/// The length of the combined key, in bytes.
const KEK_BYTES: usize = 32;

/// A fresh combined key.
pub(crate) fn fresh_kek() -> Secret<Vec<u8>> {
    random::secret(KEK_BYTES)
}

/// The stored root key under a combined key.
pub(crate) fn wrap(kek: &Secret<Vec<u8>>, root_key: &RootKey) -> Result<Vec<u8>> {
    let nonce = random::nonce();
    let mut ciphertext = nonce.to_vec();
    Aead::new(kek.expose())?.seal_onto(
        nonce,
        &[],
        stored::encode(root_key).expose(),
        &mut ciphertext,
    )?;
    Ok(BlobInfo::shamir(ciphertext).encode_to_vec())
}

/// Opens the stored root key with shares that are enough in number.
pub(crate) async fn unseal(
    storage: &dyn Storage,
    key: &str,
    shares: &[Secret<Vec<u8>>],
) -> Result<Unsealed> {
    let blob = BlobInfo::decode_stored(key, &stored::require(storage, key).await?)?;
    // Shares of different splits, lengths or stores are as wrong as a wrong key.
    let kek = split::combine(shares).map_err(|_| Error::InvalidKey)?;
    let aead = Aead::new(kek.expose()).map_err(|_| Error::InvalidKey)?;
    let (nonce, ciphertext) =
        blob.nonce_and_ciphertext().ok_or_else(|| Error::corrupt(key, "it has no nonce"))?;
    let plaintext = aead.open_secret(nonce, &[], ciphertext).map_err(|_| Error::InvalidKey)?;
    let root_key = stored::decode(key, &plaintext)?;
    Ok(Unsealed { root_key, shamir_kek: Some(kek) })
}
