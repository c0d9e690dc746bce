//! Encryption of what clients keep for us: batch tokens.

use crypto::Secret;
use logical::Result;

/// Encrypts records that are not stored. The barrier does.
pub trait Blobs: Send + Sync {
    /// Encrypts a record.
    fn encrypt(&self, record: &[u8]) -> Result<Vec<u8>>;

    /// Decrypts a record, or gives nothing if it was not encrypted here.
    fn decrypt(&self, blob: &[u8]) -> Result<Option<Secret<Vec<u8>>>>;
}

/// What binds a blob to its purpose.
const PURPOSE: &[u8] = b"batch token";

impl Blobs for barrier::Barrier {
    fn encrypt(&self, record: &[u8]) -> Result<Vec<u8>> {
        self.encrypt_blob(PURPOSE, record).map_err(sealed)
    }

    fn decrypt(&self, blob: &[u8]) -> Result<Option<Secret<Vec<u8>>>> {
        match self.decrypt_blob(PURPOSE, blob) {
            Ok(record) => Ok(Some(Secret::new(record))),
            Err(barrier::Error::Blob) => Ok(None),
            Err(error) => Err(sealed(error)),
        }
    }
}

fn sealed(error: barrier::Error) -> logical::Error {
    match error {
        barrier::Error::Sealed => logical::Error::new(logical::Code::Sealed, "Vault is sealed"),
        other => logical::Error::internal(other),
    }
}
