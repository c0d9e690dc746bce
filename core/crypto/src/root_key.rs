//! The root key: what a seal guards and what the keyring is encrypted with.

use crate::{Aead, Error, Result, Secret, random};

#[cfg(test)]
mod tests;

/// The root key of one barrier. Wiped on drop; compared in constant time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RootKey(Secret<Vec<u8>>);

impl RootKey {
    /// The length of a fresh root key, in bytes.
    pub const BYTES: usize = 32;

    /// A fresh root key.
    pub fn generate() -> Self {
        Self(random::secret(Self::BYTES))
    }

    /// The root key that a seal has given back: 16, 24 or 32 bytes.
    pub fn new(bytes: Secret<Vec<u8>>) -> Result<Self> {
        match bytes.expose().len() {
            16 | 24 | 32 => Ok(Self(bytes)),
            other => Err(Error::KeyLength(other)),
        }
    }

    /// Shows the bytes. Keep the borrow short and make no copies.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// A cipher under this key.
    pub fn aead(&self) -> Result<Aead> {
        Aead::new(self.expose())
    }
}
