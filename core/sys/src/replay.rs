//! The recorded calls of `sys/`, sent again: status, data, warnings and errors must be the same.

use audit::{Declared, Enable};
use logical::{Data, Operation};
use serde_json::{Value, json};

use crate::replay::server::{Sent, Server};

mod server;

/// Calls that are not sent, by topic: what they need is not here.
const SKIPPED: &[(&str, &[u64], &str)] = &[
    ("mounts", &[119, 121], "shows a mount that was moved"),
    ("auth-mounts", &[66], "shows a mount that was moved"),
    ("mounts", &[102, 103], "HEAD and PATCH are answered at the door"),
    ("policies", &[8, 9, 14, 82, 151], "the texts of the built-in policies are our own"),
    ("policies", &[36, 37, 52, 54], "errors of the HCL reader are our own"),
    ("policies", &[140], "a client's mistake is 400 here, not 500"),
    ("policies", &[145], "needs a token without the default policy"),
    ("audit", &[10, 16], "there are no socket and HTTP devices"),
    ("audit", &[32, 33, 34], "a second server, with other settings"),
    ("leases", &[2, 3, 4, 5, 7, 10, 13, 37], "needs the leases of a userpass login"),
    ("leases", &[14, 15, 16, 30, 32], "the old paths work here"),
    ("leases", &[33], "the text names the product"),
    ("wrapping", &[14, 17], "is told apart before there is a call"),
];

/// Paths of other work.
const ELSEWHERE: &[&str] =
    &["sys/remount", "sys/locked-users", "sys/policies/password", "sys/seal-status", "sys/init"];

fn corpus(topic: &str) -> Vec<Value> {
    let path = format!("{}/tests/corpus/{topic}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What to send for a recorded call, or why it is not sent.
fn request(server: &Server, topic: &str, row: &Value) -> Result<Sent, &'static str> {
    let n = row["n"].as_u64().unwrap();
    let skipped = |(of, numbers, why): &(&str, &[u64], &'static str)| {
        (*of == topic && numbers.contains(&n)).then_some(*why)
    };
    if let Some(why) = SKIPPED.iter().find_map(skipped) {
        return Err(why);
    }
    let method = row["method"].as_str().unwrap();
    let path = row["path"].as_str().unwrap().strip_prefix("/v1/").unwrap();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if !path.starts_with("sys/") || ELSEWHERE.iter().any(|prefix| path.starts_with(prefix)) {
        return Err("not of sys, or not here");
    }
    let door = row["status"] == 307 || row.get("body_raw").is_some();
    let writes_to_folder = path.ends_with('/') && matches!(method, "PUT" | "POST");
    if door || writes_to_folder || row["headers"].get("X-Vault-Wrap-TTL").is_some() {
        return Err("is answered at the door");
    }
    let mut data: Data = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    data.extend(row["body"].as_object().cloned().unwrap_or_default());
    let known = |text: &str| text.strip_prefix('$').is_none() || server.names.contains_key(text);
    let fill = |value: &Value| filled(server, value);
    let data: Data = data.iter().map(|(name, value)| (name.clone(), fill(value))).collect();
    let token = row["headers"].get("X-Vault-Token").and_then(Value::as_str);
    if token.is_some_and(|token| !known(token)) || json!(data).to_string().contains("\"$") {
        return Err("needs a token of another call");
    }
    let listed = method == "LIST" || query.contains("list=true");
    let operation = match method {
        _ if listed => Operation::List,
        "GET" => Operation::Read,
        "DELETE" => Operation::Delete,
        _ => Operation::Update,
    };
    let path = path.replace("%20", " ");
    let path = if listed && !path.ends_with('/') { format!("{path}/") } else { path };
    let token = token.map(|token| filled(server, &token.into()).as_str().unwrap().to_owned());
    Ok(Sent { operation, path, token, data })
}

fn filled(server: &Server, value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let all = server.names.iter();
            all.fold(text.clone(), |text, (name, value)| text.replace(name, value)).into()
        }
        Value::Array(items) => items.iter().map(|item| filled(server, item)).collect(),
        Value::Object(members) => {
            let fill = |(name, value): (&String, &Value)| (name.clone(), filled(server, value));
            Value::Object(members.iter().map(fill).collect())
        }
        other => other.clone(),
    }
}

/// Whether an answer is the recorded one; placeholders stand for anything.
fn same(want: &Value, got: &Value) -> bool {
    match (want, got) {
        (Value::String(want), got) if want.contains('$') => {
            !got.is_null() && !got.is_object() && !got.is_array()
        }
        (Value::Array(want), Value::Array(got)) => {
            want.len() == got.len() && want.iter().zip(got).all(|(want, got)| same(want, got))
        }
        (Value::Object(want), Value::Object(got)) => {
            want.len() == got.len()
                && want.iter().all(|(name, want)| got.get(name).is_some_and(|got| same(want, got)))
        }
        (want, got) => want == got,
    }
}

fn fault(row: &Value, (status, got): &(u16, Value)) -> Option<String> {
    let want = &row["response"];
    let members = ["data", "warnings", "errors"];
    let differs = |name: &&&str| !same(&want[**name], &got[**name]);
    let mirrored = want["data"]
        .as_object()
        .is_some_and(|data| !data.is_empty() && data.keys().all(|name| want.get(name).is_some()));
    let name = if row["status"] != *status {
        "status"
    } else if let Some(name) = members.iter().find(differs) {
        name
    } else if mirrored && got["mirrored"] != true {
        "mirrored"
    } else {
        return None;
    };
    let (n, note, path) = (&row["n"], &row["note"], &row["path"]);
    Some(format!(
        "{name} of {n} {note} {path}\n want {}: {want}\n  got {status}: {got}",
        row["status"]
    ))
}

/// Sends all calls of a topic; says how many were sent.
async fn replay(server: &mut Server, topic: &str) -> usize {
    let mut sent = 0;
    let mut faults = Vec::new();
    for row in corpus(topic) {
        let Ok(request) = request(server, topic, &row) else { continue };
        sent += 1;
        faults.extend(fault(&row, &server.send(request).await));
    }
    assert!(faults.is_empty(), "{} of {sent}:\n{}", faults.len(), faults.join("\n"));
    sent
}

async fn limited(server: &mut Server, policies: &[&str]) {
    let ask = json!({ "policies": policies, "no_default_policy": policies == ["lim"] });
    let (data, token) = (ask.as_object().unwrap().clone(), Some(server.names["$ROOT"].clone()));
    let path = "auth/token/create".to_owned();
    let (token, accessor) =
        server.issue(Sent { operation: Operation::Update, path, token, data }).await;
    server.names.insert("$LIMITED".into(), token);
    server.names.insert("$ACCESSOR3".into(), accessor);
}

#[tokio::test]
async fn mounts() {
    let mut server = Server::start(&[]).await;
    limited(&mut server, &["lim"]).await;
    assert!(replay(&mut server, "mounts").await > 90);
}

#[tokio::test]
async fn auth_mounts() {
    let mut server = Server::start(&[]).await;
    assert!(replay(&mut server, "auth-mounts").await > 50);
}

#[tokio::test]
async fn policies() {
    let mut server = Server::start(&[]).await;
    limited(&mut server, &["enf"]).await;
    assert!(replay(&mut server, "policies").await > 80);
}

#[tokio::test]
async fn audit_devices() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let options = [("file_path".to_owned(), format!("{folder}/cfg.log"))].into();
    let device = Enable {
        kind: "file".into(),
        description: "declared".into(),
        options,
        ..Enable::default()
    };
    let mut server = Server::start(&[Declared { name: "from-config".into(), device }]).await;
    server.names.insert("$TMP".into(), folder.to_owned());
    assert!(replay(&mut server, "audit").await > 25);
}

#[tokio::test]
async fn leases() {
    let mut server = Server::start(&[]).await;
    assert!(replay(&mut server, "leases").await > 10);
}

#[tokio::test]
async fn wrapping() {
    let mut server = Server::start(&[]).await;
    assert!(replay(&mut server, "wrapping").await > 7);
}

#[tokio::test]
async fn a_wrapped_answer_is_opened_once() {
    use Operation::{Read, Update};
    let server = Server::start(&[]).await;
    let body = r#"{"lease_id":"","lease_duration":0,"data":{"v":"1"},"warnings":null,"auth":null}"#;
    let token = server.wrap(body).await;
    let ask = |token: &str| json!({ "token": token });
    let facts = json!({"creation_path": "kv/a", "creation_time": "$TIME", "creation_ttl": 60});
    for operation in [Read, Update] {
        check(&server, operation, "sys/wrapping/lookup", ask(&token), (200, facts.clone())).await;
    }
    let gone = || (400, json!(["wrapping token is not valid or does not exist"]));
    let next = server.rewrap(&token).await;
    check(&server, Update, "sys/wrapping/unwrap", ask(&token), gone()).await;
    check(&server, Update, "sys/wrapping/unwrap", ask(&next), (200, json!({"v": "1"}))).await;
    check(&server, Update, "sys/wrapping/unwrap", ask(&next), gone()).await;
    check(&server, Update, "sys/wrapping/rewrap", ask(&next), gone()).await;
    // A wrapping token opens its answer by itself, too.
    let token = server.wrap(body).await;
    let own = |token: &str| Sent {
        operation: Update,
        path: "sys/wrapping/unwrap".into(),
        token: Some(token.to_owned()),
        data: Data::new(),
    };
    let (status, got) = server.send(own(&token)).await;
    assert_eq!((status, &got["data"]), (200, &json!({"v": "1"})));
    assert_eq!(server.send(own(&token)).await.0, 403);
    let header = (400, json!(["endpoint requires response wrapping to be used"]));
    check(&server, Update, "sys/wrapping/wrap", json!({"a": 1}), header).await;
}

/// Sends one call as root.
async fn check(server: &Server, operation: Operation, path: &str, data: Value, want: (u16, Value)) {
    let token = Some(server.names["$ROOT"].clone());
    let data = data.as_object().cloned().unwrap_or_default();
    let sent = Sent { operation, path: path.to_owned(), token, data };
    let (status, got) = server.send(sent).await;
    let shown = match got.get("errors") {
        Some(errors) => errors.clone(),
        None if got.is_object() => got["data"].clone(),
        None => got,
    };
    assert!(status == want.0 && same(&want.1, &shown), "{path}: {status} {shown}, not {want:?}");
}

#[tokio::test]
async fn keys_and_their_rotation() {
    use Operation::{Read, Update};
    let server = Server::start(&[]).await;
    let status = |encryptions: Value, term: u32| {
        (200, json!({"encryptions": encryptions, "install_time": "$TIME", "term": term}))
    };
    check(&server, Read, "sys/key-status", json!({}), status(json!("$N"), 1)).await;
    check(&server, Update, "sys/rotate", json!({}), (204, Value::Null)).await;
    check(&server, Update, "sys/rotate/keyring", json!({}), (204, Value::Null)).await;
    check(&server, Read, "sys/key-status", json!({}), status(json!("$N"), 3)).await;
    let config = |interval: Value, max: u64| {
        (200, json!({"enabled": true, "interval": interval, "max_operations": max}))
    };
    let path = "sys/rotate/config";
    check(&server, Read, path, json!({}), config(json!(0), 3_865_470_566)).await;
    let set = json!({"max_operations": 2_000_000_000, "interval": "48h", "enabled": true});
    check(&server, Update, path, set, (204, Value::Null)).await;
    let short = (400, json!(["interval must be greater or equal to 24h0m0s"]));
    check(&server, Update, path, json!({"interval": "1h"}), short).await;
    let range = (400, json!(["max_operations must be in the range [1000000,3865470566]"]));
    check(&server, Update, path, json!({"max_operations": 10}), range.clone()).await;
    check(&server, Update, path, json!({"max_operations": 99_999_999_999u64}), range).await;
    let path = "sys/rotate/keyring/config";
    check(&server, Read, path, json!({}), config(json!("48h0m0s"), 2_000_000_000)).await;
}

#[tokio::test]
async fn raw_entries() {
    use Operation::{Delete, List, Read, Update};
    let server = Server::start(&[]).await;
    let nothing = || (404, json!([]));
    let value = |text: &str| (200, json!({ "value": text }));
    check(&server, Read, "sys/raw/nosuch", json!({}), nothing()).await;
    let keyring = (400, json!(["cannot access \"core/keyring\""]));
    check(&server, Read, "sys/raw/core/keyring", json!({}), keyring.clone()).await;
    check(&server, Update, "sys/raw/core/keyring", json!({"value": "x"}), keyring).await;
    check(&server, Update, "sys/raw/test/x", json!({"value": "hello"}), (204, Value::Null)).await;
    check(&server, Read, "sys/raw/test/x", json!({}), value("hello")).await;
    check(&server, Read, "sys/raw/test/x", json!({"encoding": "base64"}), value("aGVsbG8=")).await;
    check(&server, List, "sys/raw/test/", json!({}), (200, json!({"keys": ["x"]}))).await;
    check(&server, Delete, "sys/raw/test/x", json!({}), (204, Value::Null)).await;
    check(&server, Read, "sys/raw/test/x", json!({}), nothing()).await;
}

#[tokio::test]
async fn the_old_lease_paths_work() {
    use Operation::Update;
    let server = Server::start(&[]).await;
    let lease = || json!({"lease_id": "nosuch/x"});
    let done = || (204, Value::Null);
    check(&server, Update, "sys/renew", lease(), (400, json!(["lease not found"]))).await;
    let path = "sys/renew/nosuch/x";
    check(&server, Update, path, json!({}), (400, json!(["lease not found"]))).await;
    check(&server, Update, "sys/revoke", lease(), done()).await;
    check(&server, Update, "sys/revoke-prefix/nosuch", json!({}), done()).await;
    check(&server, Update, "sys/revoke-force/nosuch", json!({}), done()).await;
}

#[tokio::test]
async fn paths_of_key_holders_are_not_there() {
    let server = Server::start(&[]).await;
    let unsupported = "1 error occurred:\n\t* unsupported path\n\n";
    for (path, anybody) in [
        ("sys/generate-root/attempt", true),
        ("sys/rekey/init", true),
        ("sys/rekey-recovery-key/init", true),
        ("sys/rekey/backup", false),
        ("sys/rekey/recovery-key-backup", false),
        ("sys/generate-root-token/attempt", false),
        ("sys/rekey", false),
    ] {
        let (operation, path) = (Operation::Read, path.to_owned());
        let sent = Sent { operation, path: path.clone(), token: None, data: Data::new() };
        let want = if anybody { (404, unsupported) } else { (403, "permission denied") };
        let (status, got) = server.send(sent).await;
        assert_eq!((status, got["errors"][0].as_str()), (want.0, Some(want.1)), "{path}");
        check(&server, operation, &path, json!({}), (404, json!([unsupported]))).await;
    }
}

#[tokio::test]
async fn the_key_of_wrapping_tokens_is_for_everybody() {
    let server = Server::start(&[]).await;
    let (operation, path) = (Operation::Read, "sys/wrapping/pubkey".to_owned());
    let sent = Sent { operation, path, token: None, data: Data::new() };
    let (status, got) = server.send(sent).await;
    let data = &got["data"];
    assert_eq!((status, &data["jwt_curve"]), (200, &json!("p521")));
    for name in ["jwt_x", "jwt_y"] {
        let digits = data[name].as_str().unwrap();
        assert!(digits.len() > 100 && digits.bytes().all(|b| b.is_ascii_digit()), "{digits}");
    }
}

#[tokio::test]
async fn the_detailed_list_goes_folder_by_folder() {
    use Operation::{List, Update};
    let server = Server::start(&[]).await;
    for name in ["z", "a/b", "a/b/c", "b"] {
        let path = format!("sys/policies/acl/{name}");
        let body = json!({"policy": "path \"a\" {}"});
        check(&server, Update, &path, body, (204, Value::Null)).await;
    }
    for (path, want) in [
        ("sys/policies/detailed/acl/", ["b", "default", "z", "a/b", "a/b/c", "root"]),
        ("sys/policies/acl/", ["a/b", "a/b/c", "b", "default", "z", "root"]),
    ] {
        let (path, token) = (path.to_owned(), Some(server.names["$ROOT"].clone()));
        let sent = Sent { operation: List, path, token, data: Data::new() };
        assert_eq!(server.send(sent).await.1["data"]["keys"], json!(want));
    }
}

#[tokio::test]
async fn metrics_and_the_node() {
    use Operation::{Read, Update};
    let server = Server::start(&[]).await;
    check(&server, Read, "sys/metrics", json!({}), (200, json!("Json"))).await;
    let prometheus = json!({"format": "prometheus"});
    check(&server, Read, "sys/metrics", prometheus, (200, json!("Prometheus"))).await;
    let unknown = (400, json!("metric response format \"xml\" unknown"));
    check(&server, Read, "sys/metrics", json!({"format": "xml"}), unknown).await;
    check(&server, Update, "sys/seal", json!({}), (204, Value::Null)).await;
    check(&server, Update, "sys/step-down", json!({}), (204, Value::Null)).await;
    check(&server, Read, "sys/ha-status", json!({}), (200, json!({"nodes": []}))).await;
    let unsupported = (404, json!(["1 error occurred:\n\t* unsupported path\n\n"]));
    check(&server, Update, "sys/remount", json!({}), unsupported).await;
}
