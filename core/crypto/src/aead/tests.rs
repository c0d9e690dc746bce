//! AES-GCM against the vectors of its specification, and against every kind of tampering.

use super::{Aead, TAG_BYTES};
use crate::Error;

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

fn check(key: &str, nonce: &str, aad: &str, plaintext: &str, ciphertext: &str) {
    let aead = Aead::new(&unhex(key)).unwrap();
    let nonce: [u8; 12] = unhex(nonce).try_into().unwrap();
    let (aad, plaintext) = (unhex(aad), unhex(plaintext));
    let sealed = aead.seal(nonce, &aad, &plaintext).unwrap();
    assert_eq!(hex::encode(&sealed), ciphertext);
    assert_eq!(aead.open(nonce, &aad, &sealed).unwrap(), plaintext);
    let mut record = b"head".to_vec();
    aead.seal_onto(nonce, &aad, &plaintext, &mut record).unwrap();
    assert_eq!(record, [b"head".as_slice(), &sealed].concat());
    for bit in 0..sealed.len() * 8 {
        let mut bad = sealed.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(aead.open(nonce, &aad, &bad), Err(Error::Authentication));
    }
    for length in 0..sealed.len() {
        assert_eq!(aead.open(nonce, &aad, &sealed[..length]), Err(Error::Authentication));
    }
    assert_eq!(aead.open(nonce, b"other", &sealed), Err(Error::Authentication));
    assert_eq!(aead.open([7; 12], &aad, &sealed), Err(Error::Authentication));
}

#[test]
fn vectors() {
    let (k16, k24, k32) = ("00".repeat(16), "00".repeat(24), "00".repeat(32));
    let (n, p) = ("00".repeat(12), "00".repeat(16));
    check(&k16, &n, "", "", "58e2fccefa7e3061367f1d57a4e7455a");
    check(&k16, &n, "", &p, "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
    check(&k24, &n, "", "", "cd33b28ac773f74ba00ed1f312572435");
    check(&k24, &n, "", &p, "98e7247c07f0fe411c267e4384b0f6002ff58d80033927ab8ef4d4587514f0fb");
    check(&k32, &n, "", "", "530f8afbc74536b9a963b4f1c4cb738b");
    check(&k32, &n, "", &p, "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    check(
        &"feffe9928665731c6d6a8f9467308308".repeat(2),
        "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        concat!(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72",
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        ),
        concat!(
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa",
            "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    );
}

#[test]
fn key_lengths() {
    for length in 0..=64 {
        let made = Aead::new(&vec![1; length]).map(|_| ());
        match length {
            16 | 24 | 32 => assert_eq!(made, Ok(())),
            _ => assert_eq!(made, Err(Error::KeyLength(length))),
        }
    }
}

#[test]
fn one_allocation_each_way() {
    let aead = Aead::new(&[1; 32]).unwrap();
    let sealed = aead.seal([0; 12], b"", &[5; 1000]).unwrap();
    assert_eq!(sealed.capacity(), 1000 + TAG_BYTES);
    assert_eq!(aead.open([0; 12], b"", &sealed).unwrap().capacity(), 1000);
}
