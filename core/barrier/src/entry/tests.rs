//! Entries: the exact bytes, both versions, and everything that must be refused.

use crypto::Aead;

use super::{Entry, OVERHEAD, seal};
use crate::{Corruption, Term};

fn aead() -> Aead {
    Aead::new(&[3; 32]).unwrap()
}

#[test]
fn layout() {
    let term = Term::new(0x0102_0304).unwrap();
    let sealed = seal(&aead(), term, b"a/b", b"value").unwrap();
    assert_eq!(sealed.len(), 5 + OVERHEAD);
    assert_eq!(sealed.capacity(), sealed.len());
    assert_eq!(sealed[..5], [1, 2, 3, 4, 2]);
    let entry = Entry::parse(&sealed).unwrap();
    assert_eq!(entry.term, 0x0102_0304);
    assert_eq!(entry.open(&aead(), b"a/b").unwrap(), b"value");
    assert_eq!(entry.open(&aead(), b"a/c"), Err(Corruption::Authentication));
    let empty = seal(&aead(), term, b"k", b"").unwrap();
    assert_eq!(empty.len(), OVERHEAD);
    assert_eq!(Entry::parse(&empty).unwrap().open(&aead(), b"k").unwrap(), b"");
}

#[test]
fn version_one_has_no_associated_data() {
    let mut bytes = vec![0, 0, 0, 1, 1];
    bytes.extend([9; 12]);
    aead().seal_onto([9; 12], b"", b"old", &mut bytes).unwrap();
    assert_eq!(Entry::parse(&bytes).unwrap().open(&aead(), b"any/key").unwrap(), b"old");
}

#[test]
fn every_changed_bit_is_noticed() {
    let sealed = seal(&aead(), Term::FIRST, b"k", b"value").unwrap();
    // The term selects the key and is checked by the keyring.
    for bit in 32..sealed.len() * 8 {
        let mut bad = sealed.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let opened = Entry::parse(&bad).and_then(|entry| entry.open(&aead(), b"k"));
        assert!(opened.is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        let opened = Entry::parse(&sealed[..length]).and_then(|entry| entry.open(&aead(), b"k"));
        let want = match length {
            0..OVERHEAD => Corruption::Short(length),
            _ => Corruption::Authentication,
        };
        assert_eq!(opened, Err(want));
    }
}

#[test]
fn unknown_versions() {
    let mut sealed = seal(&aead(), Term::FIRST, b"k", b"v").unwrap();
    for version in (0..=u8::MAX).filter(|version| !(1..=2).contains(version)) {
        sealed[4] = version;
        assert_eq!(Entry::parse(&sealed), Err(Corruption::Version(version)));
    }
}
