//! The recorded calls of a real server, made again, answer by answer.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use logical::Operation;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::door::{Mount, Seen};

const KV1: &str = include_str!("../corpus/kv1.jsonl");
const KV2: &str = include_str!("../corpus/kv2.jsonl");
const CUBBYHOLE: &str = include_str!("../corpus/cubbyhole.jsonl");

/// Lines that an engine never gets to see, by topic and number.
const SKIPPED: &[(&str, &[u32], &str)] = &[
    ("kv1", &[11, 12, 13, 15], "the door refuses a body that is no JSON object"),
    ("kv1", &[31], "the door refuses a value of ?list"),
    ("kv1", &[51, 52, 55, 56], "the door cleans and refuses paths"),
    ("kv1", &[61], "the door answers OPTIONS"),
    ("kv2", &[1, 163], "a call of sys/"),
    ("kv2", &[45, 46, 103], "the door asks for the media type of a patch"),
    ("kv2", &[155, 156, 158], "a policy refuses it"),
    ("kv2", &[162], "the pipeline wraps answers"),
    ("cubbyhole", &[15], "there is no token"),
];

/// Where the recorded server answers 500, or in a form of its own, to what is the client's mistake.
const DEVIATIONS: &[(&str, u32, u16, &str)] = &[
    ("kv2", 39, 404, "there is no secret at a path that ends like a folder"),
    ("kv2", 41, 400, "there is nothing to patch in a secret that is null"),
    ("cubbyhole", 9, 400, "a write without data is the client's mistake"),
];

/// Errors that are told in other words.
const OTHER_WORDS: &[(&str, u32)] = &[("kv2", 73)];

#[derive(Deserialize)]
struct Line {
    n: u32,
    note: String,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
    body_raw: Option<String>,
    status: u16,
    #[serde(default)]
    response: Value,
    #[serde(default)]
    response_empty: bool,
}

/// Makes the calls of a topic, in order.
async fn replay(topic: &str, text: &str, mut server: Server) {
    let mut ran = 0;
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).expect("a line of the corpus");
        if SKIPPED.iter().any(|(t, numbers, _)| *t == topic && numbers.contains(&line.n)) {
            continue;
        }
        server.prepare(topic, line.n).await;
        let seen = server.send(&line).await;
        compare(topic, &line, seen);
        ran += 1;
    }
    let skipped: usize =
        SKIPPED.iter().filter(|(t, ..)| *t == topic).map(|(_, numbers, _)| numbers.len()).sum();
    assert_eq!(ran + skipped, text.lines().count(), "{topic}: a number to skip is not there");
}

struct Server {
    mounts: BTreeMap<&'static str, Mount>,
}

impl Server {
    fn new(mounts: impl IntoIterator<Item = (&'static str, Mount)>) -> Self {
        Self { mounts: mounts.into_iter().collect() }
    }

    /// What the recorder did, unrecorded, before this line.
    async fn prepare(&mut self, topic: &str, n: u32) {
        match (topic, n) {
            ("kv1", 26) => {
                for path in ["d/1", "d/2", "d/3", "d/sub/x", "d", "z"] {
                    self.write("kv", path, json!({"v": path})).await;
                }
            }
            ("kv2", 62) => {
                for i in 0..3 {
                    self.write("s", "data/b", json!({"data": {"i": i}})).await;
                }
            }
            ("kv2", 120) => {
                for path in ["dir/x", "dir/y", "dir/z", "dir/sub/q"] {
                    self.write("s", &format!("data/{path}"), json!({"data": {"v": path}})).await;
                }
            }
            ("kv2", 147) => {
                for i in 0..12 {
                    self.write("s", "data/prune", json!({"data": {"i": i}})).await;
                }
            }
            ("kv2", 160) => {
                self.write("s", "metadata/short", json!({"delete_version_after": "1s"})).await;
            }
            ("kv2", 161) => {
                let mount = self.mounts.get_mut("s").expect("the mount");
                mount.now += SignedDuration::from_millis(1300);
            }
            ("kv2", 164) => {
                self.write("up", "k", json!({"a": "b"})).await;
                let mount = self.mounts.get_mut("up").expect("the mount");
                mount.engine = Mount::kv("2").engine;
            }
            ("kv2", 165) => {
                let mount = self.mounts.get("up").expect("the mount");
                let step = engines::kv::upgrade(&mount.memory).await.expect("an upgrade");
                assert_eq!(step, engines::kv::Upgrade::Done);
            }
            _ => {}
        }
    }

    async fn write(&self, mount: &str, path: &str, data: Value) {
        let mount = self.mounts.get(mount).expect("a mount");
        let seen = mount.ask(Operation::Update, path, data).await;
        assert!(seen.status < 300, "writing {path}: {seen:?}");
    }

    async fn send(&self, line: &Line) -> Seen {
        let target = line.path.strip_prefix("/v1/").expect("the usual prefix");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = decode(path);
        let (mount, path) = path.split_once('/').unwrap_or((&path, ""));
        let query: Map<String, Value> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), decode(value).into()))
            .collect();
        let has = |word, value: &str| query.get(word).is_some_and(|given| given == value);
        let operation = match line.method.as_str() {
            "GET" if has("list", "true") || has("list", "1") => Operation::List,
            "GET" if has("scan", "true") => Operation::Scan,
            "GET" => Operation::Read,
            "LIST" => Operation::List,
            "SCAN" => Operation::Scan,
            "PUT" | "POST" => Operation::Update,
            "PATCH" => Operation::Patch,
            "DELETE" => Operation::Delete,
            "HEAD" => Operation::Header,
            other => panic!("the engines know no method {other}"),
        };
        let body = match &line.body_raw {
            Some(raw) => serde_json::from_str(raw).expect("a body that can be read"),
            None => line.body.clone(),
        };
        let data = if operation.writes() { body } else { Value::Object(query) };
        let cubbyhole = line.headers.get("X-Vault-Token").expect("a token").trim_start_matches('$');
        let mount = self.mounts.get(mount).expect("a mount of this topic");
        mount.ask_as(cubbyhole, operation, path, data).await
    }
}

fn compare(topic: &str, line: &Line, seen: Seen) {
    let at = format!("{topic} {}: {}", line.n, line.note);
    if let Some((.., status, _)) = DEVIATIONS.iter().find(|d| (d.0, d.1) == (topic, line.n)) {
        assert_eq!(seen.status, *status, "{at}");
        return;
    }
    assert_eq!(seen.status, line.status, "{at}: {:?}", seen.body);
    if line.response_empty {
        // An answer to HEAD has no body whatever its status.
        assert!(seen.body.is_none() || line.method == "HEAD", "{at}: {:?}", seen.body);
        return;
    }
    let got = seen.body.unwrap_or_else(|| panic!("{at}: there is no body"));
    if let Some(errors) = line.response.get("errors") {
        if !OTHER_WORDS.contains(&(topic, line.n)) {
            assert_eq!(got.get("errors"), Some(errors), "{at}");
        }
        return;
    }
    for member in ["data", "warnings", "lease_duration"] {
        let (want, got) = (&line.response[member], &got[member]);
        assert!(fits(want, got), "{at}: {member}: want {want}, got {got}");
    }
}

/// Whether an answer is the recorded one, but for the times in it.
fn fits(want: &Value, got: &Value) -> bool {
    match (want, got) {
        (Value::String(want), Value::String(got)) if want == "$TIME" => {
            got.parse::<Timestamp>().is_ok()
        }
        (Value::Object(want), Value::Object(got)) => {
            want.len() == got.len()
                && want.iter().all(|(name, w)| got.get(name).is_some_and(|g| fits(w, g)))
        }
        // The recorder kept only the numbers of some versions.
        (Value::Array(want), Value::Object(got)) => {
            want.len() == got.len()
                && want.iter().filter_map(Value::as_str).all(|number| got.contains_key(number))
        }
        _ => want == got,
    }
}

fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digits: String = bytes.by_ref().take(2).map(char::from).collect();
        out.push(u8::from_str_radix(&digits, 16).expect("two digits after a percent sign"));
    }
    String::from_utf8(out).expect("a path in UTF-8")
}

#[tokio::test]
async fn kv1() {
    replay("kv1", KV1, Server::new([("kv", Mount::kv("1"))])).await;
}

#[tokio::test]
async fn kv2() {
    replay("kv2", KV2, Server::new([("s", Mount::kv("2")), ("up", Mount::kv("1"))])).await;
}

#[tokio::test]
async fn cubbyhole() {
    let mount = Mount::of(engines::cubbyhole::open());
    replay("cubbyhole", CUBBYHOLE, Server::new([("cubbyhole", mount)])).await;
}

#[test]
fn placeholders() {
    assert!(fits(&json!({"a": "$TIME"}), &json!({"a": "2026-01-02T03:04:05.5Z"})));
    assert!(!fits(&json!({"a": "$TIME"}), &json!({"a": ""})));
    assert!(!fits(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
}
