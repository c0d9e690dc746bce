//! AES-GCM under one key, expanded once: what the barrier, the seals and the transit engine encrypt with.

use aws_lc_rs::aead as lc;

use crate::{Error, Result, Secret};

#[cfg(test)]
mod tests;

/// The length of a nonce, in bytes.
pub const NONCE_BYTES: usize = 12;

/// The length of the tag behind a ciphertext, in bytes.
pub const TAG_BYTES: usize = 16;

/// A nonce; never to be used twice under one key.
pub type Nonce = [u8; NONCE_BYTES];

/// An AES-GCM key, ready for use from any thread.
///
/// The expanded key is wiped on drop. Ciphertexts end in their 16-byte tag.
pub struct Aead {
    key: lc::LessSafeKey,
}

impl Aead {
    /// Expands a key of 16, 24 or 32 bytes.
    pub fn new(key: &[u8]) -> Result<Self> {
        let algorithm = match key.len() {
            16 => &lc::AES_128_GCM,
            24 => &lc::AES_192_GCM,
            32 => &lc::AES_256_GCM,
            other => return Err(Error::KeyLength(other)),
        };
        let unbound =
            lc::UnboundKey::new(algorithm, key).map_err(|_| Error::KeyLength(key.len()))?;
        Ok(Self { key: lc::LessSafeKey::new(unbound) })
    }

    /// Encrypts; the answer is the ciphertext and its tag.
    pub fn seal(&self, nonce: Nonce, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(plaintext.len() + TAG_BYTES);
        self.seal_onto(nonce, aad, plaintext, &mut out)?;
        Ok(out)
    }

    /// Encrypts behind what `out` holds already (a header, the nonce), so that a whole record is
    /// built in one allocation. On an error `out` is as it was.
    pub fn seal_onto(
        &self,
        nonce: Nonce,
        aad: &[u8],
        plaintext: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let start = out.len();
        out.reserve(plaintext.len() + TAG_BYTES);
        out.extend_from_slice(plaintext);
        let sealed = match out.get_mut(start..) {
            Some(body) => self.key.seal_in_place_separate_tag(
                lc::Nonce::assume_unique_for_key(nonce),
                lc::Aad::from(aad),
                body,
            ),
            None => Err(aws_lc_rs::error::Unspecified),
        };
        match sealed {
            Ok(tag) => {
                out.extend_from_slice(tag.as_ref());
                Ok(())
            }
            Err(_) => {
                out.truncate(start);
                Err(Error::TooLong)
            }
        }
    }

    /// Decrypts a ciphertext with its tag, in one allocation of exactly the plaintext's length.
    pub fn open(&self, nonce: Nonce, aad: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>> {
        let split = ciphertext.len().checked_sub(TAG_BYTES).ok_or(Error::Authentication)?;
        let (body, tag) = ciphertext.split_at_checked(split).ok_or(Error::Authentication)?;
        let mut plaintext = vec![0; body.len()];
        self.key
            .open_separate_gather(
                lc::Nonce::assume_unique_for_key(nonce),
                lc::Aad::from(aad),
                body,
                tag,
                &mut plaintext,
            )
            .map_err(|_| Error::Authentication)?;
        Ok(plaintext)
    }

    /// Decrypts key material.
    pub fn open_secret(
        &self,
        nonce: Nonce,
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Secret<Vec<u8>>> {
        self.open(nonce, aad, ciphertext).map(Secret::new)
    }
}
