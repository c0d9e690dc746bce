//! The barrier opens what OpenBao wrote, every entry of it, and writes what it could read.

use std::io::Read;

use barrier::{Barrier, Error};
use crypto::{RootKey, Secret};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::{
    reader::Golden,
    support::{Kind, Torn, now},
};

const SHAMIR: &str = "ef212b6aad6acb5b063e3f24ba1077348cce3879fd173477d33940600c629fae";
const STATIC: &str = "135514a6b38b0f0e862f60411bb63950243eca3d874cc8411fbd3f580a504d61";

async fn check(name: &str, root_key: &str) {
    let golden = Golden::read(name);
    let storage = Torn::new(Kind::Plain);
    for (key, value) in &golden.entries {
        storage.set(key, value.clone());
    }
    let root_key = RootKey::new(Secret::new(hex::decode(root_key).unwrap())).unwrap();
    let barrier = Barrier::open(storage.clone(), &root_key).await.unwrap();
    let info = barrier.key_info().unwrap();
    assert_eq!(info.term.get(), 2);
    assert!(barrier.rotation_config().unwrap().enabled);
    let mut encrypted = 0;
    for entry in &golden.plaintext {
        let key = entry["path"].as_str().unwrap();
        // What the seal keeps in the clear is not the barrier's.
        if entry.get("term").is_none() {
            assert!(matches!(barrier.get(key).await, Err(Error::Corrupt { .. })), "{key}");
            continue;
        }
        let plaintext = barrier.get(key).await.unwrap().unwrap();
        assert_eq!(content(entry, &plaintext), *wanted(entry), "{key}");
        encrypted += 1;
    }
    assert_eq!(encrypted, 35 - usize::from(name == "file-static"));
    let mount = golden.facts["secrets_mounts"]["kv1/"]["uuid"].as_str().unwrap();
    for name in ["alpha", "dir/beta", "after-rotate"] {
        let value = barrier.get(&format!("logical/{mount}/{name}")).await.unwrap().unwrap();
        let value: Value = serde_json::from_slice(&value).unwrap();
        assert_eq!(value, golden.facts["contents"][format!("kv1/{name}")]);
    }
    let term = barrier.rotate(now(), None).await.unwrap();
    assert_eq!(term.get(), 3);
    let reopened = Barrier::open(storage, &root_key).await.unwrap();
    assert_eq!(reopened.key_info().unwrap().term, term);
    assert!(reopened.get("sys/policy/reader").await.unwrap().is_some());
}

fn wanted(entry: &Value) -> &Value {
    ["json", "text", "hex"].iter().find_map(|form| entry.get(form)).unwrap()
}

fn content(entry: &Value, plaintext: &[u8]) -> Value {
    let mut unpacked = Vec::new();
    match plaintext.strip_prefix(b"G") {
        Some(packed) if entry["compressed"].is_string() => {
            GzDecoder::new(packed).read_to_end(&mut unpacked).unwrap();
        }
        _ => unpacked = plaintext.to_vec(),
    }
    match (entry.get("json"), entry.get("text")) {
        (Some(_), _) => serde_json::from_slice(&unpacked).unwrap(),
        (_, Some(_)) => String::from_utf8(unpacked).unwrap().into(),
        _ => hex::encode(unpacked).into(),
    }
}

#[tokio::test]
async fn shamir_store() {
    check("file-shamir", SHAMIR).await;
}

#[tokio::test]
async fn static_store() {
    check("file-static", STATIC).await;
}
