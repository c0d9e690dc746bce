//! The life of the keys: initialization, rotation, counts, another root key, and standbys.

use std::time::Duration;

use barrier::{Barrier, Error, Persist, RotationConfig, RotationReason};
use plugin_api::{Storage, Write};

use crate::support::{KINDS, Kind, Torn, fresh, now, other_root, root};

#[tokio::test]
async fn once_initialized() {
    for kind in KINDS {
        let storage = Torn::new(kind);
        let shared: std::sync::Arc<dyn Storage> = storage.clone();
        assert!(!Barrier::is_initialized(&shared).await.unwrap());
        let opened = Barrier::open(storage.clone(), &root()).await.map(|_| ());
        assert_eq!(opened, Err(Error::NotInitialized));
        let record = Write::Put("core/seal-config".to_owned(), "{}".into());
        Barrier::initialize_with(storage.clone(), &root(), vec![record], now()).await.unwrap();
        assert!(Barrier::is_initialized(&shared).await.unwrap());
        assert_eq!(storage.raw("core/seal-config").unwrap(), "{}");
        let before = storage.entries();
        let again = Barrier::initialize(storage.clone(), &root(), now()).await.map(|_| ());
        assert_eq!(again, Err(Error::AlreadyInitialized));
        let other = Barrier::open(storage.clone(), &other_root()).await.map(|_| ());
        assert_eq!(other, Err(Error::WrongRootKey));
        assert_eq!(storage.entries(), before);
        let barrier = Barrier::open(storage, &root()).await.unwrap();
        assert!(barrier.verify_root_key(&root()).unwrap());
        assert!(!barrier.verify_root_key(&other_root()).unwrap());
    }
}

#[tokio::test]
async fn rotation() {
    for kind in KINDS {
        let (storage, barrier) = fresh(kind).await;
        barrier.put("a", "one", None).await.unwrap();
        let later = now() + jiff::SignedDuration::from_hours(1);
        assert_eq!(barrier.rotate(later, None).await.unwrap().get(), 2);
        let info = barrier.key_info().unwrap();
        assert_eq!((info.term.get(), info.install_time, info.encryptions), (2, later, 0));
        barrier.put("b", "two", None).await.unwrap();
        assert_eq!(storage.raw("a").unwrap()[..5], [0, 0, 0, 1, 2]);
        assert_eq!(storage.raw("b").unwrap()[..5], [0, 0, 0, 2, 2]);
        assert_eq!(storage.raw("core/root-key").unwrap()[..5], [0, 0, 0, 2, 2]);
        assert_eq!(storage.raw("core/upgrade/1").unwrap()[..5], [0, 0, 0, 1, 2]);
        assert_eq!(storage.raw("core/keyring").unwrap()[..5], [0, 0, 0, 1, 2]);
        let reopened = Barrier::open(storage.clone(), &root()).await.unwrap();
        assert_eq!(reopened.get("a").await.unwrap().unwrap(), "one");
        assert_eq!(reopened.get("b").await.unwrap().unwrap(), "two");
        barrier.remove_upgrades(None).await.unwrap();
        assert_eq!(storage.raw("core/upgrade/1"), None);
    }
}

#[tokio::test]
async fn rotation_settings_are_kept() {
    let (storage, barrier) = fresh(Kind::Checked).await;
    assert_eq!(barrier.rotation_config().unwrap(), RotationConfig::default());
    let interval = Duration::from_secs(48 * 3600);
    let config = RotationConfig { enabled: true, max_operations: 2_000_000, interval };
    barrier.set_rotation_config(config, None).await.unwrap();
    let bad = RotationConfig { max_operations: 1, ..config };
    let refused = barrier.set_rotation_config(bad, None).await;
    assert!(matches!(refused, Err(Error::RotationConfig(_))));
    let reopened = Barrier::open(storage, &root()).await.unwrap();
    assert_eq!(reopened.rotation_config().unwrap(), config);
    let at = |hours| now() + jiff::SignedDuration::from_hours(hours);
    assert_eq!(reopened.rotation_due(at(47)).unwrap(), None);
    assert_eq!(reopened.rotation_due(at(48)).unwrap(), Some(RotationReason::Interval));
}

#[tokio::test]
async fn counts_survive() {
    for kind in KINDS {
        let (storage, barrier) = fresh(kind).await;
        for number in 0..10 {
            barrier.put(&format!("k{number}"), "v", None).await.unwrap();
        }
        assert_eq!(barrier.key_info().unwrap().encryptions, 10);
        barrier.persist_counters(Persist::Running, None).await.unwrap();
        let stored = storage.raw("core/keyring");
        barrier.persist_counters(Persist::Running, None).await.unwrap();
        assert_eq!(storage.raw("core/keyring"), stored, "nothing to count, nothing written");
        // A crash now: up to ten more may have been lost.
        let crashed = Barrier::open(storage.copy(), &root()).await.unwrap();
        assert_eq!(crashed.key_info().unwrap().encryptions, 20);
        barrier.encrypt_blob(b"", b"").unwrap();
        barrier.persist_counters(Persist::Sealing, None).await.unwrap();
        let reopened = Barrier::open(storage, &root()).await.unwrap();
        assert_eq!(reopened.key_info().unwrap().encryptions, 11);
    }
}

#[tokio::test]
async fn another_root_key() {
    for kind in KINDS {
        let (storage, barrier) = fresh(kind).await;
        barrier.put("a", "one", None).await.unwrap();
        let record = Write::Put("core/hsm/barrier-unseal-keys".to_owned(), "new".into());
        barrier.reroot(&other_root(), vec![record], None).await.unwrap();
        assert!(barrier.verify_root_key(&other_root()).unwrap());
        assert_eq!(storage.raw("core/hsm/barrier-unseal-keys").unwrap(), "new");
        assert_eq!(storage.raw("core/keyring-next"), None);
        barrier.rotate(now(), None).await.unwrap();
        let old = Barrier::open(storage.clone(), &root()).await.map(|_| ());
        assert_eq!(old, Err(Error::WrongRootKey));
        let reopened = Barrier::open(storage, &other_root()).await.unwrap();
        assert_eq!(reopened.get("a").await.unwrap().unwrap(), "one");
    }
}

/// A standby takes over rotations and another root key, in any order and however many.
#[tokio::test]
async fn standbys_follow() {
    for steps in ["r", "k", "rk", "kr", "rrkrr", "krkrk"] {
        let (storage, active) = fresh(Kind::Checked).await;
        let standby = Barrier::open(storage.clone(), &root()).await.unwrap();
        let mut roots = [other_root(), root()].into_iter().cycle();
        for step in steps.chars() {
            match step {
                'r' => drop(active.rotate(now(), None).await.unwrap()),
                _ => active.reroot(&roots.next().unwrap(), Vec::new(), None).await.unwrap(),
            }
        }
        active.put("a", "new", None).await.unwrap();
        if steps.contains('r') {
            assert!(matches!(standby.get("a").await, Err(Error::UnknownTerm { .. })), "{steps}");
        }
        let term = standby.refresh().await.unwrap();
        assert_eq!(term, active.key_info().unwrap().term, "{steps}");
        assert_eq!(standby.get("a").await.unwrap().unwrap(), "new", "{steps}");
        // And goes on where the active node stopped.
        assert_eq!(standby.rotate(now(), None).await.unwrap().get(), term.get() + 1);
        active.refresh().await.unwrap();
        standby.put("b", "newer", None).await.unwrap();
        assert_eq!(active.get("b").await.unwrap().unwrap(), "newer", "{steps}");
    }
}

/// Two nodes that both think they are active rotate at once: one of them is told of the conflict,
/// and no key is lost.
#[tokio::test]
async fn rotations_at_once() {
    let (storage, one) = fresh(Kind::Checked).await;
    let two = Barrier::open(storage.clone(), &root()).await.unwrap();
    let rotate = async |barrier: &Barrier, name: &str| {
        for number in 0..10 {
            while let Err(error) = barrier.rotate(now(), None).await {
                assert_eq!(error, Error::Conflict);
            }
            barrier.put(&format!("{name}{number}"), "v", None).await.unwrap();
        }
    };
    tokio::join!(rotate(&one, "one"), rotate(&two, "two"));
    let reopened = Barrier::open(storage, &root()).await.unwrap();
    assert_eq!(reopened.key_info().unwrap().term.get(), 21);
    for name in ["one", "two"] {
        for number in 0..10 {
            assert!(reopened.get(&format!("{name}{number}")).await.unwrap().is_some());
        }
    }
}
