//! Requests that cannot be meant: each a clear 4xx, nothing stored, and the next one is served.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{mount_kv, read, write};
use crate::support::{FILE, TestServer};

/// The longest body that a listener takes, if nothing else is configured.
const BODY_BYTES_MAX: usize = 32 << 20;

/// A server and the bytes that one sends to it.
struct Scene {
    server: TestServer,
    token: String,
}

impl Scene {
    async fn new() -> Self {
        let (server, _client) = TestServer::dev().await;
        Self { server, token: "root".to_owned() }
    }

    /// Sends bytes as they are; everything that comes until the server closes the connection.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.server.address()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    /// Sends `METHOD path` and a body; the answer must have this status and this piece.
    async fn check(&self, line: &str, body: &str, status: u16, piece: &str) {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\
             X-Vault-Token: {}\r\n\r\n",
            body.len(),
            self.token
        );
        let answer = self.raw((head + body).as_bytes()).await;
        let shown: String = body.chars().take(80).collect();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{line} {shown}: {status}\n{answer}"
        );
        assert!(answer.contains(piece), "{line} {shown}: {piece:?}\n{answer}");
    }

    /// Nothing of what was refused is there, and the server goes on.
    async fn unharmed(&self, prefix: &str) {
        let client = self.server.client(Some("root"));
        assert_eq!(client.list(prefix).await.unwrap(), Vec::<String>::new());
        assert_eq!(write(&client, "secret/data/probe", json!({"data": {"n": 1}})).await, 200);
        client.delete("secret/metadata/probe").await.unwrap();
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_object() {
    let scene = Scene::new().await;
    let eof = "failed to decode JSON input: unexpected EOF";
    for (body, piece) in [
        ("{", eof),
        ("{\"data\":", eof),
        ("{\"data\":{\"a\":\"b\"}", eof),
        ("{\"data\":{\"a\":\"b}}", eof),
        ("{data:1}", "invalid character 'd'"),
        ("{\"data\":{\"a\":tru}}", "failed to decode JSON input"),
        ("{\"data\":{\"a\":01}}", "failed to decode JSON input"),
        ("{\"data\":{\"a\":\"\u{1}\"}}", "failed to decode JSON input"),
        ("{\"data\":{\"a\":\"\\ud800\"}}", "failed to decode JSON input"),
        ("{\"data\":{}} {\"data\":{}}", "failed to decode JSON input"),
        ("[{\"data\":{}}]", "cannot unmarshal array"),
        ("\"text\"", "cannot unmarshal string"),
        ("1e999999", "cannot unmarshal number"),
        ("rubbish", "failed to decode JSON input"),
    ] {
        scene.check("PUT /v1/secret/data/a", body, 400, piece).await;
        scene.check("PUT /v1/sys/unseal", body, 400, "errors").await;
    }
    scene.unharmed("secret/metadata").await;
}

#[tokio::test]
async fn values_of_the_wrong_type() {
    let scene = Scene::new().await;
    for (path, body, piece) in [
        ("secret/data/a", r#"{"data":"text"}"#, "field \\\"data\\\""),
        ("secret/data/a", r#"{"data":[1]}"#, "field \\\"data\\\""),
        ("secret/data/a", r#"{"data":{},"options":{"cas":"x"}}"#, "check-and-set"),
        ("secret/data/a", "{}", "no data provided"),
        ("auth/token/create", r#"{"num_uses":"many"}"#, "field \\\"num_uses\\\""),
        ("auth/token/create", r#"{"num_uses":-1}"#, "number of uses cannot be negative"),
        ("auth/token/create", r#"{"policies":{"a":1}}"#, "field \\\"policies\\\""),
        ("auth/token/create", r#"{"ttl":"soon"}"#, "invalid duration"),
        ("auth/token/create", r#"{"renewable":"perhaps"}"#, "field \\\"renewable\\\""),
        ("sys/policies/acl/a", r#"{"policy":{"path":1}}"#, "field \\\"policy\\\""),
        ("sys/policies/acl/a", r#"{"policy":"path {"}"#, "failed to parse policy"),
        ("sys/mounts/new", r#"{"type":"nosuch"}"#, "nosuch"),
        ("sys/unseal", r#"{"key":5}"#, "errors"),
        ("sys/unseal", r#"{"key":"no key"}"#, "must be a valid hex or base64 string"),
    ] {
        scene.check(&format!("PUT /v1/{path}"), body, 400, piece).await;
    }
    scene.unharmed("secret/metadata").await;
}

#[tokio::test]
async fn fields_that_nobody_knows_are_told() {
    let scene = Scene::new().await;
    let warning = "Endpoint ignored these unrecognized parameters: [colour size]";
    let body = r#"{"size":1,"colour":"red","ttl":"1h"}"#;
    scene.check("PUT /v1/auth/token/create", body, 200, warning).await;
}

#[tokio::test]
async fn bodies_that_are_too_much() {
    let scene = Scene::new().await;
    let deep = format!("{{\"data\":{{\"a\":{}1{}}}}}", "[".repeat(5000), "]".repeat(5000));
    scene.check("PUT /v1/secret/data/a", &deep, 400, "nesting depth").await;
    let many = format!("{{\"data\":{{\"a\":[{}\"x\"]}}}}", "\"x\",".repeat(2000));
    scene.check("PUT /v1/secret/data/a", &many, 400, "number of strings").await;
    let members: Vec<_> = (0..200_000).map(|n| n.to_string()).collect();
    let large = format!("{{\"data\":{{\"a\":[{}]}}}}", members.join(","));
    scene.check("PUT /v1/secret/data/a", &large, 413, "too large").await;
    let long = format!("{{\"data\":{{\"a\":\"{}\"}}}}", "x".repeat(2 << 20));
    scene.check("PUT /v1/secret/data/a", &long, 413, "too large").await;
    // The body is announced and never sent: the answer comes and the connection ends all the same.
    let head = format!(
        "PUT /v1/secret/data/a HTTP/1.1\r\nHost: a\r\nX-Vault-Token: root\r\n\
         Content-Length: {}\r\n\r\n",
        BODY_BYTES_MAX + 1
    );
    let answer = scene.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("{\"errors\":[\"http: request body too large\"]}\n"), "{answer}");
    scene.unharmed("secret/metadata").await;
}

#[tokio::test]
async fn tokens_that_are_none() {
    let mut scene = Scene::new().await;
    let long = "s.".to_owned() + &"x".repeat(20_000);
    for token in ["", "wrong", "s.", "../../core/keyring", "hvs.\u{e9}", "b.AAAA", "s.a.b", &long] {
        token.clone_into(&mut scene.token);
        for line in ["GET /v1/secret/data/a", "PUT /v1/sys/seal", "GET /v1/sys/policies/acl/a"] {
            scene.check(line, "", 403, "permission denied").await;
        }
    }
    scene.unharmed("secret/metadata").await;
}

#[tokio::test]
async fn paths_that_lead_elsewhere() {
    let scene = Scene::new().await;
    for (path, status) in [
        ("secret/data/%2e%2e/sys/raw", 400),
        ("secret/data/a%2f..%2fb", 400),
        ("secret/data/a%2f%2fb", 400),
        ("secret/data/a%00b", 400),
        ("secret/data/a%0d%0aset-cookie:x", 400),
        ("secret/data/a%7fb", 400),
        ("secret/data/%1b[2J", 400),
        ("secret/data/a%e2%80%aeb", 400),
        ("secret/data/%ff%fe", 400),
        ("secret/data/..", 307),
        ("secret/data/../../sys/raw/core/keyring", 307),
        ("secret//data/a", 307),
    ] {
        for line in ["GET", "PUT", "DELETE", "LIST"] {
            scene.check(&format!("{line} /v1/{path}"), "{\"data\":{}}", status, "").await;
        }
    }
    let answer = scene.raw(b"GET /v1/secret/data/a\x01b HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    scene.unharmed("secret/metadata").await;
}

#[tokio::test]
async fn keys_and_values_that_the_store_cannot_hold() {
    let (server, root, _keys) = TestServer::unsealed(FILE).await;
    mount_kv(&root).await;
    let long = format!("kv/{}", "p".repeat(3000));
    assert_eq!(write(&root, &long, json!({"n": 1})).await, 413);
    assert_eq!(read(&root, &long).await.0, 413);
    let value: Value = json!({ "n": "x".repeat(2 << 20) });
    assert_eq!(write(&root, "kv/large", value).await, 413);
    assert_eq!(read(&root, "kv/large").await.0, 404);
    assert_eq!(root.list("kv").await.unwrap(), Vec::<String>::new());
    // An element of a path may be longer than a file's name.
    let element = format!("kv/{}", "e".repeat(600));
    assert_eq!(write(&root, &element, json!({"n": 1})).await, 204);
    assert_eq!(read(&root, &element).await, (200, json!({"n": 1})));
    assert_eq!(server.client(None).seal_status().await.unwrap().storage_type, "file");
    // It is the client's fault, and nothing for an operator to look into.
    assert!(!server.log().contains("ERROR"), "{}", server.log_tail());
}
