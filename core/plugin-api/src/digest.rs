//! The digest that [`Check::ValueIs`](crate::Check::ValueIs) carries, for host and providers alike.

use sha2::{Digest, Sha256};

/// The SHA-256 of a value.
pub fn sha256(value: &[u8]) -> [u8; 32] {
    Sha256::digest(value).into()
}
