//! Stanzas against what they ask for.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use config::{Place, PluginGrant, PluginStanza};

use crate::PluginSpec;

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn values(pairs: Pairs<'_>) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn place() -> Place {
    Place { file: Arc::from("c.hcl"), line: 1 }
}

fn read(
    kind: &str,
    settings: Pairs<'_>,
    grants: &[(&str, Pairs<'_>)],
    limits: Pairs<'_>,
) -> String {
    let grant = |(kind, settings): &(&str, Pairs<'_>)| PluginGrant {
        kind: (*kind).to_owned(),
        name: "g".to_owned(),
        settings: values(settings),
        place: place(),
    };
    let stanza = PluginStanza {
        kind: kind.to_owned(),
        name: "x".to_owned(),
        settings: values(settings),
        grants: grants.iter().map(grant).collect(),
        limits: values(limits),
        place: place(),
    };
    match PluginSpec::from_stanza(&stanza, Some(Path::new("/plugins"))) {
        Err(error) => error.to_string(),
        Ok(spec) => format!("{spec:?}"),
    }
}

fn check(kind: &str, settings: Pairs<'_>, words: &str) {
    let got = read(kind, settings, &[], &[]);
    assert!(got.contains(words), "{kind} {settings:?}: {got}");
}

#[test]
fn stanzas() {
    let digest = "ab".repeat(32);
    check("storage", &[("path", "m.so")], r#"path: "/plugins/m.so", sha256: None"#);
    check("storage", &[("path", "/else/m.so")], r#"path: "/else/m.so""#);
    check("seal", &[("path", "m"), ("sha256", &digest)], "sha256: Some([171, 171");
    check("ha_lock", &[("path", "m"), ("trust", "full")], "HaLock");
    check("seal", &[("path", "m"), ("trust", "full")], "trust_full: true");
    check("store", &[("path", "m")], r#"plugin "store" "x": "store" is no kind; write storage"#);
    check("seal", &[], r#"the setting "path" is missing"#);
    check("seal", &[("path", "m"), ("trust", "some")], r#""trust" must be "full" or absent"#);
    check("seal", &[("path", "m"), ("sha256", "12")], r#""sha256" must be 64 hexadecimal digits"#);
    check("seal", &[("path", "m"), ("pth", "m")], r#"the setting "pth" is not known here"#);
}

fn check_grant(kind: &str, settings: Pairs<'_>, words: &str) {
    let got = read("storage", &[("path", "m")], &[(kind, settings)], &[]);
    assert!(got.contains(words), "{kind} {settings:?}: {got}");
}

#[test]
fn grants() {
    let origins = ("origins", "https://a,https://b:8443");
    check_grant("http", &[origins], r#"origins: ["https://a", "https://b:8443"], methods: []"#);
    check_grant("http", &[origins, ("methods", "GET,POST")], r#"methods: ["GET", "POST"]"#);
    let (ca, cert, key) =
        (("ca_file", "/ca"), ("client_cert_file", "/cert"), ("client_key_file", "/key"));
    check_grant("http", &[origins], "tls: GrantTls { ca_file: None, client: None }");
    check_grant("http", &[origins, ca], r#"ca_file: Some("/ca"), client: None"#);
    check_grant("http", &[origins, cert, key], r#"client: Some(("/cert", "/key"))"#);
    check_grant("http", &[origins, cert], "\"client_key_file\" is missing; they belong together");
    check_grant("http", &[origins, key], "\"client_cert_file\" is missing; they belong together");
    check_grant("tcp", &[("address", "db:5432"), ca], "\"ca_file\" is not known here");
    check_grant("tcp", &[("address", "db:5432")], r#"Tcp { name: "g", address: "db:5432" }"#);
    check_grant("dir", &[("path", "/d")], "writable: false");
    check_grant("dir", &[("path", "/d"), ("writable", "true")], "writable: true");
    check_grant(
        "dir",
        &[("path", "/d"), ("writable", "yes")],
        "\"writable\" must be true or false",
    );
    check_grant("env", &[], r#"Env { variable: "g" }"#);
    check_grant("http", &[], "grant \"http\" \"g\": the setting \"origins\" is missing");
    check_grant("http", &[("origins", "https://u:p@a")], "\"origins\" has a user before a host");
    check_grant("udp", &[], "grant \"udp\" is not known; write http, tcp, dir or env");
    check_grant("env", &[("value", "x")], "\"value\" is not known here");
}

fn check_limit(name: &str, value: &str, words: &str) {
    let got = read("storage", &[("path", "m")], &[], &[(name, value)]);
    assert!(got.contains(words), "{name} = {value}: {got}");
}

#[test]
fn limits() {
    check_limit("memory", "64MiB", "memory_bytes: 67108864");
    check_limit("memory", "1024", "memory_bytes: 1024");
    check_limit("memory", "99999999999G", "the limit \"memory\" cannot be");
    check_limit("memory", "64 apples", "the limit \"memory\" cannot be \"64 apples\"");
    check_limit("call_time", "500ms", "call_time: 500ms");
    check_limit("call_time", "2m", "call_time: 120s");
    check_limit("call_time", "0", "cannot be");
    check_limit("call_time", "61m", "cannot be \"61m\"");
    check_limit("instances", "3", "instances: 3");
    check_limit("instances", "0", "cannot be");
    check_limit("log_lines_per_second", "7", "log_lines_per_second: 7");
    check_limit("fuel", "-1", "cannot be");
    check_limit("disk", "1", "the setting \"disk\" is not known here");
}
