//! Seals of both kinds, made and opened, with right keys and wrong ones.

use crypto::{RootKey, Secret};
use plugin_api::Storage;
use seal::{
    Auto, Error, InitParams, Label, Protection, SealName, SplitRequest, Unsealing, Wrapping,
};
use storage::Inmem;

use crate::support::{KEY_A, KEY_B, auto, give, key, op, provider, recovery, secret, split, write};

#[tokio::test]
async fn shares() {
    for (shares, threshold) in [(1, 1), (2, 2), (5, 3), (255, 20)] {
        let storage = Inmem::new();
        let protection = Protection::shamir(Label::default());
        assert!(!protection.load(&storage).await.unwrap());
        assert_eq!(protection.config(), None);
        let made = protection.initialize(&storage, &secret(shares, threshold)).await.unwrap();
        assert_eq!(made.unseal_keys.len(), usize::try_from(shares).unwrap());
        assert!(made.recovery_keys.is_empty());
        let length = if shares == 1 { 32 } else { 33 };
        assert!(made.unseal_keys.iter().all(|share| share.expose().len() == length));
        let again = protection.initialize(&storage, &secret(shares, threshold)).await;
        assert_eq!(again.err(), Some(Error::AlreadyInitialized));
        let restarted = Protection::shamir(Label::default());
        assert!(restarted.load(&storage).await.unwrap());
        let unsealed = give(&restarted, &storage, &made.unseal_keys).await.unwrap();
        assert_eq!(unsealed.root_key, made.root_key);
        assert_eq!(unsealed.shamir_kek, made.shamir_kek);
        assert_eq!(restarted.auto_unseal(&storage).await.err(), Some(Error::NotAuto));
    }
}

#[tokio::test]
async fn wrong_shares() {
    let storage = Inmem::new();
    let protection = Protection::shamir(Label::default());
    let early = protection.give(&storage, key(KEY_A)).await;
    assert_eq!(early.err(), Some(Error::NotInitialized));
    let made = protection.initialize(&storage, &secret(5, 3)).await.unwrap();
    let [a, b, c, ..] = made.unseal_keys.as_slice() else { panic!("five shares") };
    let wrong = Secret::new([[8; 32].as_slice(), &[77]].concat());
    let same_x = Secret::new([[8; 32].as_slice(), &a.expose()[32..]].concat());
    let short = Secret::new(vec![1; 16]);
    for wrong in [wrong, same_x, short] {
        let shares = [a.clone(), wrong, c.clone()];
        let refused = give(&protection, &storage, &shares).await.err();
        assert_eq!(refused, Some(Error::InvalidKey));
        assert_eq!(protection.progress(), seal::Progress::default());
        let refused = protection.verify_quorum(&storage, &shares).await;
        assert_eq!(refused, Err(Error::InvalidKey));
    }
    for length in [0, 3, 15] {
        let refused = protection.give(&storage, Secret::new(vec![1; length])).await;
        assert_eq!(refused.err(), Some(Error::KeyTooShort(16)));
    }
    let refused = protection.give(&storage, Secret::new(vec![1; 34])).await;
    assert_eq!(refused.err(), Some(Error::KeyTooLong(33)));
    // The same share again does not count, and a reset forgets.
    for _ in 0..2 {
        let Ok(Unsealing::Progress(progress)) = protection.give(&storage, a.clone()).await else {
            panic!("one share is not enough")
        };
        assert_eq!((progress.given, progress.nonce.len()), (1, 36));
    }
    protection.reset();
    assert_eq!(protection.progress(), seal::Progress::default());
    let shares = [c.clone(), a.clone(), b.clone()];
    assert_eq!(give(&protection, &storage, &shares).await.unwrap().root_key, made.root_key);
}

#[tokio::test]
async fn a_lost_progress_keeps_nothing() {
    let storage = Inmem::new();
    let protection = Protection::shamir(Label::default());
    let made = protection.initialize(&storage, &secret(3, 2)).await.unwrap();
    protection.give(&storage, made.unseal_keys[0].clone()).await.unwrap();
    // Loading again, as a standby does, keeps what was given.
    protection.load(&storage).await.unwrap();
    assert_eq!(protection.progress().given, 1);
    let more = protection.reshare(made.root_key.clone(), &split(5, 4)).unwrap();
    write(&storage, &more.records).await;
    protection.load(&storage).await.unwrap();
    assert_eq!(protection.progress().given, 0, "old shares are of no use");
}

#[tokio::test]
async fn new_shares() {
    let storage = Inmem::new();
    let protection = Protection::shamir(Label::default());
    let made = protection.initialize(&storage, &secret(5, 3)).await.unwrap();
    let root_key = RootKey::generate();
    let new = protection.reshare(root_key.clone(), &split(2, 2)).unwrap();
    let last = new.records.last().unwrap();
    assert_eq!(last.key(), "core/hsm/barrier-unseal-keys");
    write(&storage, &new.records).await;
    protection.load(&storage).await.unwrap();
    assert_eq!(protection.config().unwrap().threshold, 2);
    assert_eq!(give(&protection, &storage, &new.unseal_keys).await.unwrap().root_key, root_key);
    let old = give(&protection, &storage, &made.unseal_keys[..3]).await.err();
    assert_eq!(old, Some(Error::InvalidKey));
    let refused = protection.reshare(root_key, &split(0, 0)).err().unwrap().to_string();
    assert_eq!(refused, "invalid rekey seal configuration: shares must be at least one");
}

#[tokio::test]
async fn providers() {
    for wrapping in [Wrapping::Direct, Wrapping::Envelope] {
        let storage = Inmem::new();
        let protection = auto(&[("a", KEY_A)], wrapping).await;
        let made = protection.initialize(&storage, &recovery(3, 2)).await.unwrap();
        assert!(made.unseal_keys.is_empty() && made.shamir_kek.is_none());
        assert_eq!(made.recovery_keys.len(), 3);
        let restarted = auto(&[("a", KEY_A)], wrapping).await;
        restarted.load(&storage).await.unwrap();
        let unsealed = restarted.auto_unseal(&storage).await.unwrap();
        assert_eq!(unsealed.root_key, made.root_key);
        let unsealed = give(&restarted, &storage, &made.recovery_keys[..2]).await.unwrap();
        assert_eq!(unsealed.root_key, made.root_key);
        let wrong = give(&restarted, &storage, &[key(KEY_A), key(KEY_B)]).await.err();
        assert_eq!(wrong, Some(Error::RecoveryMismatch));
        assert_eq!(restarted.progress().given, 0);
        assert!(restarted.provider().unwrap().probe().await.unwrap().healthy);
        let (keys, records) = restarted.reshare_recovery(&split(1, 1)).await.unwrap();
        write(&storage, &records).await;
        restarted.load(&storage).await.unwrap();
        restarted.verify_recovery(&storage, &keys).await.unwrap();
        let old = restarted.verify_recovery(&storage, &made.recovery_keys[..2]).await;
        assert_eq!(old, Err(Error::RecoveryMismatch));
    }
}

#[tokio::test]
async fn without_recovery_keys() {
    let storage = Inmem::new();
    let protection = auto(&[("a", KEY_A)], Wrapping::Direct).await;
    let made = protection.initialize(&storage, &InitParams::default()).await.unwrap();
    assert!(made.recovery_keys.is_empty());
    assert_eq!(protection.recovery_config(), None);
    assert_eq!(protection.auto_unseal(&storage).await.unwrap().root_key, made.root_key);
    let given = protection.give(&storage, key(KEY_A)).await;
    assert_eq!(given.err(), Some(Error::NoRecoveryKey));
    let verified = protection.verify_quorum(&storage, &[key(KEY_A)]).await;
    assert_eq!(verified, Err(Error::NoRecoveryKey));
}

#[tokio::test]
async fn a_rotated_provider_key() {
    for (before, after) in [
        (Wrapping::Direct, Wrapping::Direct),
        (Wrapping::Direct, Wrapping::Envelope),
        (Wrapping::Envelope, Wrapping::Direct),
    ] {
        let storage = Inmem::new();
        let old = auto(&[("a", KEY_A)], before).await;
        let made = old.initialize(&storage, &recovery(2, 2)).await.unwrap();
        let both = auto(&[("b", KEY_B), ("a", KEY_A)], after).await;
        both.load(&storage).await.unwrap();
        assert_eq!(both.auto_unseal(&storage).await.unwrap().root_key, made.root_key);
        let records = both.rewrapped(&storage).await.unwrap();
        assert_eq!(records.len(), 2);
        write(&storage, &records).await;
        assert!(both.rewrapped(&storage).await.unwrap().is_empty());
        let new = auto(&[("b", KEY_B)], after).await;
        new.load(&storage).await.unwrap();
        assert_eq!(new.auto_unseal(&storage).await.unwrap().root_key, made.root_key);
        new.verify_recovery(&storage, &made.recovery_keys).await.unwrap();
        let old = old.auto_unseal(&storage).await.err();
        assert!(matches!(old, Some(Error::Seal(_))));
    }
}

#[tokio::test]
async fn refused_parameters() {
    let both = |shares, threshold| InitParams {
        secret: split(shares, threshold),
        recovery: split(shares, threshold),
    };
    let pgp = SplitRequest { pgp_keys: vec!["x".to_owned()], ..SplitRequest::default() };
    let shamir = Protection::shamir(Label::default());
    let auto = auto(&[("a", KEY_A)], Wrapping::Direct).await;
    let check = async |protection: &Protection, params: InitParams, want: &str| {
        let storage = Inmem::new();
        let error = protection.initialize(&storage, &params).await.err().unwrap().to_string();
        assert_eq!(error, want);
        let left = storage.list(op(), "", "", 0).await.unwrap();
        assert!(left.keys.is_empty(), "{want}: something was written");
    };
    let none = InitParams::default();
    let seal = "invalid seal configuration: shares must be at least one";
    check(&shamir, none, seal).await;
    let wrong = "parameters recovery_shares,recovery_threshold not applicable to seal type shamir";
    check(&shamir, both(1, 3), wrong).await;
    let params = InitParams { recovery: pgp.clone(), ..secret(1, 1) };
    let wrong = "parameters recovery_pgp_keys not applicable to seal type shamir";
    check(&shamir, params, wrong).await;
    let wrong = "parameters secret_shares,secret_threshold not applicable to seal type static";
    check(&auto, secret(5, 3), wrong).await;
    check(&auto, both(5, 3), wrong).await;
    let params = InitParams { secret: pgp, ..InitParams::default() };
    let wrong = "parameters pgp_keys not applicable to seal type static";
    check(&auto, params, wrong).await;
    let wrong = "invalid recovery configuration: threshold cannot be larger than shares";
    check(&auto, recovery(1, 2), wrong).await;
}

#[tokio::test]
async fn another_seal_than_before() {
    let storage = Inmem::new();
    Protection::shamir(Label::default()).initialize(&storage, &secret(1, 1)).await.unwrap();
    let other = auto(&[("a", KEY_A)], Wrapping::Direct).await;
    let error = other.load(&storage).await.unwrap_err().to_string();
    assert!(error.contains("\"shamir\"") && error.contains("\"static\""), "{error}");
}

/// Two seals of one store, each with a place of its own.
#[tokio::test]
async fn by_name() {
    let storage = Inmem::new();
    let first = Protection::shamir(Label::default());
    let made = first.initialize(&storage, &secret(1, 1)).await.unwrap();
    let label = Label { name: SealName::new("emergency").unwrap(), priority: 9 };
    let auto = Auto::new("static", provider(&[("a", KEY_A)]).await, Wrapping::Direct);
    let second = Protection::auto(label.clone(), auto);
    assert!(!second.load(&storage).await.unwrap());
    let other = second.initialize(&storage, &InitParams::default()).await.unwrap();
    let records = second.rewrap_root_key(&made.root_key).await.unwrap();
    assert_eq!(records[0].key(), "core/seals/emergency/encrypted-root");
    write(&storage, &records).await;
    assert_ne!(other.root_key, made.root_key);
    assert_eq!(second.auto_unseal(&storage).await.unwrap().root_key, made.root_key);
    let unsealed = give(&first, &storage, &made.unseal_keys).await.unwrap();
    assert_eq!(unsealed.root_key, made.root_key);
    assert_eq!(second.label(), &label);
}

#[tokio::test]
async fn corrupt_entries_are_named() {
    let storage = Inmem::new();
    let protection = Protection::shamir(Label::default());
    let made = protection.initialize(&storage, &secret(1, 1)).await.unwrap();
    let root_key = "core/hsm/barrier-unseal-keys";
    for (stored, want) in [("\u{1}", "wrapped secret"), ("", "no nonce")] {
        storage.put(op(), root_key, stored.into(), None).await.unwrap();
        let error = give(&protection, &storage, &made.unseal_keys).await.err().unwrap();
        assert!(error.to_string().contains(want) && error.to_string().contains(root_key));
    }
    let config = "core/seal-config";
    for stored in ["", "[]", r#"{"type":"shamir","secret_shares":2,"secret_threshold":3}"#] {
        storage.put(op(), config, stored.into(), None).await.unwrap();
        let error = protection.load(&storage).await.unwrap_err().to_string();
        assert!(error.contains(config), "{error}");
    }
}
