//! Whatever becomes of a request, its trail has both lines, or its answer does not leave.

use std::{collections::BTreeSet, time::Duration};

use logical::{Code, Operation, Wrap, WrapFormat};
use plugin_api::{Op, Storage};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{Ask, Server};

const READ: Operation = Operation::Read;
const WRITE: Operation = Operation::Update;

const INVALID: &str = "wrapping token is not valid or does not exist";

/// A server with an audit file.
struct Audited {
    server: Server,
    folder: TempDir,
}

impl Audited {
    async fn start() -> Self {
        let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
        server.write("sys/mounts/kv", json!({"type": "kv"})).await;
        server.write("kv/a", json!({"k": "v"})).await;
        let policy = r#"
            path "kv/*" { capabilities = ["create", "read", "update"] }
            path "sys/seal" { capabilities = ["update", "sudo"] }"#;
        server.write("sys/policies/acl/p", json!({ "policy": policy })).await;
        let path = folder.path().join("audit.log");
        let device = json!({"type": "file", "options": {"file_path": path}});
        server.write("sys/audit/file", device).await;
        Self { server, folder }
    }

    /// The lines of the requests of a path.
    fn lines(&self, path: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join("audit.log")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.filter(|line: &Value| line["request"]["path"] == path).collect()
    }

    /// The two lines of the only request of a path.
    fn pair(&self, path: &str) -> [Value; 2] {
        let [asked, answered] = self.lines(path).try_into().unwrap();
        assert_eq!((&asked["type"], &answered["type"]), (&json!("request"), &json!("response")));
        assert_eq!(asked["request"]["id"], answered["request"]["id"]);
        [asked, answered]
    }

    /// A token of five uses, and the key of its entry.
    async fn limited(&self) -> (String, String) {
        let before = self.entries().await;
        let token = self.server.token(json!({"policies": ["p"], "num_uses": 5})).await;
        (token, self.new_entry(before).await)
    }

    /// A token that wraps an answer, and the key of its entry.
    async fn wrapped(&self) -> (String, String) {
        let before = self.entries().await;
        let wrap = Some(Wrap { ttl: Duration::from_secs(60), format: WrapFormat::Token });
        let answer = self.server.ask(Ask { wrap, ..Ask::new(READ, "kv/a") }).await.unwrap();
        let token = answer.wrap_info.unwrap().token.expose().clone();
        (token, self.new_entry(before).await)
    }

    async fn entries(&self) -> BTreeSet<String> {
        let op = Op::within(Duration::from_secs(1));
        let page = self.server.storage.list(op, "sys/token/id/", "", 0).await.unwrap();
        page.keys.into_iter().collect()
    }

    async fn new_entry(&self, before: BTreeSet<String>) -> String {
        let after = self.entries().await;
        format!("sys/token/id/{}", after.difference(&before).next().unwrap())
    }
}

#[tokio::test]
async fn what_wraps_nothing_is_written_down() {
    let audited = Audited::start().await;
    let nothing = json!({"token": "nosuch"});
    for path in ["sys/wrapping/unwrap", "sys/wrapping/lookup", "sys/wrapping/rewrap"] {
        let error = audited.server.ask(Ask::new(WRITE, path).with(nothing.clone())).await;
        let error = error.unwrap_err();
        assert_eq!((error.code, &*error.public), (Code::InvalidRequest, INVALID));
        for line in audited.pair(path) {
            assert_eq!(line["error"], INVALID, "{line}");
            assert_eq!(line["auth"]["display_name"], "root");
            assert_eq!(line["auth"].get("policy_results"), None);
        }
    }
    // What cannot be written down is not told either.
    std::fs::remove_dir_all(audited.folder.path()).unwrap();
    std::fs::write(audited.folder.path(), "no folder").unwrap();
    audited.server.unseal_again().await.unwrap();
    let ask = Ask::new(WRITE, "sys/wrapping/unwrap").with(nothing);
    audited.server.check(ask, Err(Code::Internal)).await;
}

#[tokio::test]
async fn a_wrong_wrapping_token_uses_up_nothing() {
    let audited = Audited::start().await;
    let (token, _) = audited.limited().await;
    let ask = Ask { token: &token, ..Ask::new(WRITE, "sys/wrapping/unwrap") };
    audited.server.check(ask.with(json!({"token": "nosuch"})), Err(Code::InvalidRequest)).await;
    let lookup = Ask::new(WRITE, "auth/token/lookup").with(json!({ "token": token }));
    audited.server.check(lookup, Ok(("/num_uses", json!(5)))).await;
}

#[tokio::test]
async fn the_loser_of_two_unwraps_is_written_down() {
    let audited = Audited::start().await;
    let (token, entry) = audited.wrapped().await;
    audited.server.storage.snatch(entry);
    let ask = Ask { token: &token, ..Ask::new(WRITE, "sys/wrapping/unwrap") };
    audited.server.check(ask, Err(Code::InvalidRequest)).await;
    let [asked, answered] = audited.pair("sys/wrapping/unwrap");
    assert_eq!((asked.get("error"), &answered["error"]), (None, &json!(INVALID)));
    // Two at once: one gets it, and each has both its lines.
    let (token, _) = audited.wrapped().await;
    let ask =
        || audited.server.ask(Ask { token: &token, ..Ask::new(WRITE, "sys/wrapping/unwrap") });
    let (one, other) = tokio::join!(ask(), ask());
    assert_ne!(one.is_ok(), other.is_ok(), "{one:?} {other:?}");
    assert_eq!(audited.lines("sys/wrapping/unwrap").len(), 6);
}

#[tokio::test]
async fn who_gives_up_is_written_down() {
    let audited = Audited::start().await;
    audited.server.storage.conflict();
    audited
        .server
        .check(Ask::new(WRITE, "kv/b").with(json!({"k": "v"})), Err(Code::Unavailable))
        .await;
    let [_, answered] = audited.pair("kv/b");
    assert!(answered["error"].as_str().unwrap().contains("met others"), "{answered}");
}

#[tokio::test]
async fn a_use_that_cannot_be_counted_is_written_down() {
    let audited = Audited::start().await;
    let (token, _) = audited.limited().await;
    audited.server.storage.lose_next();
    // The handler refuses this one: it asks for no wrapping.
    let ask = Ask { token: &token, ..Ask::new(WRITE, "sys/wrapping/wrap") };
    let error = audited.server.ask(ask).await.unwrap_err();
    assert_eq!(error.code, Code::Unavailable);
    let [_, answered] = audited.pair("sys/wrapping/wrap");
    assert_eq!(answered["error"], *error.public);
}

#[tokio::test]
async fn the_answer_tells_the_last_decision() {
    let audited = Audited::start().await;
    let (token, entry) = audited.limited().await;
    audited.server.storage.snatch(entry);
    let ask = Ask { token: &token, ..Ask::new(WRITE, "kv/b").with(json!({"k": "v"})) };
    audited.server.check(ask, Err(Code::PermissionDenied)).await;
    let [asked, answered] = audited.pair("kv/b");
    assert_eq!(asked["auth"]["policy_results"]["allowed"], true);
    assert_eq!(answered["auth"], json!({"token_type": "default"}));
    for name in ["client_id", "client_token_accessor"] {
        assert!(asked["request"].get(name).is_some(), "{asked}");
        assert_eq!(answered["request"].get(name), None, "{answered}");
    }
    assert_eq!(answered["error"], "permission denied");
}

#[tokio::test]
async fn sealing_counts_the_use_of_its_token() {
    let audited = Audited::start().await;
    let (token, _) = audited.limited().await;
    let seal = Ask { token: &token, ..Ask::new(WRITE, "sys/seal") };
    audited.server.check(seal, Ok(("", json!({})))).await;
    audited.pair("sys/seal");
    audited.server.check(Ask::new(READ, "kv/a"), Err(Code::Sealed)).await;
    audited.server.unseal().await.unwrap();
    let lookup = Ask::new(WRITE, "auth/token/lookup").with(json!({ "token": token }));
    audited.server.check(lookup, Ok(("/num_uses", json!(4)))).await;
}
