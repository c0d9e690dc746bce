//! HKDF-SHA256 against RFC 5869.

use super::hkdf_sha256;
use crate::Error;

fn check(salt: &str, key: &str, info: &str, want: &str) {
    let [salt, key, info] = [salt, key, info].map(|text| hex::decode(text).unwrap());
    let got = hkdf_sha256(&salt, &key, &info, want.len() / 2).unwrap();
    assert_eq!(hex::encode(got.expose()), want);
}

#[test]
fn vectors() {
    check(
        "000102030405060708090a0b0c",
        &"0b".repeat(22),
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    );
    check(
        "",
        &"0b".repeat(22),
        "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    );
}

#[test]
fn longest() {
    assert!(hkdf_sha256(b"", b"k", b"", 8160).is_ok());
    assert_eq!(hkdf_sha256(b"", b"k", b"", 8161).map(|_| ()), Err(Error::DerivedLength(8161)));
}
