//! Files, folders, environments, and the errors of each.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{Config, Error, Loaded};

const STORAGE: &str = "storage \"inmem\" {}\n";

fn no_env(_: &str) -> Option<String> {
    None
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn load(paths: &[&Path]) -> Result<Loaded, Error> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    Config::load(&paths, &no_env)
}

/// Loads a text with an environment written as `NAME=value`.
fn with_env(text: &str, variables: &[&str]) -> Result<Config, String> {
    let folder = folder(&[("a.hcl", text)]);
    let variables: BTreeMap<_, _> =
        variables.iter().map(|pair| pair.split_once('=').unwrap()).collect();
    let env = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    let loaded = Config::load(&[folder.path().to_owned()], &env);
    loaded.map(|loaded| loaded.config).map_err(|error| error.to_string())
}

#[test]
fn a_folder_is_its_files_by_name() {
    let folder = folder(&[
        ("b.hcl", "cluster_name = \"b\"\nlistener \"tcp\" { address = \"b:1\" tls_disable = 1 }"),
        (
            "a.hcl",
            "cluster_name = \"a\"\nstorage \"inmem\" {}\nui = true\nlistener \"tcp\" { address = \"a:1\" tls_disable = 1 }",
        ),
        (
            "c.json",
            r#"{"cluster_name": "c", "listener": {"tcp": {"address": "c:1", "tls_disable": true}}}"#,
        ),
        ("d.txt", "not read {"),
    ]);
    let config = load(&[folder.path()]).unwrap().config;
    assert_eq!(config.cluster_name.as_deref(), Some("c"));
    assert!(config.ui);
    let places: Vec<_> = config
        .listeners
        .iter()
        .filter_map(|listener| listener.place.file.rsplit('/').next().map(str::to_owned))
        .collect();
    assert_eq!(places, ["a.hcl", "b.hcl", "c.json"]);
}

#[test]
fn several_paths_add_up() {
    let one = folder(&[("a.hcl", STORAGE)]);
    let two = folder(&[("x.hcl", "ui = true")]);
    let config = load(&[one.path(), &two.path().join("x.hcl")]).unwrap().config;
    assert!(config.ui);
}

#[test]
fn errors() {
    assert_eq!(
        load(&[]).unwrap_err().to_string(),
        "Must specify at least one config path using -config"
    );
    let missing = load(&[Path::new("/no/such.hcl")]).unwrap_err().to_string();
    assert!(missing.starts_with("error loading configuration from /no/such.hcl: "), "{missing}");
    let check = |files: &[(&str, &str)], want: &str| {
        let folder = folder(files);
        let error = load(&[folder.path()]).unwrap_err().to_string();
        let name = folder.path().display().to_string();
        assert_eq!(error.replace(&name, "DIR"), want);
    };
    check(&[], "error loading configuration from DIR: no file in it ends in .hcl or .json");
    check(
        &[("a.hcl", "storage \"inmem\" {\n")],
        "error loading configuration from DIR/a.hcl: At 2:2: object expected closing RBRACE got: EOF",
    );
    check(
        &[("a.json", "{\"storage\": }")],
        "error loading configuration from DIR/a.json: At 1:13: invalid JSON: expected a value",
    );
    check(
        &[("a.hcl", "listener { address = \"a:1\" }\nstorage \"inmem\" {}")],
        "error loading configuration from DIR/a.hcl: At 1:1: listener must be a block with 1 name(s) before its brace",
    );
    check(
        &[("a.hcl", STORAGE), ("b.hcl", "\nstorage \"file\" { path = \"x\" }")],
        "DIR/b.hcl:2: a second storage stanza (the first is at DIR/a.hcl:1): keep one of them",
    );
    check(
        &[("a.hcl", "storage \"inmem\" {}\nbackend \"inmem\" {}")],
        "DIR/a.hcl:2: a second storage stanza (the first is at DIR/a.hcl:1): keep one of them",
    );
    check(
        &[("a.hcl", "ui = true"), ("b.json", "{}")],
        "no storage stanza in DIR/a.hcl, DIR/b.json: add one, such as storage \"file\" { path = \"/var/lib/strongroom\" }",
    );
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let folder = folder(&[("a.hcl", &"#".repeat(hcl::INPUT_BYTES_MAX + 10))]);
    let error = load(&[folder.path()]).unwrap_err().to_string();
    assert!(error.ends_with("At 1:1: the text is longer than 1048576 bytes"), "{error}");
}

#[test]
fn the_environment_has_the_last_word() {
    let text = format!("{STORAGE}api_addr = \"http://file:1\"\nlog_level = \"warn\"");
    let api = |variables: &[&str], want: &str| {
        let config = with_env(&text, variables).unwrap();
        assert_eq!(config.api_addr.as_deref(), Some(want), "{variables:?}");
    };
    api(&[], "http://file:1");
    api(&["VAULT_API_ADDR=http://v:1"], "http://v:1");
    api(&["VAULT_API_ADDR=http://v:1", "BAO_API_ADDR=http://b:1"], "http://b:1");
    api(&["STRONGROOM_API_ADDR=http://s:1", "BAO_API_ADDR=http://b:1"], "http://s:1");
    api(&["BAO_API_ADDR=", "VAULT_API_ADDR=http://v:1"], "http://file:1");
    api(&["VAULT_REDIRECT_ADDR=http://r:1"], "http://r:1");
    let config = with_env(
        &text,
        &[
            "BAO_LOG_LEVEL=trace",
            "BAO_LOG_FORMAT=json",
            "VAULT_UI=1",
            "BAO_CLUSTER_ADDR=https://c:9",
        ],
    )
    .unwrap();
    assert_eq!(config.log.level, crate::LogLevel::Trace);
    assert_eq!(config.log.format, crate::LogFormat::Json);
    assert!(config.ui);
    assert_eq!(config.cluster_addr.as_deref(), Some("https://c:9"));
    assert!(with_env(&text, &["BAO_DISABLE_USER_LOCKOUT=true"]).unwrap().disable_user_lockout);
    assert_eq!(
        with_env(&text, &["BAO_UI=maybe"]).unwrap_err(),
        "environment: BAO_UI: must be true or false, not \"maybe\""
    );
    assert!(
        with_env(&text, &["BAO_API_ADDR=x"]).unwrap_err().starts_with("environment: api_addr: ")
    );
}

#[test]
fn providers_take_settings_from_the_environment() {
    let storage = |text: &str, variables: &[&str], want: &[(&str, &str)]| {
        let settings = with_env(text, variables).unwrap().storage.settings;
        let want = want.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        assert_eq!(settings, want);
    };
    storage(
        "storage \"raft\" { path = \"a\" }",
        &["BAO_RAFT_PATH=b", "VAULT_RAFT_NODE_ID=n", "ETCD_ADDR=no"],
        &[("path", "b"), ("node_id", "n")],
    );
    storage("storage \"etcd\" {}", &["ETCD_ADDR=http://e"], &[("address", "http://e")]);
    let seal = |text: &str, variables: &[&str], want: &str| {
        let seals = with_env(&format!("{STORAGE}{text}"), variables).unwrap().seals;
        let shown: Vec<_> = seals
            .iter()
            .map(|seal| format!("{} {:?}", seal.stanza.label, seal.stanza.settings))
            .collect();
        assert_eq!(shown.join("; "), want);
    };
    seal("", &[], "");
    seal("", &["BAO_SEAL_TYPE=awskms", "AWS_REGION=r"], "awskms {\"region\": \"r\"}");
    seal("seal \"awskms\" { region = \"x\" }", &["AWS_REGION=r"], "awskms {\"region\": \"x\"}");
    seal(
        "seal \"static\" { current_key_id = \"1\" }",
        &["BAO_STATIC_SEAL_CURRENT_KEY_ID=2"],
        "static {\"current_key_id\": \"2\"}",
    );
    seal("seal \"a\" {} seal \"b\" {}", &["BAO_SEAL_TYPE=c"], "a {}; b {}");
}

#[test]
fn the_path_may_come_from_the_environment() {
    let folder = folder(&[("a.hcl", STORAGE)]);
    let path = folder.path().display().to_string();
    let env = |name: &str| (name == "VAULT_CONFIG_PATH").then(|| path.clone());
    assert!(Config::load(&[], &env).is_ok());
}

#[test]
fn the_example_files_load_without_a_warning() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut count = 0;
    for entry in fs::read_dir(examples).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|end| end == "hcl" || end == "json") {
            let loaded = load(&[&file]).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(loaded.warnings, Vec::<String>::new(), "{}", file.display());
            count += 1;
        }
    }
    assert!(count >= 5);
}
