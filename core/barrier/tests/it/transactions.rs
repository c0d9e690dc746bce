//! One request, one commit: own writes, conflicts, effects, limits, on every kind of storage.

use std::sync::Arc;

use barrier::{Barrier, Error, Fence};
use parking_lot::Mutex;

use crate::support::{KINDS, Kind, Power, Torn, fresh, now, root};

#[tokio::test]
async fn sees_its_own_writes() {
    for kind in KINDS {
        let (storage, barrier) = fresh(kind).await;
        barrier.put("a", "old", None).await.unwrap();
        let t = barrier.begin(None);
        assert!(!t.has_writes());
        assert_eq!(t.get("a").await.unwrap().unwrap(), "old");
        assert_eq!(t.get("b").await.unwrap(), None);
        let before = storage.reads();
        assert_eq!(t.get("a").await.unwrap().unwrap(), "old");
        assert_eq!(t.get("b").await.unwrap(), None);
        assert_eq!(storage.reads(), before, "a second read asks nobody");
        t.put("b", "new");
        t.delete("a");
        assert!(t.has_writes());
        assert_eq!(t.get("a").await.unwrap(), None);
        assert_eq!(t.get("b").await.unwrap().unwrap(), "new");
        assert_eq!(barrier.get("a").await.unwrap().unwrap(), "old");
        assert_eq!(barrier.get("b").await.unwrap(), None);
        t.commit().await.unwrap();
        assert_eq!(barrier.get("a").await.unwrap(), None);
        assert_eq!(barrier.get("b").await.unwrap().unwrap(), "new");
        let reopened = Barrier::open(storage.clone(), &root()).await.unwrap();
        assert_eq!(reopened.get("b").await.unwrap().unwrap(), "new");
        assert!(!storage.entries().keys().any(|key| key.starts_with("core/journal/")));
    }
}

#[tokio::test]
async fn dropped_is_undone() {
    for kind in KINDS {
        let (storage, barrier) = fresh(kind).await;
        let before = storage.entries();
        let t = barrier.begin(None);
        t.put("a", "1");
        t.put("b", "2");
        t.on_commit(Box::new(|| panic!("nothing was committed")));
        drop(t);
        assert_eq!(storage.entries(), before);
    }
}

/// What another request does between the read and the commit, and whether that is a conflict.
#[tokio::test]
async fn conflicts() {
    for kind in KINDS {
        for (read, changed, conflict) in [
            ("there", "there", true),
            ("absent", "absent", true),
            ("there", "gone", false),
            ("there", "absent", false),
            ("gone", "gone", true),
        ] {
            let (_, barrier) = fresh(kind).await;
            barrier.put("there", "1", None).await.unwrap();
            barrier.put("gone", "1", None).await.unwrap();
            let t = barrier.begin(None);
            let ran = Arc::new(Mutex::new(Vec::new()));
            for number in 0..3 {
                let ran = Arc::clone(&ran);
                t.on_commit(Box::new(move || ran.lock().push(number)));
            }
            t.get(read).await.unwrap();
            t.put("out", "x");
            t.put("out2", "x");
            match changed {
                "gone" => barrier.delete("gone", None).await.unwrap(),
                // The same plaintext again is a change too: it may have been there and back.
                key => barrier.put(key, "1", None).await.unwrap(),
            }
            let done = t.commit().await;
            let name = format!("{kind:?} {read} {changed}");
            if conflict {
                assert_eq!(done, Err(Error::Conflict), "{name}");
                assert_eq!(barrier.get("out").await.unwrap(), None, "{name}");
                assert!(ran.lock().is_empty(), "{name}");
            } else {
                assert_eq!(done, Ok(()), "{name}");
                assert_eq!(*ran.lock(), [0, 1, 2], "{name}");
            }
        }
    }
}

#[tokio::test]
async fn reading_only_never_conflicts() {
    for kind in KINDS {
        let (storage, barrier) = fresh(kind).await;
        let t = barrier.begin(None);
        t.get("a").await.unwrap();
        barrier.put("a", "1", None).await.unwrap();
        let ran = Arc::new(Mutex::new(false));
        let flag = Arc::clone(&ran);
        t.on_commit(Box::new(move || *flag.lock() = true));
        storage.power(Power::Off);
        t.commit().await.unwrap();
        assert!(*ran.lock());
    }
}

#[tokio::test]
async fn what_is_only_shown_is_not_checked() {
    for kind in KINDS {
        let (_, barrier) = fresh(kind).await;
        barrier.put("a", "1", None).await.unwrap();
        let t = barrier.begin(None);
        assert_eq!(t.peek("a").await.unwrap().unwrap(), "1");
        barrier.put("a", "2", None).await.unwrap();
        assert_eq!(t.peek("a").await.unwrap().unwrap(), "2");
        t.put("b", "1");
        assert_eq!(t.peek("b").await.unwrap().unwrap(), "1");
        t.commit().await.unwrap();
        // What it has read or written, it shows as it knows it.
        let t = barrier.begin(None);
        t.get("a").await.unwrap();
        barrier.put("a", "3", None).await.unwrap();
        assert_eq!(t.peek("a").await.unwrap().unwrap(), "2");
        t.put("b", "2");
        assert!(matches!(t.commit().await, Err(Error::Conflict)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_counters_lose_nothing() {
    for kind in KINDS {
        let (_, barrier) = fresh(kind).await;
        let add = async |barrier: Barrier| {
            let mut done = 0;
            while done < 20 {
                let t = barrier.begin(None);
                for key in ["left", "right"] {
                    let value = t.get(key).await.unwrap().unwrap_or_default();
                    t.put(key, [value.as_ref(), b"x"].concat());
                }
                match t.commit().await {
                    Ok(()) => done += 1,
                    Err(Error::Conflict) => tokio::task::yield_now().await,
                    Err(other) => panic!("{other}"),
                }
            }
        };
        let tasks: Vec<_> = (0..4).map(|_| tokio::spawn(add(barrier.clone()))).collect();
        for task in tasks {
            task.await.unwrap();
        }
        for key in ["left", "right"] {
            assert_eq!(barrier.get(key).await.unwrap().unwrap().len(), 80, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_commit_outlives_its_caller() {
    for kind in KINDS {
        let (_, barrier) = fresh(kind).await;
        let t = barrier.begin(None);
        t.put("a", "1");
        t.put("b", "2");
        let (sender, receiver) = tokio::sync::oneshot::channel();
        t.on_commit(Box::new(move || sender.send(()).unwrap()));
        // Polled once and dropped.
        tokio::select! {
            biased;
            _ = t.commit() => panic!("{kind:?}: the commit was done at once"),
            () = std::future::ready(()) => {}
        }
        receiver.await.unwrap();
        assert_eq!(barrier.get("b").await.unwrap().unwrap(), "2");
    }
}

#[tokio::test]
async fn keys_that_are_refused() {
    let (storage, barrier) = fresh(Kind::Checked).await;
    let before = storage.entries();
    for key in ["core/keyring", "core/keyring-next", "core/journal/x", "core/journal/x/000000"] {
        let reserved = Error::Reserved(key.to_owned());
        assert_eq!(barrier.get(key).await, Err(reserved.clone()));
        assert_eq!(barrier.put(key, "v", None).await, Err(reserved.clone()));
        assert_eq!(barrier.delete(key, None).await, Err(reserved.clone()));
        let t = barrier.begin(None);
        t.put("fine", "v");
        t.put(key, "v");
        assert_eq!(t.commit().await, Err(reserved));
    }
    for key in ["", "/a", "a/", "a//b", "a/../b", "a\0b"] {
        assert!(matches!(barrier.get(key).await, Err(Error::Storage(_))), "{key:?}");
        assert!(matches!(barrier.put(key, "v", None).await, Err(Error::Storage(_))), "{key:?}");
    }
    assert_eq!(storage.entries(), before);
}

#[tokio::test]
async fn too_large() {
    let check = |done: Result<(), Error>, size, limit| match done {
        Err(Error::TooLarge { size: got, limit: most, .. }) => {
            assert_eq!((got, most), (size, limit));
        }
        other => panic!("{other:?}"),
    };
    for kind in KINDS {
        let storage = Torn::with_values(kind, 500);
        let barrier = Barrier::initialize(storage.clone(), &root(), now()).await.unwrap();
        barrier.put("full", vec![0; 467], None).await.unwrap();
        let before = storage.entries();
        check(barrier.put("a", vec![0; 468], None).await, 501, 500);
        let t = barrier.begin(None);
        t.put("b", "fine");
        t.put("a", vec![0; 468]);
        check(t.commit().await, 501, 500);
        assert_eq!(storage.entries(), before);
    }
    let (_, barrier) = fresh(Kind::Checked).await;
    let many = |count: usize| {
        let t = barrier.begin(None);
        (0..count).for_each(|number| t.put(&format!("k{number}"), "v"));
        t.commit()
    };
    many(64).await.unwrap();
    check(many(65).await, 65, 64);
}

#[tokio::test]
async fn sealed() {
    for kind in KINDS {
        let (_, barrier) = fresh(kind).await;
        let t = barrier.begin(None);
        t.put("a", "1");
        let blob = barrier.encrypt_blob(b"", b"x").unwrap();
        barrier.seal();
        assert_eq!(t.commit().await, Err(Error::Sealed));
        assert_eq!(barrier.put("a", "1", None).await, Err(Error::Sealed));
        assert_eq!(barrier.list("", "", 0).await, Err(Error::Sealed));
        assert_eq!(barrier.key_info(), Err(Error::Sealed));
        assert_eq!(barrier.decrypt_blob(b"", &blob), Err(Error::Sealed));
        assert_eq!(barrier.rotate(now(), None).await, Err(Error::Sealed));
    }
}

#[tokio::test]
async fn fenced() {
    for kind in KINDS {
        let (storage, barrier) = fresh(kind).await;
        let fence = Fence { lock_key: "core/lock".to_owned(), token: "t".to_owned(), epoch: 4 };
        let fence = Some(Arc::new(fence));
        storage.fence(4);
        barrier.put("a", "1", fence.clone()).await.unwrap();
        storage.fence(5);
        let before = storage.entries();
        let t = barrier.begin(fence.clone());
        t.put("a", "2");
        t.put("b", "2");
        assert_eq!(t.commit().await, Err(Error::Fenced), "{kind:?}");
        assert_eq!(barrier.put("a", "2", fence.clone()).await, Err(Error::Fenced));
        assert_eq!(barrier.rotate(now(), fence).await, Err(Error::Fenced));
        assert_eq!(storage.entries(), before, "{kind:?}");
    }
}

#[tokio::test]
async fn a_corrupt_entry_is_named() {
    let (storage, barrier) = fresh(Kind::Checked).await;
    barrier.put("a/b", "value", None).await.unwrap();
    barrier.put("a/c", "value", None).await.unwrap();
    let check = async |stored: Vec<u8>, want: &str| {
        storage.set("a/b", stored);
        let error = barrier.get("a/b").await.unwrap_err().to_string();
        assert!(error.contains("\"a/b\"") && error.contains(want), "{error}");
    };
    check(storage.raw("a/c").unwrap().to_vec(), "message authentication failed").await;
    check(b"{}".to_vec(), "only 2 bytes").await;
    check(Vec::new(), "only 0 bytes").await;
    check(vec![0; 40], "version 0").await;
    check([vec![0, 0, 0, 0, 2], vec![0; 40]].concat(), "term 0").await;
    check([vec![0, 0, 0, 9, 2], vec![0; 40]].concat(), "term 9, which is not").await;
}

#[tokio::test]
async fn blobs() {
    let (storage, barrier) = fresh(Kind::Checked).await;
    let blob = barrier.encrypt_blob(b"token", b"value").unwrap();
    assert_eq!(barrier.decrypt_blob(b"token", &blob).unwrap(), b"value");
    assert_eq!(barrier.decrypt_blob(b"other", &blob), Err(Error::Blob));
    assert_eq!(barrier.decrypt_blob(b"token", &blob[..9]), Err(Error::Blob));
    barrier.rotate(now(), None).await.unwrap();
    assert_eq!(barrier.decrypt_blob(b"token", &blob).unwrap(), b"value");
    // A blob is no entry and an entry is no blob, even where the names agree.
    storage.set("a/b", barrier.encrypt_blob(b"a/b", b"value").unwrap());
    assert!(matches!(barrier.get("a/b").await, Err(Error::Corrupt { .. })));
    barrier.put("a/b", "value", None).await.unwrap();
    let entry = storage.raw("a/b").unwrap();
    assert_eq!(barrier.decrypt_blob(b"a/b", &entry), Err(Error::Blob));
}

/// A commit that comes after a newer claim does nothing, whoever checks it.
#[tokio::test]
async fn a_newer_claim_ends_the_older() {
    for kind in KINDS {
        let (storage, barrier) = fresh(kind).await;
        let first = barrier.claim("core/activation", None).await.unwrap();
        let late = barrier.begin(None).under(Some(first.clone()));
        late.put("a", "late");
        let good = barrier.begin(None).under(Some(first));
        good.put("a", "in time");
        good.commit().await.unwrap();
        // As after an unseal: the same store, opened anew.
        let again = Barrier::open(storage.clone(), &root()).await.unwrap();
        let second = again.claim("core/activation", None).await.unwrap();
        assert!(matches!(late.commit().await, Err(Error::Conflict)), "{kind:?}");
        assert_eq!(again.get("a").await.unwrap().unwrap(), "in time");
        let next = again.begin(None).under(Some(second));
        next.put("a", "next");
        next.commit().await.unwrap();
        assert_eq!(again.get("a").await.unwrap().unwrap(), "next");
    }
}
