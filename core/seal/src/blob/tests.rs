//! Stored blobs byte for byte, against what OpenBao wrote and what protobuf allows.

use plugin_api::Blob;
use prost::Message;

use super::BlobInfo;

/// The wrapped root key of a store with a Shamir seal.
const SHAMIR: &str = concat!(
    "0a4c35b10e15a6998b6751037fd8221fe2ed6e6551b98b35e40f531b1f8ba8d2a3ee994e94477c64c3adcb280bd2",
    "6ff7b669d3db0bd6054e8b34d305d3d93df91d3d5612ad21ddd54831b170d7362a00"
);
/// The wrapped recovery key of a store with a static seal.
const STATIC: &str = concat!(
    "0a309ad7223cf88aa3fff80aa2e6a6fa0dcc115c27c3aa78cfe71dbee2e8644546d8422a83eeaf4d379d376c0a34",
    "29c79479120c62e5cbe72e9996b331588f882a0a1a08676f6c64656e2d31"
);

#[test]
fn as_openbao_writes_them() {
    let stored = hex::decode(SHAMIR).unwrap();
    let blob = BlobInfo::decode_stored("k", &stored).unwrap();
    assert_eq!(blob, BlobInfo::shamir(blob.ciphertext.clone()));
    assert_eq!(blob.encode_to_vec(), stored);
    let (nonce, ciphertext) = blob.nonce_and_ciphertext().unwrap();
    assert_eq!(hex::encode(nonce), "35b10e15a6998b6751037fd8");
    assert_eq!(ciphertext.len(), 64);

    let stored = hex::decode(STATIC).unwrap();
    let blob = BlobInfo::decode_stored("k", &stored).unwrap();
    assert_eq!(blob.key_id(), "golden-1");
    assert_eq!(blob.wrapped_key(), None);
    assert_eq!(BlobInfo::direct(blob.to_blob()).encode_to_vec(), stored);
    let (nonce, ciphertext) = blob.nonce_and_ciphertext().unwrap();
    assert_eq!(hex::encode(nonce), "62e5cbe72e9996b331588f88");
    assert_eq!(ciphertext.len(), 48);
}

#[test]
fn odd_ones() {
    assert!(BlobInfo::decode_stored("k", b"\xff").is_err());
    let empty = BlobInfo::decode_stored("k", b"").unwrap();
    assert_eq!(empty.key_id(), "");
    assert!(empty.nonce_and_ciphertext().is_none());
    let blob = Blob { ciphertext: vec![1; 40], iv: vec![2; 5], ..Blob::default() };
    assert!(BlobInfo::direct(blob).nonce_and_ciphertext().is_none());
}
