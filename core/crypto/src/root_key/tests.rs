//! That a root key has a length AES can use, and shows nothing of itself.

use super::RootKey;
use crate::{Error, Secret};

#[test]
fn lengths() {
    for length in 0..40 {
        let made = RootKey::new(Secret::new(vec![9; length])).map(|_| ());
        match length {
            16 | 24 | 32 => assert_eq!(made, Ok(())),
            _ => assert_eq!(made, Err(Error::KeyLength(length))),
        }
    }
}

#[test]
fn fresh_and_silent() {
    let key = RootKey::generate();
    assert_eq!(key.expose().len(), RootKey::BYTES);
    assert_ne!(key, RootKey::generate());
    assert_eq!(key, key.clone());
    assert_eq!(format!("{key:?}"), "RootKey(Secret)");
    assert!(key.aead().is_ok());
}
