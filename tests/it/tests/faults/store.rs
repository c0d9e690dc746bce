//! A store of which a part is spoilt: an error that names the part, never a wrong answer.

use std::{fs, path::PathBuf};

use client::{Client, InitResult};
use serde_json::{Value, json};

use super::{
    holds, mount_kv, read,
    tree::{HARMS, Harm, entries, entry, key_of},
    write,
};
use crate::support::{FILE, TestServer};

/// Answers come from the files, not from memory.
const UNCACHED: &str = "disable_cache = true\nstorage \"file\" { path = \"{folder}/data\" }\n";

/// With a few bits changed, nobody can tell it from wrong unseal keys.
const STORED_KEYS: &str = "core/hsm/barrier-unseal-keys";

async fn filled(config: &str) -> (TestServer, Client, InitResult) {
    let (server, root, keys) = TestServer::unsealed(config).await;
    mount_kv(&root).await;
    for name in ["spoilt", "sound"] {
        assert_eq!(write(&root, &format!("kv/{name}"), json!({ "n": name })).await, 204);
    }
    (server, root, keys)
}

fn store(server: &TestServer) -> PathBuf {
    server.folder().join("data")
}

#[tokio::test]
async fn a_spoilt_entry_is_an_error_that_names_it() {
    let (server, root, _keys) = filled(UNCACHED).await;
    let path = entry(&store(&server), "spoilt");
    for harm in HARMS {
        let before = harm.befall(&path);
        let lines = server.log().matches("/spoilt\" is corrupt").count();
        let (status, data) = read(&root, "kv/spoilt").await;
        assert_eq!((status, data.get("n")), (500, None), "{harm:?}");
        let now = server.log().matches("/spoilt\" is corrupt").count();
        assert!(now > lines, "{harm:?}\n{}", server.log_tail());
        holds(&root, "kv/sound", "sound").await;
        assert_eq!(root.list("kv").await.unwrap(), ["sound", "spoilt"]);
        fs::write(&path, before).unwrap();
        holds(&root, "kv/spoilt", "spoilt").await;
    }
    // What is beyond repair can be removed, and written anew.
    Harm::Flipped.befall(&path);
    root.delete("kv/spoilt").await.unwrap();
    assert_eq!(read(&root, "kv/spoilt").await.0, 404);
    assert_eq!(write(&root, "kv/spoilt", json!({"n": "new"})).await, 204);
    holds(&root, "kv/spoilt", "new").await;
}

#[tokio::test]
async fn an_entry_in_the_place_of_another_is_no_answer() {
    let (server, root, _keys) = filled(UNCACHED).await;
    let (one, other) = (entry(&store(&server), "spoilt"), entry(&store(&server), "sound"));
    fs::copy(other, one).unwrap();
    assert_eq!(read(&root, "kv/spoilt").await.0, 500);
    holds(&root, "kv/sound", "sound").await;
}

#[tokio::test]
async fn a_spoilt_keyring_is_refused_and_nothing_is_lost() {
    let (mut server, root, keys) = filled(FILE).await;
    let path = entry(&store(&server), "keyring");
    for harm in HARMS {
        assert!(server.stop().success());
        let before = harm.befall(&path);
        // Either it does not even start, or it cannot be unsealed; either way the sentence names it.
        if server.starts().await {
            let error = server.client(None).unseal(&keys.keys[0]).await.unwrap_err();
            assert_eq!(error.status().unwrap().as_u16(), 500, "the keys are right: {error}");
            let told = server.log() + &error.to_string();
            assert!(told.contains("keyring"), "{harm:?}: {error}\n{}", server.log_tail());
            assert!(server.client(None).seal_status().await.unwrap().sealed, "{harm:?}");
            assert_eq!(read(&root, "kv/sound").await.0, 503, "{harm:?}");
            assert!(server.stop().success());
        } else {
            let log = server.log();
            let said = log.lines().last().unwrap();
            let whole = said.contains("\"core/keyring\" is corrupt") && said.contains("a backup");
            assert!(whole, "{harm:?}: {said}");
        }
        fs::write(&path, before).unwrap();
        server.start_again().await;
        server.unseal(&keys).await;
        holds(&root, "kv/sound", "sound").await;
    }
}

#[tokio::test]
async fn whatever_is_spoilt_no_answer_is_wrong() {
    let (mut server, root, keys) = filled(UNCACHED).await;
    let ask = json!({"policies": ["default"], "ttl": "1h"});
    let made = root.write("auth/token/create", &ask).await.unwrap();
    let token = made.member("auth").unwrap()["client_token"].as_str().unwrap().to_owned();
    let user = server.client(Some(&token));
    assert!(server.stop().success());
    let all = entries(&store(&server));
    assert!(all.len() > 15, "{all:?}");
    for (number, path) in all.iter().enumerate() {
        let harm = HARMS[number % HARMS.len()];
        let before = harm.befall(path);
        let lines = server.log().lines().count();
        let key = key_of(&store(&server), path);
        let opened = if server.starts().await {
            let opened = survey(&server, &user, &keys).await;
            assert!(server.stop().success());
            opened
        } else {
            false
        };
        // What people store costs itself and no more; what all the rest rests on is told.
        let told: Vec<_> = server.log().lines().skip(lines).map(str::to_owned).collect();
        let is_named = opened || told.join("\n").contains(&key) || key == STORED_KEYS;
        assert!(is_named, "{key}: {told:?}");
        let is_of_people =
            ["logical/", "sys/token/id", "sys/expire"].iter().any(|part| key.starts_with(part));
        assert!(opened || !is_of_people, "{key}: {told:?}");
        // The server may have written meanwhile, or removed it; then that counts.
        if path.exists() && harm.is_still_there(path, &before) {
            fs::write(path, before).unwrap();
        }
    }
    server.start_again().await;
    server.unseal(&keys).await;
    holds(&root, "kv/sound", "sound").await;
    holds(&root, "kv/spoilt", "spoilt").await;
}

/// Asks; every answer must be the right one or an error. Whether the server could be opened.
async fn survey(server: &TestServer, user: &Client, keys: &InitResult) -> bool {
    let root = server.client(Some(&keys.root_token));
    if server.client(None).unseal(&keys.keys[0]).await.is_err() {
        assert!(server.client(None).seal_status().await.unwrap().sealed);
        return false;
    }
    server.active().await;
    for name in ["spoilt", "sound"] {
        let (status, data) = read(&root, &format!("kv/{name}")).await;
        let right = data == json!({ "n": name });
        assert_eq!(status == 200, right, "{name}: {status} {data}\n{}", server.log_tail());
        // Nobody is let in by mistake.
        assert_ne!(read(user, &format!("kv/{name}")).await.0, 200, "{}", server.log_tail());
    }
    let (status, data) = read(user, "auth/token/lookup-self").await;
    if status == 200 {
        assert_eq!(data["policies"], json!(["default"]));
    }
    assert!(matches!(read(&root, "sys/mounts").await, (200, Value::Object(_)) | (403 | 500, _)));
    true
}
