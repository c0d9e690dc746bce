//! The power goes at every single write, with and without the answer of the last one: afterwards
//! there is all of a commit or nothing of it, and what was acknowledged is there.

use std::sync::Arc;

use barrier::{Barrier, Error};
use bytes::Bytes;
use plugin_api::Write;

use crate::support::{KINDS, Kind, Power, Torn, now, other_root, root};

const CUTS: [fn(usize) -> Power; 2] = [Power::CutAfter, Power::LostAfter];
const BLOB: &str = "core/hsm/barrier-unseal-keys";

async fn store(kind: Kind, value_bytes: usize) -> Arc<Torn> {
    let storage = Torn::with_values(kind, value_bytes);
    let barrier = Barrier::initialize(storage.clone(), &root(), now()).await.unwrap();
    for key in ["f/changed", "f/removed", "g/removed"] {
        barrier.put(key, "old", None).await.unwrap();
    }
    storage
}

async fn commit(barrier: &Barrier) -> Result<(), Error> {
    let t = barrier.begin(None);
    t.get("f/changed").await?;
    t.put("f/changed", "new");
    t.put("f/large", vec![7; 400]);
    t.delete("f/removed");
    t.delete("g/removed");
    t.put("h/added", "new");
    t.commit().await
}

/// Which side of the commit the barrier shows; it must be one of them, in reads and in listings.
async fn is_new(barrier: &Barrier, context: &str) -> bool {
    let get = async |key: &str| barrier.get(key).await.unwrap();
    let new = get("f/changed").await.unwrap() == "new";
    assert_eq!(get("f/large").await, new.then(|| Bytes::from(vec![7; 400])), "{context}");
    assert_eq!(get("f/removed").await, (!new).then(|| "old".into()), "{context}");
    assert_eq!(get("g/removed").await, (!new).then(|| "old".into()), "{context}");
    assert_eq!(get("h/added").await, new.then(|| "new".into()), "{context}");
    let list = async |prefix: &str| barrier.list(prefix, "", 0).await.unwrap().keys.join(" ");
    assert_eq!(list("f/").await, if new { "changed large" } else { "changed removed" });
    assert_eq!(list("").await, if new { "core/ f/ h/" } else { "core/ f/ g/" }, "{context}");
    new
}

fn check_outcome(done: &Result<(), Error>, new: bool, context: &str) {
    match done {
        Ok(()) => assert!(new, "{context}: an acknowledged commit is lost"),
        Err(Error::Storage(error)) if error.maybe_applied => {}
        Err(_) => assert!(!new, "{context}: a refused commit took effect"),
    }
}

#[tokio::test]
async fn commits() {
    // With small values the journal's record needs many parts.
    for (kind, value_bytes) in
        KINDS.map(|kind| (kind, 4096)).into_iter().chain([(Kind::Plain, 500)])
    {
        let original = store(kind, value_bytes).await;
        for cut in CUTS {
            for writes in 0.. {
                let storage = original.copy();
                let barrier = Barrier::open(storage.clone(), &root()).await.unwrap();
                storage.power(cut(writes));
                let done = commit(&barrier).await;
                let context = format!("{kind:?} {:?} {done:?}", cut(writes));
                let crashed = storage.copy();
                let reopened = Barrier::open(crashed.clone(), &root()).await.unwrap();
                let new = is_new(&reopened, &context).await;
                check_outcome(&done, new, &context);
                let journal = crashed.entries();
                assert!(!journal.keys().any(|key| key.starts_with("core/journal/")), "{context}");
                still_running(&storage, &barrier, &done, &context).await;
                storage.power(Power::On);
                if done.is_ok() && !was_cut(&original, cut(writes)).await {
                    break;
                }
            }
        }
    }
}

/// Whether a commit from here needs more writes than this power allows.
async fn was_cut(original: &Arc<Torn>, power: Power) -> bool {
    let storage = original.copy();
    let barrier = Barrier::open(storage.clone(), &root()).await.unwrap();
    storage.power(power);
    commit(&barrier).await.ok();
    barrier.get("f/changed").await.is_err() || barrier.list("f/", "", 0).await.is_err()
}

/// The process lives on and the storage answers again.
async fn still_running(
    storage: &Arc<Torn>,
    barrier: &Barrier,
    done: &Result<(), Error>,
    context: &str,
) {
    storage.power(Power::On);
    check_outcome(done, is_new(barrier, context).await, context);
    barrier.put("later", "1", None).await.unwrap();
    let t = barrier.begin(None);
    t.put("f/changed", "newest");
    t.put("later", "2");
    t.commit().await.unwrap();
    let reopened = Barrier::open(storage.clone(), &root()).await.unwrap();
    assert_eq!(reopened.get("f/changed").await.unwrap().unwrap(), "newest", "{context}");
    assert_eq!(reopened.get("later").await.unwrap().unwrap(), "2", "{context}");
}

#[tokio::test]
async fn recovery_itself_is_cut() {
    let original = store(Kind::Plain, 500).await;
    for commit_writes in 0..14 {
        let storage = original.copy();
        let barrier = Barrier::open(storage.clone(), &root()).await.unwrap();
        storage.power(Power::CutAfter(commit_writes));
        let done = commit(&barrier).await;
        for recovery_writes in 0..14 {
            let crashed = storage.copy();
            crashed.power(Power::CutAfter(recovery_writes));
            Barrier::open(crashed.clone(), &root()).await.ok();
            crashed.power(Power::On);
            let reopened = Barrier::open(crashed, &root()).await.unwrap();
            let context = format!("{commit_writes} {recovery_writes}");
            check_outcome(&done, is_new(&reopened, &context).await, &context);
        }
    }
}

#[tokio::test]
async fn a_second_record_is_refused() {
    let storage = store(Kind::Plain, 4096).await;
    storage.set("core/journal/a", "x");
    storage.set("core/journal/b", "x");
    let opened = Barrier::open(storage.clone(), &root()).await.map(|_| ());
    assert!(matches!(opened, Err(Error::Corrupt { key, .. }) if key == "core/journal/"));
}

#[tokio::test]
async fn initializations() {
    for kind in KINDS {
        for cut in CUTS {
            for writes in 0..4 {
                let storage = Torn::new(kind);
                storage.power(cut(writes));
                let done = Barrier::initialize(storage.clone(), &root(), now()).await.map(|_| ());
                storage.power(Power::On);
                match Barrier::open(storage.clone(), &root()).await {
                    Ok(_) => {}
                    Err(Error::NotInitialized) => {
                        assert!(done.is_err());
                        Barrier::initialize(storage, &root(), now()).await.unwrap();
                    }
                    Err(other) => panic!("{kind:?} {writes}: {other}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn rotations() {
    for kind in KINDS {
        let original = store(kind, 4096).await;
        for power in CUTS.iter().flat_map(|cut| (0..9).map(cut)) {
            let storage = original.copy();
            let barrier = Barrier::open(storage.clone(), &root()).await.unwrap();
            storage.power(power);
            let done = barrier.rotate(now(), None).await;
            let crashed = Barrier::open(storage.copy(), &root()).await.unwrap();
            let term = crashed.key_info().unwrap().term.get();
            match &done {
                Ok(new) => assert_eq!(new.get(), term, "{kind:?} {power:?}"),
                Err(Error::Storage(error)) if error.maybe_applied => {}
                Err(_) => assert_eq!(term, 1, "{kind:?} {power:?}"),
            }
            storage.power(Power::On);
            barrier.put("x", "before", None).await.unwrap();
            let before = barrier.rotate(now(), None).await.unwrap();
            barrier.put("y", "after", None).await.unwrap();
            let reopened = Barrier::open(storage, &root()).await.unwrap();
            assert_eq!(reopened.key_info().unwrap().term, before);
            for key in ["f/changed", "x", "y"] {
                assert!(reopened.get(key).await.unwrap().is_some(), "{kind:?} {power:?} {key}");
            }
        }
    }
}

/// The root key that the "seal" of this store gives: its record is the key's name in clear.
async fn unsealed(storage: &Arc<Torn>) -> Result<Barrier, Error> {
    let root_key = if storage.raw(BLOB).unwrap() == "new" { other_root() } else { root() };
    Barrier::open(storage.clone(), &root_key).await
}

#[tokio::test]
async fn root_key_changes() {
    for kind in KINDS {
        let original = store(kind, 4096).await;
        original.set(BLOB, "old");
        for power in CUTS.iter().flat_map(|cut| (0..12).map(cut)) {
            let context = format!("{kind:?} {power:?}");
            let storage = original.copy();
            let barrier = Barrier::open(storage.clone(), &root()).await.unwrap();
            storage.power(power);
            let records = ["core/seal-config", BLOB];
            let records = records.map(|key| Write::Put(key.to_owned(), "new".into())).to_vec();
            let done = barrier.reroot(&other_root(), records, None).await;
            // A crash: whichever root key the seal gives, it opens.
            let crashed = storage.copy();
            let reopened = unsealed(&crashed).await.unwrap();
            assert!(reopened.get("f/changed").await.unwrap().is_some(), "{context}");
            if done.is_ok() {
                assert_eq!(crashed.raw(BLOB).unwrap(), "new", "{context}");
            }
            // Or no crash: the next change settles it, and the store and the seal agree.
            storage.power(Power::On);
            barrier.put("x", "before", None).await.unwrap();
            barrier.rotate(now(), None).await.unwrap();
            barrier.put("y", "after", None).await.unwrap();
            let reopened = unsealed(&storage).await.unwrap();
            let new = storage.raw(BLOB).unwrap() == "new";
            assert!(reopened.verify_root_key(&if new { other_root() } else { root() }).unwrap());
            assert!(barrier.verify_root_key(&if new { other_root() } else { root() }).unwrap());
            for key in ["f/changed", "x", "y"] {
                assert!(reopened.get(key).await.unwrap().is_some(), "{context} {key}");
            }
            assert_eq!(storage.raw("core/keyring-next"), None, "{context}");
        }
    }
}
