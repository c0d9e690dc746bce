//! Texts and the configuration that is read from them.

use std::{fmt::Debug, path::PathBuf, time::Duration};

use crate::{
    Bind, ClientCertificates, Config, HttpTimeouts, Loaded, LogLevel, RequestLimits, StatusPattern,
    TlsVersion,
};

/// Loads a text to which a storage is added.
fn load(text: &str) -> Result<Loaded, String> {
    load_whole("c.hcl", &format!("storage \"inmem\" {{}} {text}"))
}

fn load_whole(name: &str, text: &str) -> Result<Loaded, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    let prefix = format!("{}/", folder.path().display());
    let strip = |text: String| text.replace(&prefix, "");
    let mut loaded = Config::load(&[file], &|_| None).map_err(|error| strip(error.to_string()))?;
    loaded.warnings = loaded.warnings.into_iter().map(strip).collect();
    Ok(loaded)
}

/// What a function sees in the configuration of a text that gives no warning.
fn check<T: Debug + PartialEq>(text: &str, see: impl Fn(&Config) -> T, want: T) {
    let loaded = load(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(see(&loaded.config), want, "{text}");
    assert_eq!(loaded.warnings, Vec::<String>::new(), "{text}");
}

fn refuses(text: &str, want: &str) {
    let error = load(text).unwrap_err();
    assert_eq!(error, want, "{text}");
}

fn warns(text: &str, want: &[&str]) {
    let loaded = load(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(loaded.warnings, want, "{text}");
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A listener without TLS, with these keys besides.
fn clear(keys: &str) -> String {
    format!("listener \"tcp\" {{ tls_disable = true {keys} }}")
}

fn check_listener<T: Debug + PartialEq>(keys: &str, see: impl Fn(&crate::Listener) -> T, want: T) {
    check(&clear(keys), |config| see(&config.listeners[0]), want);
}

#[test]
fn defaults() {
    check("", |config| config.listeners.len(), 0);
    check("", |config| (config.default_lease_ttl, config.max_lease_ttl), {
        (seconds(2_764_800), seconds(2_764_800))
    });
    check(
        "",
        |config| (config.ui, config.disable_cache, config.cache_size),
        (false, false, 131_072),
    );
    check("", |config| config.seals.len(), 0);
    check("", |config| config.log.level, LogLevel::Info);
    check("", |config| config.unsafe_allow_api_audit_creation, None);
    check("", |config| config.telemetry.prometheus_retention_time, Some(seconds(86_400)));
    check_listener("", |listener| listener.limits, RequestLimits::DEFAULT);
    check_listener("", |listener| listener.bind.clone(), {
        Bind::Tcp(crate::Address::parse("127.0.0.1:8200").unwrap())
    });
    check_listener("", |listener| listener.cluster_address.as_ref().unwrap().port, 8201);
    check_listener(
        "",
        |listener| {
            let off = listener.disable_unauthed_rekey_endpoints;
            (off, listener.disable_unauthed_generate_root_endpoints)
        },
        (true, true),
    );
    check_listener("", |listener| listener.timeouts, {
        let (read_header, read, idle) = (Some(seconds(10)), Some(seconds(30)), Some(seconds(300)));
        HttpTimeouts { read_header, read, write: None, idle }
    });
}

#[test]
fn scalars() {
    check("ui = true", |config| config.ui, true);
    check("ui = \"1\" ui = 0", |config| config.ui, false);
    check("enable_ui = true", |config| config.ui, true);
    check("cluster_name = \"c\"", |config| config.cluster_name.clone(), Some("c".to_owned()));
    check("max_lease_ttl = \"10h\"", |config| config.default_lease_ttl, seconds(36_000));
    check("default_lease_ttl = 60", |config| config.default_lease_ttl, seconds(60));
    check("log_level = \"Info\"", |config| config.log.level, LogLevel::Info);
    check("log_level = \"WARNING\"", |config| config.log.level, LogLevel::Warn);
    check("pid_file = \"/run/x.pid\"", |config| config.pid_file.clone(), Some("/run/x.pid".into()));
    check(
        "log_file = \"/var/log/x\" log_rotate_bytes = \"1MiB\" log_rotate_max_files = 3",
        |config| {
            let file = config.log.file.clone().unwrap();
            (file.path, file.rotate_bytes, file.rotate_max_files)
        },
        (PathBuf::from("/var/log/x"), Some(1 << 20), Some(3)),
    );
    check(
        "raw_storage_endpoint = true introspection_endpoint = true",
        |config| config.raw_storage_endpoint && config.introspection_endpoint,
        true,
    );
    check(
        "unsafe_allow_api_audit_creation = false",
        |config| config.unsafe_allow_api_audit_creation,
        Some(false),
    );
    check("cache_size = 0 disable_cache = true", |config| config.cache_size, 131_072);
    check("disable_mlock = true", |config| config.disable_mlock, Some(true));
}

#[test]
fn faults() {
    refuses("ui = \"yes\"", "c.hcl:1: ui: must be true or false, not \"yes\"");
    refuses("ui = []", "c.hcl:1: ui: must be a text, not a list");
    refuses(
        "\n\nmax_lease_ttl = \"long\"",
        "c.hcl:3: max_lease_ttl: time: invalid duration \"long\"; write a duration like 90s, 5m or 24h, or seconds",
    );
    refuses(
        "default_lease_ttl = \"800h\"",
        "c.hcl:1: default_lease_ttl: must not be longer than max_lease_ttl (768h if that is not set)",
    );
    refuses(
        "log_level = \"loud\"",
        "c.hcl:1: log_level: must be trace, debug, info, warn or error, not \"loud\"",
    );
    refuses("log_format = \"xml\"", "c.hcl:1: log_format: must be standard or json, not \"xml\"");
    refuses(
        "log_rotate_bytes = \"1 acre\"",
        "c.hcl:1: log_rotate_bytes: invalid size \"1 acre\": give bytes as a number, or a number with kb, kib, mb, mib, gb, gib, tb or tib",
    );
    refuses(
        "api_addr = \"vault:8200\"",
        "c.hcl:1: api_addr: the https:// is missing; write a URL like https://vault.example.com:8200, not \"vault:8200\"",
    );
    refuses(
        "cache_size = \"many\"",
        "c.hcl:1: cache_size: invalid size \"many\": give bytes as a number, or a number with kb, kib, mb, mib, gb, gib, tb or tib",
    );
}

#[test]
fn addresses() {
    let both = |config: &Config| {
        let text = |addr: &Option<String>| addr.clone().unwrap_or_default();
        format!("{} {}", text(&config.api_addr), text(&config.cluster_addr))
    };
    let check = |text: &str, want: &str| check(text, both, want.to_owned());
    check("", " ");
    check("api_addr = \"http://a:8200\"", "http://a:8200 ");
    check(
        &format!("api_addr = \"http://a:8200\" {}", clear("address = \"0.0.0.0:8300\"")),
        "http://a:8200 https://a:8301",
    );
    check(
        &format!("api_addr = \"https://a\" {}", clear("cluster_address = \"0.0.0.0:9\"")),
        "https://a https://a:9",
    );
    check("cluster_addr = \"https://b:8201\"", " https://b:8201");
    let text =
        "storage \"x\" { redirect_addr = \"http://r:1\" cluster_addr = \"https://r:2\" y = 1 }";
    let config = load_whole("c.hcl", text).unwrap().config;
    assert_eq!(both(&config), "http://r:1 https://r:2");
    assert_eq!(config.storage.settings.keys().collect::<Vec<_>>(), ["y"]);
}

#[test]
fn tls() {
    const KEYS: &str = "tls_cert_file = \"c\" tls_key_file = \"k\"";
    for off in ["true", "1", "\"true\"", "\"1\""] {
        let text = format!("listener \"tcp\" {{ tls_disable = {off} }}");
        check(&text, |config| config.listeners[0].tls.is_none(), true);
    }
    for on in ["", "tls_disable = 0", "tls_disable = \"0\"", "tls_disable = false"] {
        let text = format!("listener \"tcp\" {{ {on} {KEYS} }}");
        check(&text, |config| config.listeners[0].tls.clone().unwrap().key_file, "k".into());
    }
    let with = |keys: &str| format!("listener \"tcp\" {{ {KEYS} {keys} }}");
    check(
        &with(
            "tls_min_version = \"tls13\" tls_auto_reload = true tls_auto_reload_interval = \"1s\"",
        ),
        |config| {
            let tls = config.listeners[0].tls.clone().unwrap();
            (tls.min_version, tls.auto_reload, tls.client_certificates)
        },
        (TlsVersion::Tls13, Some(seconds(5)), ClientCertificates::Requested),
    );
    check(
        &with("tls_require_and_verify_client_cert = true"),
        |config| config.listeners[0].tls.clone().unwrap().client_certificates,
        ClientCertificates::Required,
    );
    refuses(
        "listener \"tcp\" {}",
        "c.hcl:1: listener: TLS is on, but tls_cert_file is not set: set tls_cert_file and tls_key_file, or tls_disable = true",
    );
    refuses(
        "listener \"tcp\" { tls_cert_file = \"c\" }",
        "c.hcl:1: listener: TLS is on, but tls_key_file is not set: set tls_cert_file and tls_key_file, or tls_disable = true",
    );
    refuses(
        &with("tls_min_version = \"tls11\""),
        "c.hcl:1: tls_min_version: tls11 is no longer spoken; write tls12 or tls13",
    );
    refuses(
        &with("tls_min_version = \"tls13\" tls_max_version = \"tls12\""),
        "c.hcl:1: tls_min_version: must not be newer than tls_max_version",
    );
    refuses(
        &with("tls_require_and_verify_client_cert = true tls_disable_client_certs = true"),
        "c.hcl:1: tls_require_and_verify_client_cert: cannot be set together with tls_disable_client_certs",
    );
}

#[test]
fn listeners() {
    check_listener("max_request_size = 100000", |it| it.limits.max_request_size, 100_000);
    check_listener("max_request_size = \"1MiB\"", |it| it.limits.max_request_size, 1 << 20);
    check_listener("max_request_size = -1", |it| it.limits.max_request_size, u64::MAX);
    check_listener(
        "max_request_duration = \"5s\"",
        |it| it.limits.max_request_duration,
        seconds(5),
    );
    check_listener("max_request_json_strings = 6", |it| it.limits.max_request_json_strings, 6);
    check_listener("http_idle_timeout = 0", |it| it.timeouts.idle, None);
    check_listener(
        "disable_unauthed_rekey_endpoints = false",
        |it| it.disable_unauthed_rekey_endpoints,
        false,
    );
    check_listener(
        "telemetry { unauthenticated_metrics_access = true }",
        |it| it.unauthenticated.metrics,
        true,
    );
    check_listener(
        "profiling { unauthenticated_pprof_access = true }",
        |it| it.unauthenticated.pprof,
        true,
    );
    check_listener("role = \"metrics_only\"", |it| it.metrics_only, true);
    check_listener(
        "cors_enabled = true cors_allowed_origins = [\"*\"]",
        |it| it.cors.clone().unwrap().allowed_origins.join(" "),
        "*".to_owned(),
    );
    check(
        &format!("default_max_request_duration = \"7s\" {}", clear("")),
        |config| config.listeners[0].limits.max_request_duration,
        seconds(7),
    );
    check(
        "listener \"unix\" { address = \"/run/s.sock\" socket_mode = \"0660\" tls_disable = 1 }",
        |config| match &config.listeners[0].bind {
            Bind::Unix(socket) => (socket.path.clone(), socket.mode),
            Bind::Tcp(_) => (PathBuf::new(), None),
        },
        (PathBuf::from("/run/s.sock"), Some(0o660)),
    );
    let fault = |keys: &str, want: &str| refuses(&clear(keys), &format!("c.hcl:1: {want}"));
    fault(
        "address = \"1.2.3.4\"",
        "address: the port is missing; write host:port like 127.0.0.1:8200, not \"1.2.3.4\"",
    );
    fault("socket_mode = \"rw\"", "socket_mode: must be like 0660, not \"rw\"");
    fault(
        "x_forwarded_for_authorized_addrs = \"10.0.0.0/8,x\"",
        "x_forwarded_for_authorized_addrs: must be an address or a network like 10.0.0.0/8, not \"x\"",
    );
    refuses(
        "listener \"udp\" { tls_disable = 1 }",
        "c.hcl:1: listener: a listener is \"tcp\" or \"unix\", not \"udp\"",
    );
    refuses(
        "listener \"unix\" { tls_disable = 1 }",
        "c.hcl:1: address: a unix listener needs the path of its socket",
    );
}

#[test]
fn proxies() {
    check_listener(
        "x_forwarded_for_authorized_addrs = \"127.0.0.1, 10.0.0.0/8\"",
        |it| {
            let forwarded = it.forwarded_for.clone().unwrap();
            (forwarded.authorized.len(), forwarded.reject_not_present, forwarded.hop_skips)
        },
        (2, true, 0),
    );
    check_listener(
        "x_forwarded_for_reject_not_present = false",
        |it| it.forwarded_for.is_none(),
        true,
    );
}

#[test]
fn response_headers() {
    let text = r#"custom_response_headers {
        "default" = { "X-Def" = ["a","b"] }
        "200" = { "X-Two" = ["c"] }
        "4xx" = { "X-Four" = "d, e" } }"#;
    check_listener(
        text,
        |it| {
            let headers = it.response_headers.iter();
            headers.map(|these| (these.status, these.headers[0].1.clone())).collect::<Vec<_>>()
        },
        vec![
            (StatusPattern::Default, "a; b".to_owned()),
            (StatusPattern::Exact(200), "c".to_owned()),
            (StatusPattern::Class(4), "d, e".to_owned()),
        ],
    );
    assert!(StatusPattern::Class(4).matches(404) && !StatusPattern::Class(4).matches(500));
    for (keys, want) in [
        ("\"6xx\" = {}", "6xx: must be \"default\", a class like \"4xx\" or a status like \"404\""),
        ("\"200\" = 1", "200: must be an object of headers, not a number"),
        (
            "\"200\" = { \"X-Vault-A\" = \"b\" }",
            "X-Vault-A: headers that begin with X-Vault- are the server's own",
        ),
        (
            "\"200\" = { \"A\" = \"b\\n\" }",
            "A: must not hold line breaks or other control characters",
        ),
        ("\"200\" = { \"A b\" = \"c\" }", "A b: is no name of a header"),
    ] {
        refuses(
            &clear(&format!("custom_response_headers {{ {keys} }}")),
            &format!("c.hcl:1: {want}"),
        );
    }
}

#[test]
fn unknown_keys() {
    warns("zzz = 1", &["unknown or unsupported field zzz found in configuration at c.hcl:1:20"]);
    warns(
        "\nlistener \"tcp\" {\n tls_disable = 1\n zzz = 1 }",
        &["unknown or unsupported field zzz found in configuration at c.hcl:4:2"],
    );
    warns(
        "telemetry { zzz = 1 statsd_address = \"x\" }",
        &[
            "statsd_address at c.hcl:1 is known, but has no effect on this server",
            "unknown or unsupported field zzz found in configuration at c.hcl:1:32",
        ],
    );
    warns(
        "listener \"tcp\" { tls_disable = 1 chroot_namespace = \"x\" telemetry { y = 1 } }",
        &[
            "unknown or unsupported field y found in configuration at c.hcl:1:88",
            "chroot_namespace at c.hcl:1 is known, but has no effect on this server",
        ],
    );
    warns(
        "initialize \"x\" {}",
        &["initialize at c.hcl:1 is known, but has no effect on this server"],
    );
    warns(
        "license_path = \"x\" entropy \"seal\" { mode = \"augmentation\" } disable_sealwrap = true",
        &[],
    );
    warns(
        "service_registration \"kubernetes\" { namespace = \"x\" } reporting { license { enabled = false } }",
        &[],
    );
}

#[test]
fn seals() {
    let text = r#"seal "static" { current_key_id = "1" current_key = "k" disabled = "true" }
        kms "awskms" { priority = 2 name = "b" region = "r" health_check_interval = "1m" }"#;
    let loaded = load(text).unwrap();
    let [first, second] = loaded.config.seals.as_slice() else { panic!("two seals") };
    assert_eq!((first.stanza.label.as_str(), first.disabled), ("static", true));
    assert_eq!(first.stanza.settings.keys().collect::<Vec<_>>(), ["current_key", "current_key_id"]);
    assert_eq!((second.priority, second.name.as_deref()), (Some(2), Some("b")));
    assert_eq!(second.health.interval, seconds(60));
    assert_eq!(second.stanza.settings.keys().collect::<Vec<_>>(), ["region"]);
    let four = "seal \"a\" {} seal \"b\" {} seal \"c\" {}\nseal \"d\" {}";
    refuses(four, "c.hcl:2: more than 3 seal stanzas: remove one");
}

#[test]
fn storages() {
    let text = "storage \"raft\" { path = \"p\" retry_join { a = 1 b = true } retry_join { a = 2 } tags = [\"x\", \"y\"] }";
    let storage = load_whole("c.hcl", text).unwrap().config.storage;
    assert_eq!((storage.label.as_str(), storage.place.line), ("raft", 1));
    assert_eq!(storage.settings["tags"], "x,y");
    let joins: Vec<_> =
        storage.blocks.iter().map(|(key, join)| (key.as_str(), join["a"].as_str())).collect();
    assert_eq!(joins, [("retry_join", "1"), ("retry_join", "2")]);
    let flat = storage.flat();
    assert_eq!((flat["path"].as_str(), flat["retry_join.1.a"].as_str()), ("p", "2"));
    check(
        "ha_storage \"etcd\" {}",
        |config| config.ha_storage.clone().unwrap().label,
        "etcd".into(),
    );
    let error = load_whole("c.hcl", "storage \"raft\" {}\nha_storage \"etcd\" {}").unwrap_err();
    assert_eq!(error, "c.hcl:2: ha_storage: storage \"raft\" has its own lock: remove this stanza");
    let error = load_whole("c.hcl", "storage \"x\" { a { b { c = 1 } } }").unwrap_err();
    assert_eq!(error, "c.hcl:1: b: must be a text or a list of texts, not an object");
    let error = load_whole("c.hcl", "storage \"x\" { a \"b\" { } }").unwrap_err();
    assert_eq!(error, "c.hcl:1: a: must have no names before its brace");
}

#[test]
fn audit_devices() {
    for text in [
        r#"audit "file" "main/" { description = "d" local = true options = { file_path = "/x" log_raw = true } }"#,
        r#"audit "file" "main" { description = "d" local = true options { file_path = "/x" log_raw = "true" } }"#,
    ] {
        check(
            text,
            |config| {
                let audit = &config.audit[0];
                let options: Vec<_> =
                    audit.options.iter().map(|(k, v)| format!("{k}={v}")).collect();
                (audit.kind.clone(), audit.path.clone(), audit.local, options.join(" "))
            },
            ("file".into(), "main".into(), true, "file_path=/x log_raw=true".into()),
        );
    }
    refuses(
        "audit \"file\" \"x\" { options = 1 }",
        "c.hcl:1: options: must be an object, not a number",
    );
}

#[test]
fn plugins() {
    let text = r#"plugin "storage" "mystore" {
        path = "mystore.wasm"
        sha256 = "ab"
        grant "http" "kms" { url = "https://kms" methods = ["GET", "POST"] }
        grant "env" "HOME" {}
        limits { memory = "64MiB" } }"#;
    check(
        text,
        |config| {
            let plugin = &config.plugins[0];
            let grants: Vec<_> =
                plugin.grants.iter().map(|it| format!("{} {}", it.kind, it.name)).collect();
            (
                plugin.kind.clone(),
                plugin.name.clone(),
                grants.join(", "),
                plugin.limits["memory"].clone(),
            )
        },
        ("storage".into(), "mystore".into(), "http kms, env HOME".into(), "64MiB".into()),
    );
    refuses("plugin \"a\" \"b\" { c { } }", "c.hcl:1: c: no such block is known here");
    refuses("plugin \"a\" \"b\" { c = [{}] }", "c.hcl:1: c: no such block is known here");
}

#[test]
fn lockouts_and_telemetry() {
    check(
        "user_lockout \"all\" { lockout_threshold = \"3\" lockout_duration = \"1m\" }",
        |config| {
            let lockout = &config.user_lockouts[0];
            (lockout.threshold, lockout.duration, lockout.counter_reset, lockout.disabled)
        },
        (3, seconds(60), seconds(900), false),
    );
    let telemetry = "telemetry { disable_hostname = true prometheus_retention_time = 0 usage_gauge_period = \"none\" prefix_filter = [\"+a\", \"-b\"] }";
    check(
        telemetry,
        |config| {
            let it = &config.telemetry;
            (
                it.disable_hostname,
                it.prometheus_retention_time,
                it.usage_gauge_period,
                it.prefix_filter.len(),
            )
        },
        (true, None, None, 2),
    );
}

#[test]
fn json_says_the_same() {
    let json = r#"{
        "storage": {"raft": {"path": "p", "retry_join": [{"a": "1"}, {"a": "2"}]}},
        "listener": [{"tcp": {"address": "0.0.0.0:1", "tls_disable": "true", "telemetry": {"unauthenticated_metrics_access": true}}},
                     {"unix": {"address": "/s", "tls_disable": 1}}],
        "seal": {"static": {"current_key_id": "1"}},
        "telemetry": {"disable_hostname": true},
        "audit": {"file": {"main": {"options": {"file_path": "x"}}}},
        "api_addr": "http://a:1", "ui": true, "max_lease_ttl": 3600
    }"#;
    let hcl = r#"
        storage "raft" { path = "p" retry_join { a = "1" } retry_join { a = "2" } }
        listener "tcp" { address = "0.0.0.0:1" tls_disable = true telemetry { unauthenticated_metrics_access = true } }
        listener "unix" { address = "/s" tls_disable = 1 }
        seal "static" { current_key_id = "1" }
        telemetry { disable_hostname = true }
        audit "file" "main" { options = { file_path = "x" } }
        api_addr = "http://a:1" ui = true max_lease_ttl = 3600"#;
    let (json, hcl) = (load_whole("c.json", json).unwrap(), load_whole("c.hcl", hcl).unwrap());
    assert_eq!(json.warnings, Vec::<String>::new());
    let show = |config: &Config| {
        let shown = format!("{config:?} {:?} {:?}", config.storage.settings, config.storage.blocks);
        // The places differ, and nothing else.
        shown
            .split("place: ")
            .map(|part| part.split_once('}').map_or(part, |it| it.1))
            .collect::<String>()
    };
    assert_eq!(show(&json.config), show(&hcl.config));
}

#[test]
fn no_secret_is_shown() {
    let text = r#"storage "x" { password = "SECRET" block { token = "SECRET" } }
        seal "x" { pin = "SECRET" }
        audit "http" "a" { options { headers = "SECRET" } }
        plugin "a" "b" { env = ["A=SECRET"] grant "c" "d" { e = "SECRET" } }"#;
    let loaded = load_whole("c.hcl", text).unwrap();
    let shown = format!("{loaded:?}");
    assert!(!shown.contains("SECRET"), "{shown}");
    assert!(shown.contains("password") && shown.contains("pin"), "{shown}");
}

#[test]
fn a_vault_file_loads_unchanged() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../config/vault-ha.hcl");
    let loaded = Config::load(&[file], &|_| None).unwrap();
    let config = loaded.config;
    assert_eq!(loaded.warnings, Vec::<String>::new());
    assert_eq!(config.cluster_name.as_deref(), Some("vault-vms"));
    assert_eq!(config.api_addr.as_deref(), Some("https://vault-vms.example.com:8200"));
    assert_eq!(config.cluster_addr.as_deref(), Some("https://10.0.1.4:8201"));
    let tls = config.listeners[0].tls.clone().unwrap();
    assert_eq!(tls.client_ca_file, Some(PathBuf::from("/opt/vault/tls/vault-ca.pem")));
    assert_eq!(tls.min_version, TlsVersion::Tls12);
    assert_eq!(config.storage.label, "raft");
    assert_eq!(config.storage.blocks[0].1.len(), 5);
    assert_eq!(config.seals[0].stanza.label, "azurekeyvault");
    assert_eq!(config.seals[0].stanza.settings.len(), 3);
}
