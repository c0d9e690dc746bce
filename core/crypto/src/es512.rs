//! ES512: signatures by ECDSA over the curve P-521 with SHA-512, as JSON web tokens carry them.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
        UnparsedPublicKey,
    },
};

use crate::{Error, Result, Secret};

#[cfg(test)]
mod tests;

/// The length of a coordinate of a point, in bytes.
const COORDINATE_BYTES: usize = 66;

/// A key that signs, ready for use from any thread.
pub struct SigningKey {
    pair: EcdsaKeyPair,
}

impl SigningKey {
    /// A fresh key, and its form for the store: PKCS #8 in DER.
    pub fn generate() -> Result<(Self, Secret<Vec<u8>>)> {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P521_SHA512_FIXED_SIGNING, &random);
        let stored = Secret::new(made.map_err(|_| Error::SigningKey)?.as_ref().to_vec());
        Ok((Self::from_pkcs8(&stored)?, stored))
    }

    /// A key as [`generate`](Self::generate) gave it for the store.
    pub fn from_pkcs8(stored: &Secret<Vec<u8>>) -> Result<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P521_SHA512_FIXED_SIGNING, stored.expose());
        Ok(Self { pair: pair.map_err(|_| Error::SigningKey)? })
    }

    /// The signature of a message: its two numbers, one after the other, 66 bytes each.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signature = self.pair.sign(&SystemRandom::new(), message);
        Ok(signature.map_err(|_| Error::SigningKey)?.as_ref().to_vec())
    }

    /// Whether a signature of this key belongs to a message.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, self.pair.public_key().as_ref());
        key.verify(message, signature).is_ok()
    }

    /// The coordinates of the public point, x and y, big-endian, 66 bytes each.
    pub fn public_point(&self) -> (&[u8], &[u8]) {
        // An uncompressed point: a byte 4, then both coordinates.
        let point = self.pair.public_key().as_ref();
        let point = point.split_first().map_or(&[][..], |(_, point)| point);
        point.split_at_checked(COORDINATE_BYTES).unwrap_or_default()
    }
}
