//! What requests mean, as a table.

use config::RequestLimits;
use http::{Method, request::Parts};
use logical::{Operation, Peer, Request, WrapFormat};
use serde_json::json;

use super::{Head, Verb, in_unknown_namespace};
use crate::answer::Answer;

const PATCH: &str = "content-type: application/merge-patch+json";
const FORM: &str = "content-type: application/x-www-form-urlencoded; charset=utf-8";

fn parts(method: &str, path: &str, headers: &[&str]) -> Parts {
    let mut request = http::Request::builder()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(format!("/v1/{path}"));
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    request.body(()).unwrap().into_parts().0
}

fn decode(method: &str, path: &str, headers: &[&str], body: &str) -> Result<Request, Answer> {
    let parts = parts(method, path, headers);
    let path = path.split('?').next().unwrap_or_default();
    let verb = Verb::of(&parts.method).unwrap();
    let head = Head { parts: &parts, path, verb, peer: Peer::default() };
    head.check_content_type()?;
    head.request(&body.to_owned().into(), &RequestLimits::DEFAULT)
}

fn means(method: &str, path: &str, operation: Operation, want: &str) {
    let got = decode(method, path, &[PATCH], "{}").unwrap();
    assert_eq!((got.operation, got.path.as_str()), (operation, want), "{method} {path}");
}

fn refused(method: &str, path: &str, headers: &[&str], status: u16, text: &str) {
    let got = decode(method, path, headers, "{}").unwrap_err();
    let body = String::from_utf8_lossy(&got.body).into_owned();
    assert!(got.status.as_u16() == status && body.contains(text), "{method} {path}: {body}");
}

fn data(method: &str, path: &str, header: &str, body: &str, want: serde_json::Value) {
    let got = decode(method, path, &[header], body).unwrap();
    assert_eq!(serde_json::Value::Object(got.data), want, "{method} {path} {body}");
}

#[test]
fn operations_and_paths() {
    means("GET", "kv/a", Operation::Read, "kv/a");
    means("GET", "kv/a/", Operation::Read, "kv/a/");
    means("HEAD", "kv/a", Operation::Header, "kv/a");
    means("PUT", "kv/a", Operation::Update, "kv/a");
    means("POST", "kv/a", Operation::Update, "kv/a");
    means("PATCH", "kv/a", Operation::Patch, "kv/a");
    means("DELETE", "kv/a/", Operation::Delete, "kv/a/");
    means("LIST", "kv", Operation::List, "kv/");
    means("LIST", "kv/", Operation::List, "kv/");
    means("SCAN", "kv", Operation::Scan, "kv/");
    means("GET", "kv?list=true", Operation::List, "kv/");
    means("GET", "kv?list=1", Operation::List, "kv/");
    means("GET", "kv?list=false", Operation::Read, "kv");
    means("GET", "kv?scan=T", Operation::Scan, "kv/");
    means("GET", "kv?help=1", Operation::Help, "kv");
    means("HELP", "kv", Operation::Help, "kv");
    refused("PUT", "kv/", &[], 400, "cannot write to a path ending in '/'");
    refused("GET", "kv?list=zz", &[], 400, "{\"errors\":[]}");
    refused("GET", "kv?list=1&scan=1", &[], 400, "{\"errors\":[]}");
    refused("OPTIONS", "kv", &[], 400, "cannot handle internal-only request operation");
    refused("PATCH", "kv", &[], 400, "mime: no media type");
    refused("PATCH", "kv", &["content-type: application/json"], 415, "provided application/json");
    for unknown in ["TRACE", "get", "FOO", "PROPFIND"] {
        assert_eq!(Verb::of(&Method::from_bytes(unknown.as_bytes()).unwrap()), None);
    }
}

#[test]
fn parameters() {
    data("GET", "kv?a=1&b=2&b=3&c", "x-a: b", "{bad", json!({"a": "1", "b": ["2", "3"], "c": ""}));
    data("GET", "kv?list=true&after=x", "x-a: b", "", json!({"after": "x"}));
    data("GET", "kv?list=false", "x-a: b", "", json!({"list": "false"}));
    data("DELETE", "kv?versions=1", "x-a: b", "{bad", json!({"versions": "1"}));
    data("PUT", "kv?a=1", "content-type: text/plain", r#"{"b":1}"#, json!({"b": 1}));
    data("PUT", "kv", FORM, "a=1&b=2&b=3&c=%20+x", json!({"a": "1", "b": "2,3", "c": "  x"}));
    data("PUT", "kv", FORM, r#" {"b":1}"#, json!({"b": 1}));
    data("PATCH", "kv", PATCH, r#"{"b":null}"#, json!({"b": null}));
    let many: Vec<_> = (0..1001).map(|n| format!("p{n}=1")).collect();
    refused("GET", &format!("kv?{}", many.join("&")), &[], 400, "more than 1000 parameters");
}

#[test]
fn tokens() {
    let token = |headers: &[&str]| {
        let token = decode("GET", "kv", headers, "").unwrap().token;
        token.map(|token| token.expose().clone())
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(token(&[]), None);
    assert_eq!(token(&["x-vault-token: "]), None);
    assert_eq!(token(&["x-vault-token:   s.t "]), some("s.t"));
    assert_eq!(token(&["authorization: Bearer s.t"]), some("s.t"));
    assert_eq!(token(&["authorization: bearer s.t"]), None);
    assert_eq!(token(&["authorization: Bearer b", "x-vault-token: a"]), some("a"));
    assert_eq!(token(&["authorization: Bearer b", "x-vault-token: "]), some("b"));
}

#[test]
fn wrapping() {
    let wrap = |ttl: &str, format: &str| {
        let headers =
            [format!("x-vault-wrap-ttl: {ttl}"), format!("x-vault-wrap-format: {format}")];
        let wrap =
            decode("GET", "kv", &[headers[0].as_str(), headers[1].as_str()], "").unwrap().wrap;
        wrap.map(|wrap| (wrap.ttl.as_secs(), wrap.format))
    };
    assert_eq!(wrap("60", ""), Some((60, WrapFormat::Token)));
    assert_eq!(wrap("1h", "jwt"), Some((3600, WrapFormat::Jwt)));
    assert_eq!(wrap("0", "jwt"), None);
    assert_eq!(wrap("", "jwt"), None);
    let text = "error parsing X-Vault-Wrap-TTL header: ";
    refused("GET", "kv", &["x-vault-wrap-ttl: abc"], 400, &format!("{text}time: invalid duration"));
    refused(
        "GET",
        "kv",
        &["x-vault-wrap-ttl: -1"],
        400,
        &format!("{text}requested wrap ttl cannot"),
    );
}

#[test]
fn headers_that_are_kept() {
    let sent = [
        "x-vault-token: s.t",
        "x-a: 1",
        "x-a: 2",
        "user-agent: u",
        "cookie: c",
        "authorization: Bearer b",
        "accept: a",
    ];
    let got = decode("GET", "kv", &sent, "").unwrap().headers;
    let got: Vec<_> = got.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(got, ["x-a: 1", "x-a: 2", "user-agent: u", "accept: a"]);
}

#[test]
fn namespaces() {
    let unknown = |name: &str| {
        let header = format!("x-vault-namespace: {name}");
        in_unknown_namespace(&parts("GET", "kv", &[header.as_str()]).headers)
    };
    assert_eq!(["", "/", "root", "/root/"].map(unknown), [false; 4]);
    assert_eq!(["a", "a/b", "rootx"].map(unknown), [true; 3]);
}
