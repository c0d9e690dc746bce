//! The keyring's JSON member for member, its growth, and what must not open.

use crypto::{Aead, RootKey, Secret};
use jiff::Timestamp;

use super::{KEYRING, Keyring};
use crate::{Corruption, Error, Persist, Term, entry};

const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

fn root() -> RootKey {
    RootKey::new(Secret::new(vec![1; 32])).unwrap()
}

fn now() -> Timestamp {
    "2026-11-22T04:47:17.126675977Z".parse().unwrap()
}

fn stored(json: &str) -> Vec<u8> {
    let aead = Aead::new(&[1; 32]).unwrap();
    entry::seal(&aead, Term::FIRST, KEYRING.as_bytes(), json.as_bytes()).unwrap()
}

fn json(ring: &Keyring, persist: Persist) -> serde_json::Value {
    let sealed = ring.sealed(persist).unwrap();
    let opened = entry::Entry::parse(&sealed).unwrap();
    assert_eq!(opened.term, 1);
    let aead = ring.root_key().aead().unwrap();
    serde_json::from_slice(&opened.open(&aead, KEYRING.as_bytes()).unwrap()).unwrap()
}

#[test]
fn members() {
    let ring = Keyring::generate(root(), now()).unwrap();
    let value = json(&ring, Persist::Sealing);
    assert_eq!(value["MasterKey"], KEY);
    assert_eq!(value["Keys"][0]["Term"], 1);
    assert_eq!(value["Keys"][0]["Version"], 1);
    assert_eq!(value["Keys"][0]["InstallTime"], "2026-11-22T04:47:17.126675977Z");
    assert_eq!(value["Keys"][0].as_object().unwrap().len(), 4);
    assert_eq!(value["RotationConfig"]["Disabled"], false);
    assert_eq!(value["RotationConfig"]["MaxOperations"], 3_865_470_566_u64);
    assert_eq!(value["RotationConfig"]["Interval"], 0);
    assert_eq!(value.as_object().unwrap().len(), 3);
}

#[test]
fn counts() {
    let ring = Keyring::generate(root(), now()).unwrap();
    assert!(!ring.has_uncounted());
    for _ in 0..5 {
        ring.encrypt(b"k", b"v").unwrap();
    }
    assert!(ring.has_uncounted());
    assert_eq!(json(&ring, Persist::Sealing)["Keys"][0]["encryptions"], 5);
    assert_eq!(json(&ring, Persist::Running)["Keys"][0]["encryptions"], 10);
    ring.counted(5);
    assert!(!ring.has_uncounted());
    ring.encrypt(b"k", b"v").unwrap();
    assert_eq!(json(&ring, Persist::Running)["Keys"][0]["encryptions"], 7);
    let rotated = ring.rotated(now()).unwrap();
    assert_eq!(rotated.info().encryptions, 0);
    assert_eq!(json(&rotated, Persist::Running)["Keys"][0]["encryptions"], 6);
}

#[test]
fn terms() {
    let first = Keyring::generate(root(), now()).unwrap();
    let old = first.encrypt(b"a", b"old").unwrap();
    let second = first.rotated(now()).unwrap();
    let new = second.encrypt(b"a", b"new").unwrap();
    assert_eq!((old[3], new[3]), (1, 2));
    assert_eq!(second.decrypt("a", &old).unwrap(), "old");
    assert_eq!(second.decrypt("a", &new).unwrap(), "new");
    assert_eq!(first.decrypt("a", &old).unwrap(), "old");
    let unknown = Error::UnknownTerm { key: "a".to_owned(), term: 2 };
    assert_eq!(first.decrypt("a", &new), Err(unknown));
    let reopened = Keyring::open(&root(), KEYRING, &second.sealed(Persist::Sealing).unwrap());
    assert_eq!(reopened.unwrap().decrypt("a", &new).unwrap(), "new");
}

#[test]
fn upgrades() {
    let first = Keyring::generate(root(), now()).unwrap();
    let second = first.rotated(now()).unwrap();
    let (key, sealed) = second.sealed_upgrade(&first).unwrap();
    assert_eq!(key, "core/upgrade/1");
    let followed = first.with_upgrade(&key, &sealed).unwrap();
    assert_eq!(followed.info().term, second.info().term);
    let value = second.encrypt(b"a", b"new").unwrap();
    assert_eq!(followed.decrypt("a", &value).unwrap(), "new");
    let late = Error::corrupt(&key, Corruption::Term(2));
    assert_eq!(followed.with_upgrade(&key, &sealed).map(|_| ()), Err(late));
}

#[test]
fn another_root_key() {
    let ring = Keyring::generate(root(), now()).unwrap();
    let moved = ring.with_root_key(RootKey::generate());
    let sealed = moved.sealed(Persist::Sealing).unwrap();
    let opened = Keyring::open(&root(), KEYRING, &sealed).map(|_| ());
    assert_eq!(opened, Err(Error::WrongRootKey));
    let carried = moved.sealed_root_key().unwrap();
    assert_eq!(&ring.open_root_key(&carried).unwrap(), moved.root_key());
    assert!(Keyring::open(moved.root_key(), KEYRING, &sealed).is_ok());
}

#[test]
fn refused() {
    let check = |json: &str, want: &str| {
        let opened = Keyring::open(&root(), KEYRING, &stored(json)).map(|_| ());
        let error = opened.unwrap_err().to_string();
        assert!(error.contains(want), "{json}: {error}");
    };
    let key = |term: u32, version: u32, value: &str| {
        format!(
            r#"{{"Term":{term},"Version":{version},"Value":"{value}","InstallTime":"2026-11-22T04:47:17Z"}}"#
        )
    };
    let ring = |root: &str, keys: &[String]| {
        format!(r#"{{"MasterKey":"{root}","Keys":[{}]}}"#, keys.join(","))
    };
    check("", "not a keyring");
    check("{}", "not a keyring");
    check(&ring("!", &[key(1, 1, KEY)]), "not a keyring");
    check(&ring("AAAA", &[key(1, 1, KEY)]), "another root key");
    check(&ring(KEY, &[]), "is empty");
    check(&ring(KEY, &[key(0, 1, KEY)]), "term 0");
    check(&ring(KEY, &[key(1, 2, KEY)]), "unknown version");
    check(&ring(KEY, &[key(1, 1, "AAAA")]), "impossible length");
    check(&ring(KEY, &[key(2, 1, KEY), key(2, 1, KEY)]), "a term twice");
    let good = ring(KEY, &[key(3, 1, KEY), key(1, 1, KEY), key(2, 1, KEY)]);
    let opened = Keyring::open(&root(), KEYRING, &stored(&good)).unwrap();
    assert_eq!(opened.info().term.get(), 3);
    let mut other_term = stored(&good);
    other_term[3] = 2;
    let refused = Keyring::open(&root(), KEYRING, &other_term).map(|_| ());
    assert_eq!(refused, Err(Error::corrupt(KEYRING, Corruption::Term(2))));
}
