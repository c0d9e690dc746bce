//! The engine: Vault's layout, what a crash leaves, and what goes wrong.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use plugin_api::{Check, Error, ErrorKind, Op, Result, Write};

use super::{
    Engine, Health,
    folder::{Unsynced, sync, sync_folder},
    layout::{self, Name},
};

fn op() -> Op {
    Op::within(Duration::from_secs(30))
}

fn put(engine: &Engine, key: &str, value: &str) -> Result<()> {
    let write = Write::Put(key.to_owned(), Bytes::copy_from_slice(value.as_bytes()));
    engine.write(op(), Vec::new(), vec![write])
}

fn delete(engine: &Engine, key: &str) -> Result<()> {
    engine.write(op(), Vec::new(), vec![Write::Delete(key.to_owned())])
}

fn open_error(path: &Path) -> Error {
    Engine::open(path).map(|_| ()).unwrap_err().into()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Every key below a prefix, with its value.
fn everything(engine: &Engine, prefix: &str, all: &mut BTreeMap<String, Bytes>) {
    for name in engine.list(prefix, "", 0).unwrap().keys {
        let key = format!("{prefix}{name}");
        if name.ends_with('/') {
            everything(engine, &key, all);
        } else {
            let value = engine.get(&key).unwrap().unwrap();
            all.insert(key, value);
        }
    }
}

#[test]
fn keys_and_files() {
    let long = "x".repeat(255);
    let (head, tail) = long.split_at(200);
    let cut = format!("a/%+{head}/_{tail}");
    let cut_folder = format!("%+{head}/{tail}/_b");
    let cases = [
        ("a", "_a"),
        ("a/b", "a/_b"),
        ("_a", "__a"),
        ("_a/b", "%_a/_b"),
        ("%a/b", "%%a/_b"),
        ("%/_", "%%/__"),
        ("_/_", "%_/__"),
        ("%+x/y", "%%+x/_y"),
        (&format!("a/{long}"), &cut),
        (&format!("{long}/b"), &cut_folder),
    ];
    for (key, file) in cases {
        assert_eq!(layout::file_of(key), PathBuf::from(file), "{key}");
    }
    let names = [
        ("_a", false, Name::Leaf("a")),
        ("__a", false, Name::Leaf("_a")),
        ("a", false, Name::Foreign),
        ("_", false, Name::Foreign),
        ("a", true, Name::Folder("a")),
        ("%_a", true, Name::Folder("_a")),
        ("%%", true, Name::Folder("%")),
        ("%+a", true, Name::Part("a")),
        ("_", true, Name::Foreign),
        ("%a", true, Name::Foreign),
    ];
    for (name, is_folder, want) in names {
        assert_eq!(layout::name_of(name, is_folder), want, "{name}");
    }
}

#[test]
fn a_store_of_openbao_opens() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/data");
    let folder = tempfile::tempdir().unwrap();
    copy(&golden, folder.path());
    let engine = Engine::open(folder.path()).unwrap();
    let mut all = BTreeMap::new();
    everything(&engine, "", &mut all);
    assert_eq!(all.len(), 38);
    assert!(all["core/seal-config"].starts_with(b"{\"type\":\"shamir\""));
    assert_eq!(&all["core/keyring"][..5], &[0, 0, 0, 1, 2], "term 1, version 2");
    // And what is written here reads there: the same bytes for the same value.
    let path = folder.path().join("core/_seal-config");
    let before = fs::read(&path).unwrap();
    let value = String::from_utf8(all["core/seal-config"].to_vec()).unwrap();
    put(&engine, "core/seal-config", &value).unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn folders_of_vault_that_mean_something_else_here_are_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let file = |path: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{\"Value\":\"dg==\"}\n").unwrap();
    };
    for path in ["kv/_team/_x", "kv/_team/_deep/_x", "kv/%/_x", "_top/_x", "kv/_team_"] {
        file(path);
    }
    for _ in 0..2 {
        let engine = Engine::open(folder.path()).unwrap();
        let mut all = BTreeMap::new();
        everything(&engine, "", &mut all);
        let keys: Vec<&str> = all.keys().map(String::as_str).collect();
        assert_eq!(keys, ["_top/x", "kv/%/x", "kv/_team/_deep/x", "kv/_team/x", "kv/team_"]);
    }
}

#[test]
fn entries_of_every_version_are_read_and_others_are_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    let corrupt = Err(ErrorKind::Corrupt);
    let cases = [
        ("{\"Value\":\"dg==\"}\n", Ok("v")),
        ("{\"Value\":\"dg==\"}", Ok("v")),
        ("{\"Key\":\"a/k\",\"Value\":\"dg==\",\"SealWrap\":false}", Ok("v")),
        ("{\"Value\":null}\n", Ok("")),
        ("{\"Value\":\"\"}\n", Ok("")),
        ("", corrupt),
        ("{\"Value\":\"dg=\"}\n", corrupt),
        ("{\"Value\":\"dg==\"", corrupt),
        ("[]", corrupt),
    ];
    put(&engine, "a/k", "").unwrap();
    for (content, want) in cases {
        fs::write(folder.path().join("a/_k"), content).unwrap();
        let got = engine.get("a/k").map_err(|error| {
            assert!(error.message.contains("a/k"), "{error}");
            error.kind
        });
        assert_eq!(got, want.map(|value| Some(Bytes::from(value))), "{content:?}");
    }
}

#[test]
fn the_journal_brings_back_what_the_tree_has_lost() {
    let (old, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let engine = Engine::open(folder.path()).unwrap();
    put(&engine, "kept", "1").unwrap();
    put(&engine, "gone/deep/k", "1").unwrap();
    engine.close().unwrap();
    copy(folder.path(), old.path());
    drop(engine);
    let engine = Engine::open(folder.path()).unwrap();
    put(&engine, "kept", "2").unwrap();
    put(&engine, "new/deep/k", "2").unwrap();
    delete(&engine, "gone/deep/k").unwrap();
    // A power cut: nothing but what was synced is there, and one file came out empty.
    drop(engine);
    fs::copy(folder.path().join("_/journal"), old.path().join("_/journal")).unwrap();
    fs::write(old.path().join("_kept"), "").unwrap();
    for _ in 0..2 {
        let engine = Engine::open(old.path()).unwrap();
        let mut all = BTreeMap::new();
        everything(&engine, "", &mut all);
        let want = [("kept", "2"), ("new/deep/k", "2")];
        assert_eq!(all, want.map(|(key, value)| (key.into(), value.into())).into());
    }
}

#[test]
fn a_checkpoint_empties_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    for n in 0..super::UNSYNCED_MAX + 10 {
        let writes = (0..20).map(|m| Write::Put(format!("{n}/{m}"), Bytes::from("v"))).collect();
        engine.write(op(), Vec::new(), writes).unwrap();
        let writer = engine.writer.lock();
        assert!(writer.unsynced.len() < super::UNSYNCED_MAX + 20);
    }
    drop(engine);
    let engine = Engine::open(folder.path()).unwrap();
    assert_eq!(engine.list("", "", 0).unwrap().keys.len(), super::UNSYNCED_MAX + 10);
}

#[test]
fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    let error = open_error(folder.path());
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.message.contains("in use by another process"), "{error}");
    engine.close().unwrap();
    assert_eq!(engine.get("k").unwrap_err().kind, ErrorKind::Cancelled);
    assert_eq!(put(&engine, "k", "v").unwrap_err().kind, ErrorKind::Cancelled);
    Engine::open(folder.path()).unwrap();
}

#[test]
fn paths_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let deep = folder.path().join(["x"; 250].join("/").repeat(2));
    let newer = folder.path().join("newer");
    fs::create_dir_all(newer.join("_")).unwrap();
    fs::write(newer.join("_/layout"), "layout 9").unwrap();
    for (path, words) in [(&file, "not a folder"), (&deep, "the limit is"), (&newer, "layout 9")] {
        let error = open_error(path);
        assert_eq!(error.kind, ErrorKind::ConfigInvalid, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
    assert!(!open_error(&file.join("below")).message.is_empty());
}

#[test]
fn what_cannot_be_staged_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    put(&engine, "k", "1").unwrap();
    fs::remove_dir_all(folder.path().join("_/new")).unwrap();
    let error = put(&engine, "k", "2").unwrap_err();
    assert!(!error.maybe_applied, "{error}");
    assert_eq!(engine.get("k").unwrap(), Some(Bytes::from("1")));
    fs::create_dir(folder.path().join("_/new")).unwrap();
    put(&engine, "k", "3").unwrap();
    drop(engine);
    let engine = Engine::open(folder.path()).unwrap();
    assert_eq!(engine.get("k").unwrap(), Some(Bytes::from("3")));
}

#[test]
fn what_cannot_be_placed_stops_the_store_and_is_done_at_the_next_opening() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    let foreign = folder.path().join("folder");
    fs::write(&foreign, "").unwrap();
    let error = put(&engine, "folder/k", "1").unwrap_err();
    assert!(error.maybe_applied, "{error}");
    let error = engine.get("other").unwrap_err();
    assert!(error.message.contains("restart"), "{error}");
    put(&engine, "other", "1").unwrap_err();
    engine.health().unwrap_err();
    drop(engine);
    fs::remove_file(&foreign).unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    assert_eq!(engine.get("folder/k").unwrap(), Some(Bytes::from("1")));
    assert_eq!(engine.get("other").unwrap(), None);
}

#[test]
fn after_a_failed_sync_it_is_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    put(&engine, "k", "1").unwrap();
    *engine.health.write() = Health::ReadOnly("could not sync x: i/o error".to_owned());
    assert_eq!(engine.get("k").unwrap(), Some(Bytes::from("1")));
    for error in [put(&engine, "k", "2").unwrap_err(), delete(&engine, "k").unwrap_err()] {
        assert!(error.message.contains("could not sync x"), "{error}");
        assert_eq!((error.retryable, error.maybe_applied), (false, false));
    }
    assert_eq!(engine.health().unwrap_err().kind, ErrorKind::Corrupt);
}

/// A character device cannot be synced: in the place of a file of the tree it makes the checkpoint
/// fail where a bad disk would.
#[cfg(target_os = "linux")]
#[test]
fn a_sync_that_fails_at_a_checkpoint_is_told_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    put(&engine, "spoilt", "1").unwrap();
    let file = folder.path().join("_spoilt");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/null", &file).unwrap();
    let last = (0..super::UNSYNCED_MAX).find(|n| {
        put(&engine, &format!("k{n}"), "1").unwrap();
        engine.health().is_err()
    });
    let (last, error) = (last.unwrap(), engine.health().unwrap_err());
    assert_eq!((error.kind, error.retryable), (ErrorKind::Corrupt, false));
    assert!(
        error.message.contains("could not sync") && error.message.contains("_spoilt"),
        "{error}"
    );
    // With the file back a second sync would succeed and prove nothing: it is not tried.
    fs::remove_file(&file).unwrap();
    put(&engine, "later", "1").unwrap_err();
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(folder.path()).unwrap();
    for key in ["spoilt".to_owned(), format!("k{last}")] {
        assert_eq!(engine.get(&key).unwrap(), Some(Bytes::from("1")), "{key}");
    }
    assert_eq!(engine.get("later").unwrap(), None);
}

/// A link to itself cannot be opened, as no file can while the process has no descriptor left.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_opened_at_a_checkpoint_is_synced_at_a_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    put(&engine, "shut", "1").unwrap();
    let file = folder.path().join("_shut");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("_shut", &file).unwrap();
    let count = super::UNSYNCED_MAX + 3;
    for n in 0..count {
        put(&engine, &format!("k{n}"), "1").unwrap();
        engine.health().unwrap();
    }
    assert_eq!(engine.writer.lock().unsynced.len(), count + 1);
    // The journal has kept all of it: a crash now takes nothing.
    let crashed = tempfile::tempdir().unwrap();
    fs::create_dir(crashed.path().join("_")).unwrap();
    for name in ["_/journal", "_/layout"] {
        fs::copy(folder.path().join(name), crashed.path().join(name)).unwrap();
    }
    let reopened = Engine::open(crashed.path()).unwrap();
    assert_eq!(reopened.list("", "", 0).unwrap().keys.len(), count + 1);
    fs::remove_file(&file).unwrap();
    put(&engine, "shut", "2").unwrap();
    let writer = engine.writer.lock();
    assert_eq!((writer.unsynced.len(), writer.journal.bytes()), (0, 0));
}

#[cfg(target_os = "linux")]
#[test]
fn only_the_sync_itself_is_a_failed_sync() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, target: &str| {
        let path = folder.path().join(name);
        std::os::unix::fs::symlink(target, &path).unwrap();
        path
    };
    let (shut, broken) = (path("shut", "shut"), path("broken", "/dev/null"));
    for sync in [sync, sync_folder] {
        assert!(matches!(sync(&shut), Err(Unsynced::Unopened(_))));
        assert!(matches!(sync(&broken), Err(Unsynced::Failed(_))));
        sync(&folder.path().join("missing")).unwrap();
        sync(folder.path()).unwrap();
    }
}

#[test]
fn a_late_write_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    let late = Op::within(Duration::ZERO);
    let checks = vec![Check::Absent("k".to_owned())];
    let error = engine.write(late, checks, vec![Write::Delete("k".to_owned())]).unwrap_err();
    assert_eq!((error.kind, error.maybe_applied), (ErrorKind::Timeout, false));
}

#[cfg(unix)]
#[test]
fn only_the_servers_user_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("made/here");
    let engine = Engine::open(&root).unwrap();
    put(&engine, "a/k", "1").unwrap();
    for (path, mode) in [("", 0o700), ("_", 0o700), ("a", 0o700), ("a/_k", 0o600)] {
        let found = fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path:?}");
    }
}

#[test]
fn missing_folders_come_with_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    // What a batch that failed could not take away must not come into the tree.
    let left = folder.path().join("_/new/t/a/b");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("_stale"), "{\"Value\":\"dg==\"}\n").unwrap();
    put(&engine, "a/b/c", "1").unwrap();
    let writes = ["a/b/d", "a/e/f/g", "a/e/h", "x/y", "top"]
        .map(|key| Write::Put(key.to_owned(), Bytes::copy_from_slice(key.as_bytes())));
    // The first folder goes with its last key, and comes back.
    let mut batch = vec![Write::Delete("a/b/c".to_owned())];
    batch.extend(writes);
    engine.write(op(), Vec::new(), batch).unwrap();
    let mut all = BTreeMap::new();
    everything(&engine, "", &mut all);
    let keys: Vec<_> = all.keys().map(String::as_str).collect();
    assert_eq!(keys, ["a/b/d", "a/e/f/g", "a/e/h", "top", "x/y"]);
    assert!(all.iter().all(|(key, value)| key.as_bytes() == value));
}
