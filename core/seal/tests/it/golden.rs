//! Stores that OpenBao made give their root key, by unseal keys and by a static seal; and so do
//! blobs of our own earlier releases.

use bytes::Bytes;
use crypto::{Secret, aead::NONCE_BYTES};
use plugin_api::Storage;
use seal::{Auto, BlobInfo, Error, Label, Protection, Wrapping, open_envelope, seal_envelope};
use serde_json::Value;

use crate::{
    reader::Golden,
    support::{KEY_A, KEY_B, auto, give, key, op, provider, store},
};

const SHAMIR_ROOT: &str = "ef212b6aad6acb5b063e3f24ba1077348cce3879fd173477d33940600c629fae";
const SHAMIR_KEK: &str = "a4565536b59dedbead1c85edb7b69122e00c1b9f709869dd294b4d1887972832";
const STATIC_ROOT: &str = "135514a6b38b0f0e862f60411bb63950243eca3d874cc8411fbd3f580a504d61";

fn keys(list: &Value) -> Vec<Secret<Vec<u8>>> {
    list.as_array().unwrap().iter().map(|text| key(text.as_str().unwrap())).collect()
}

#[tokio::test]
async fn shamir_store() {
    let golden = Golden::read("file-shamir");
    assert!(golden.plaintext.iter().any(|entry| entry["path"] == seal::SHAMIR_KEK));
    let storage = store(&golden.entries).await;
    let protection = Protection::shamir(Label::default());
    assert!(protection.load(&storage).await.unwrap());
    let config = protection.config().unwrap();
    assert_eq!((config.kind.as_str(), config.shares, config.threshold), ("shamir", 5, 3));
    let shares = keys(&golden.facts["keys_hex"]);
    for (a, b, c) in [(0, 1, 2), (4, 2, 0), (3, 4, 1)] {
        let shares = [a, b, c].map(|at: usize| shares[at].clone());
        let unsealed = give(&protection, &storage, &shares).await.unwrap();
        assert_eq!(hex::encode(unsealed.root_key.expose()), SHAMIR_ROOT);
        assert_eq!(unsealed.shamir_kek.unwrap(), key(SHAMIR_KEK));
        protection.verify_quorum(&storage, &shares).await.unwrap();
    }
}

#[tokio::test]
async fn static_store() {
    let golden = Golden::read("file-static");
    let storage = store(&golden.entries).await;
    let static_key = golden.facts["static_key_hex"].as_str().unwrap();
    let protection = auto(&[("golden-1", static_key)], Wrapping::Direct).await;
    assert!(protection.load(&storage).await.unwrap());
    let config = protection.config().unwrap();
    assert_eq!((config.kind.as_str(), config.shares, config.threshold), ("static", 1, 1));
    let config = protection.recovery_config().unwrap();
    assert_eq!((config.shares, config.threshold), (3, 2));
    let unsealed = protection.auto_unseal(&storage).await.unwrap();
    assert_eq!(hex::encode(unsealed.root_key.expose()), STATIC_ROOT);
    let shares = keys(&golden.facts["init_response"]["recovery_keys"]);
    let unsealed = give(&protection, &storage, &shares[1..]).await.unwrap();
    assert_eq!(hex::encode(unsealed.root_key.expose()), STATIC_ROOT);
    protection.verify_recovery(&storage, &shares[..2]).await.unwrap();
    let wrong = protection.verify_recovery(&storage, &[key(KEY_A), key(KEY_B)]).await;
    assert_eq!(wrong, Err(Error::RecoveryMismatch));
    assert!(protection.rewrapped(&storage).await.unwrap().is_empty());
    let other = auto(&[("golden-1", KEY_B)], Wrapping::Direct).await;
    other.load(&storage).await.unwrap();
    assert!(matches!(other.auto_unseal(&storage).await.err(), Some(Error::Seal(_))));
}

/// The blob of an envelope opens with its nonce in either place.
#[tokio::test]
async fn nonces_in_either_place() {
    let seal = provider(&[("a", KEY_A)]).await;
    let secret = Secret::new(vec![9; 100]);
    let blob = seal_envelope(seal.as_ref(), op(), &secret, b"aad").await.unwrap();
    assert_eq!(blob.iv.len(), NONCE_BYTES);
    assert_eq!(open_envelope(seal.as_ref(), op(), &blob, b"aad").await.unwrap(), secret);
    let ciphertext = [blob.iv.clone(), blob.ciphertext.clone()].concat();
    let joined = BlobInfo { ciphertext, iv: Vec::new(), ..blob.clone() };
    assert_eq!(open_envelope(seal.as_ref(), op(), &joined, b"aad").await.unwrap(), secret);
    assert!(open_envelope(seal.as_ref(), op(), &blob, b"other").await.is_err());
    let bare = BlobInfo { key_info: None, ..blob };
    assert!(open_envelope(seal.as_ref(), op(), &bare, b"aad").await.is_err());
}

/// The wrapped root key of 32 sevens, as this and earlier releases have written it.
#[tokio::test]
async fn our_own_blobs() {
    let check = async |protection: Protection, kind: &str, blob: &str| {
        let storage = store(&std::collections::BTreeMap::new()).await;
        let config = format!(r#"{{"type":"{kind}","secret_shares":1,"secret_threshold":1}}"#);
        let blob = Bytes::from(hex::decode(blob).unwrap());
        storage.put(op(), "core/seal-config", Bytes::from(config), None).await.unwrap();
        storage.put(op(), "core/hsm/barrier-unseal-keys", blob, None).await.unwrap();
        protection.load(&storage).await.unwrap();
        let unsealed = match protection.provider() {
            None => give(&protection, &storage, &[key(SHARE)]).await.unwrap(),
            Some(_) => protection.auto_unseal(&storage).await.unwrap(),
        };
        assert_eq!(unsealed.root_key.expose(), [7; 32]);
    };
    let provider = provider(&[("a", KEY_A)]).await;
    let auto = |wrapping| {
        Protection::auto(Label::default(), Auto::new("static", provider.clone(), wrapping))
    };
    // Stored blobs say how they were made, whatever new ones are.
    for wrapping in [Wrapping::Direct, Wrapping::Envelope] {
        check(auto(wrapping), "static", DIRECT).await;
        check(auto(wrapping), "static", ENVELOPE).await;
    }
    check(Protection::shamir(Label::default()), "shamir", SHARES).await;
}

const DIRECT: &str = concat!(
    "0a40226c57584ad9ebb787e01d46bb42fcb4e8fed72f73424fcaa62e41383511a095b9cc8e0d04baed282e3a",
    "38a882cde174fd715d7ed5f69557d319c1b96c155dae120c5419a596d0a270c8a04d16b02a031a0161",
);
const ENVELOPE: &str = concat!(
    "0a408e6d958387863a8aa3a016afefb35eb016f7e802e629beb9e674a383cd13c3f0153345b01151957caf6d",
    "5b8be29afb5f3251382b51d3d1a277d0ec02f20e67cf120c97ada055c6c25d2817e7cf062a411a01612a3c67",
    "f5ec387cacd73afe2a87505ef1a3e9c75d6853083a63f874aa5f163eb665ab3b04a3aec48c22aaa07bc04f8b",
    "0a92be3df126f374fbfecd6e2d4b9b",
);
const SHARES: &str = concat!(
    "0a4c095b6d1fc9d3032a4e4af4e8417d430960837ce896036a813e66a870e4d07345dd102a318e72be455eaa",
    "5b22a003d47564245db0a306f2d9b5497cc191855709bcfe9c1e2c456d66f6da5a4a2a00",
);
/// The single unseal key of the last one.
const SHARE: &str = "a7a46ad12cda3c62ca3c62e39a77275bd463dc0ae4531c14062271e4ea9c8539";
