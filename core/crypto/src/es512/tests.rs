//! Signatures, and everything that is none; the public point in its two halves.

use super::{COORDINATE_BYTES, SigningKey};
use crate::{Error, Secret};

#[test]
fn signatures_hold_for_their_message_and_key_alone() {
    let (key, stored) = SigningKey::generate().unwrap();
    let (other, _) = SigningKey::generate().unwrap();
    let again = SigningKey::from_pkcs8(&stored).unwrap();
    let signature = again.sign(b"message").unwrap();
    assert_eq!(signature.len(), 2 * COORDINATE_BYTES);
    assert!(key.verify(b"message", &signature));
    assert!(!other.verify(b"message", &signature));
    assert!(!key.verify(b"massage", &signature));
    for at in 0..signature.len() {
        let mut bad = signature.clone();
        bad[at] ^= 1;
        assert!(!key.verify(b"message", &bad), "byte {at}");
    }
    for length in 0..signature.len() {
        assert!(!key.verify(b"message", &signature[..length]), "{length} bytes");
    }
}

#[test]
fn the_point_is_the_keys_own() {
    let (key, stored) = SigningKey::generate().unwrap();
    let again = SigningKey::from_pkcs8(&stored).unwrap();
    let (x, y) = key.public_point();
    assert_eq!((x.len(), y.len()), (COORDINATE_BYTES, COORDINATE_BYTES));
    assert_eq!(key.public_point(), again.public_point());
    assert_ne!(x, y);
}

#[test]
fn what_is_no_key_is_refused() {
    let (_, stored) = SigningKey::generate().unwrap();
    let cut = stored.expose().split_last().unwrap().1.to_vec();
    for bytes in [Vec::new(), b"rubbish".to_vec(), cut] {
        assert_eq!(SigningKey::from_pkcs8(&Secret::new(bytes)).err(), Some(Error::SigningKey));
    }
}
