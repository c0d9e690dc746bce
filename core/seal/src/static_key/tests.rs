//! The static seal: every form of a key, two keys, both places of a nonce, and what is refused.

use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

use crypto::Secret;
use plugin_api::{Blob, ErrorKind, Op, Provider, Result, Seal, Settings};

use super::StaticProvider;

const HEX: &str = "c7ef4289da90d22c2d581fc93b8d8e753711299721460733b08157d1ebff2e75";
const BASE64: &str = "x+9CidqQ0iwtWB/JO42OdTcRKZchRgczsIFX0ev/LnU=";
const RAW: &str = "0123456789abcdefghijklmnopqrstuv";

fn op() -> Op {
    Op::within(Duration::from_secs(5))
}

async fn open(settings: &[(&str, &str)]) -> Result<Arc<dyn Seal>> {
    let values: BTreeMap<_, _> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let environment = |name: &str| (name == "KEY").then(|| HEX.to_owned());
    let opened = StaticProvider::new(Arc::new(environment)).open(Settings::new(values)).await?;
    Ok(opened.seal.unwrap())
}

async fn with_key(key: &str) -> Result<Arc<dyn Seal>> {
    open(&[("current_key_id", "one"), ("current_key", key)]).await
}

#[tokio::test]
async fn forms_of_a_key() {
    let folder = std::env::temp_dir().join(format!("static-key-{}", crypto::random::uuid()));
    fs::create_dir(&folder).unwrap();
    let file = |name: &str, content: &[u8]| {
        fs::write(folder.join(name), content).unwrap();
        format!("file://{}", folder.join(name).display())
    };
    let secret = Secret::new(b"root key".to_vec());
    let blob = with_key(HEX).await.unwrap().wrap(op(), &secret, b"").await.unwrap();
    let line = format!("{BASE64}\n");
    for key in [
        HEX,
        &HEX.to_uppercase(),
        BASE64,
        "env://KEY",
        &file("hex", HEX.as_bytes()),
        &file("line", line.as_bytes()),
        &file("raw", &hex::decode(HEX).unwrap()),
    ] {
        let seal = with_key(key).await.unwrap();
        assert_eq!(seal.unwrap(op(), &blob, b"").await.unwrap(), secret, "{key}");
    }
    let other = with_key(RAW).await.unwrap();
    let refused = other.unwrap(op(), &blob, b"").await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::PermissionDenied);
    let large = file("large", &[b'0'; 5000]);
    for bad in ["", "short", "zz", "env://UNSET", "file:///nowhere/at/all", &HEX[2..], &large] {
        let error = with_key(bad).await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::ConfigInvalid, "{bad}");
        assert!(error.message.contains("\"current_key\""), "{bad}: {}", error.message);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn two_keys() {
    let secret = Secret::new(vec![5; 32]);
    let old = with_key(HEX).await.unwrap().wrap(op(), &secret, b"aad").await.unwrap();
    assert_eq!((old.key_id.as_str(), old.iv.len(), old.ciphertext.len()), ("one", 12, 48));
    let both = open(&[
        ("current_key_id", "two"),
        ("current_key", RAW),
        ("previous_key_id", "one"),
        ("previous_key", HEX),
    ])
    .await
    .unwrap();
    assert_eq!(both.status(op()).await.unwrap().key_id, "two");
    assert_eq!(both.unwrap(op(), &old, b"aad").await.unwrap(), secret);
    let new = both.wrap(op(), &secret, b"aad").await.unwrap();
    assert_eq!(new.key_id, "two");
    assert_eq!(both.unwrap(op(), &new, b"aad").await.unwrap(), secret);
    assert!(both.unwrap(op(), &new, b"other").await.is_err());
    // Without a name, and with the nonce at the head of the ciphertext.
    let joined = [old.iv.clone(), old.ciphertext.clone()].concat();
    let joined = Blob { ciphertext: joined, ..Blob::default() };
    assert_eq!(both.unwrap(op(), &joined, b"aad").await.unwrap(), secret);
    // Under the name of the other key.
    let named = Blob { key_id: "two".to_owned(), ..old };
    assert!(both.unwrap(op(), &named, b"aad").await.is_err());
    let short = Blob { ciphertext: vec![1; 5], ..Blob::default() };
    assert_eq!(both.unwrap(op(), &short, b"").await.unwrap_err().kind, ErrorKind::Corrupt);
}

#[tokio::test]
async fn settings() {
    let check = async |settings: &[(&str, &str)], want: &str| {
        let error = open(settings).await.map(|_| ()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::ConfigInvalid);
        assert!(error.message.contains(want), "{}", error.message);
        assert!(!error.message.contains(HEX));
    };
    let (id, key) = (("current_key_id", "one"), ("current_key", HEX));
    check(&[], "\"current_key\" is missing").await;
    check(&[id], "\"current_key\" is missing").await;
    check(&[key], "\"current_key_id\" is missing").await;
    check(&[key, ("current_key_id", "")], "\"current_key_id\" is missing").await;
    check(&[id, key, ("previous_key", HEX)], "\"previous_key_id\" is missing").await;
    check(&[id, key, ("previous_key_id", "x")], "\"previous_key\" is missing").await;
    check(&[id, key, ("color", "blue")], "\"color\"").await;
}
