//! A server whose storage comes from a file: in each form, exchanged while it serves, and refused.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use client::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{data, mount_kv, status};
use crate::support::{TestServer, repository};

fn sha256(file: &Path) -> String {
    hex::encode(crypto::sha256(&fs::read(file).unwrap()))
}

/// The file storage as a component, in a copy that a test may change.
fn component(folder: &Path) -> PathBuf {
    let copy = folder.join("filestore.wasm");
    fs::copy(repository().join("tests/components/storage-file.wasm"), &copy).unwrap();
    copy
}

/// The storage in C.
fn library(folder: &Path) -> PathBuf {
    let (source, built) = ("plugins/examples/storage-c/storage.c", folder.join("cstore.so"));
    let mut gcc = Command::new("gcc");
    gcc.args(["-std=gnu11", "-O1", "-fPIC", "-shared", "-pthread"]);
    gcc.arg("-I").arg(repository().join("core/plugin-api/include"));
    let compiled = gcc.arg("-o").arg(&built).arg(repository().join(source)).status();
    assert!(compiled.expect("gcc is missing; install it: apt install gcc").success());
    built
}

/// A server's configuration with this component as its storage.
fn with_component(file: &Path, sha256: &str) -> String {
    format!(
        "plugin \"storage\" \"filestore\" {{\n path = \"{}\"\n sha256 = \"{sha256}\"\n \
         grant \"dir\" \"data\" {{\n path = \"{{folder}}/data\"\n writable = true\n }}\n}}\n\
         storage \"filestore\" {{ path = \"data\" }}\n",
        file.display()
    )
}

fn with_library(file: &Path, sha256: &str) -> String {
    format!(
        "plugin \"storage\" \"cstore\" {{\n path = \"{}\"\n sha256 = \"{sha256}\"\n \
         trust = \"full\"\n}}\nstorage \"cstore\" {{}}\n",
        file.display()
    )
}

async fn told(root: &Client, path: &str) -> Value {
    let reply = root.read(path).await.unwrap().unwrap_or_else(|| panic!("{path}: nothing"));
    reply.data().cloned().unwrap()
}

#[tokio::test]
async fn a_server_runs_on_a_storage_in_each_form() {
    let files = TempDir::new().unwrap();
    let (component, library) = (component(files.path()), library(files.path()));
    for (file, text, name, loader) in [
        (&component, with_component(&component, &sha256(&component)), "filestore", "wasm"),
        (&library, with_library(&library, &sha256(&library)), "cstore", "native"),
    ] {
        let data_folder = TempDir::new().unwrap();
        let text = text.replace("{folder}/data", &data_folder.path().display().to_string());
        let (server, root, _keys) = TestServer::unsealed(&text).await;
        mount_kv(&root).await;
        root.write("kv/a", &json!({"n": 1})).await.unwrap();
        assert_eq!(data(&root, "kv/a").await, json!({"n": 1}));
        let all = told(&root, "sys/plugins/runtime").await;
        let shown = told(&root, &format!("sys/plugins/runtime/{name}")).await;
        assert_eq!(all["plugins"].as_array().unwrap().len(), 1, "{all}");
        let is = |pointer: &str, want: Value| {
            assert_eq!(shown.pointer(pointer), Some(&want), "{pointer} in {shown:#}");
        };
        is("/kind", json!("storage"));
        is("/loader", json!(loader));
        is("/sha256", json!(sha256(file)));
        is("/generation", json!(1));
        is("/instances/restarts", json!(0));
        is("/last_error", Value::Null);
        assert!(shown["calls"]["get"]["count"].as_u64().unwrap() > 0, "{shown:#}");
        assert_eq!(root.list("sys/plugins/runtime").await.unwrap(), [name]);
        assert_eq!(status(&root, "sys/plugins/runtime/other").await, 404);
        let nobody = server.client(None);
        assert_eq!(status(&nobody, "sys/plugins/runtime").await, 403);
        let seal_status = nobody.seal_status().await.unwrap();
        assert_eq!(seal_status.storage_type, name);
    }
}

#[tokio::test]
async fn a_plugin_is_exchanged_while_the_server_serves() {
    let files = TempDir::new().unwrap();
    let data_folder = TempDir::new().unwrap();
    let component = component(files.path());
    let text = with_component(&component, &sha256(&component))
        .replace("{folder}/data", &data_folder.path().display().to_string());
    let (mut server, root, keys) = TestServer::unsealed(&text).await;
    mount_kv(&root).await;
    root.write("kv/a", &json!({"n": 1})).await.unwrap();
    let old = sha256(&component);
    // One more custom section: another digest, and the same component.
    let mut bytes = fs::read(&component).unwrap();
    bytes.extend_from_slice(b"\0\x0b\x0ageneration");
    fs::write(&component, bytes).unwrap();
    let new = sha256(&component);
    let config = fs::read_to_string(server.config()).unwrap();
    fs::write(server.config(), config.replace(&old, &new)).unwrap();
    server.reload().await;
    let shown = told(&root, "sys/plugins/runtime/filestore").await;
    assert_eq!((&shown["generation"], &shown["sha256"]), (&json!(2), &json!(new)), "{shown:#}");
    assert!(server.log().contains("plugin exchanged"), "{}", server.log());
    assert_eq!(data(&root, "kv/a").await, json!({"n": 1}));
    root.write("kv/b", &json!({"n": 2})).await.unwrap();

    // A file that is not what the stanza says: the old one stays, and says why.
    fs::write(server.config(), config.replace(&old, &"0".repeat(64))).unwrap();
    server.reload().await;
    let shown = told(&root, "sys/plugins/runtime/filestore").await;
    assert_eq!((&shown["generation"], &shown["sha256"]), (&json!(2), &json!(new)));
    assert!(shown["reload_error"].as_str().unwrap().contains("sha256"), "{shown:#}");
    assert_eq!(data(&root, "kv/b").await, json!({"n": 2}));

    // What was written is there for the next process.
    fs::write(server.config(), config.replace(&old, &new)).unwrap();
    server.restart().await;
    server.unseal(&keys).await;
    assert_eq!(data(&root, "kv/b").await, json!({"n": 2}));
}

#[tokio::test]
async fn a_server_does_not_start_with_a_plugin_that_is_not_right() {
    let files = TempDir::new().unwrap();
    let component = component(files.path());
    let good = with_component(&component, &sha256(&component));
    let grants = good.find("grant").unwrap();
    let without_grant =
        format!("{}}}\n{}", &good[..grants], &good[good.find("storage \"files").unwrap()..]);
    let cases = [
        (with_component(&component, &"0".repeat(64)), vec!["filestore", "sha256"]),
        (
            good.replace("storage \"filestore\"", "storage \"fliestore\""),
            vec!["provider not found: storage \"fliestore\"", "filestore", "inmem"],
        ),
        (good.replace("filestore.wasm", "none.wasm"), vec!["none.wasm"]),
        (without_grant, vec!["storage \"filestore\": could not make the folder data"]),
        (format!("{good}ha_storage \"filestore\" {{}}\n"), vec!["ha-lock \"filestore\""]),
        (format!("{good}plugin \"tool\" \"hammer\" {{ path = \"x\" }}\n"), vec!["hammer", "tool"]),
    ];
    let (mut server, _root, _keys) = TestServer::unsealed("storage \"inmem\" {}\n").await;
    let config = fs::read_to_string(server.config()).unwrap();
    let rest = config.split_once('\n').unwrap().1.to_owned();
    assert!(server.stop().success());
    for (text, words) in cases {
        let text = text.replace("{folder}", &server.folder().display().to_string());
        fs::create_dir_all(server.folder().join("data")).unwrap();
        fs::write(server.config(), format!("{text}{rest}")).unwrap();
        assert!(!server.starts().await, "{text}");
        let log = server.log();
        let last = log.lines().last().unwrap_or_default().to_owned();
        for word in words {
            assert!(log.contains(word), "{word:?} is not in {last:?}\n{text}");
        }
    }
}
