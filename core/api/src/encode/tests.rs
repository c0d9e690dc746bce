//! Answers, byte by byte.

use std::time::Duration;

use crypto::Secret;
use http::StatusCode;
use logical::{Auth, Data, LeaseTerms, Operation, Outcome, Raw, Response, TokenType, WrapInfo};
use serde_json::{Value, json};

use super::{Asked, errors};
use crate::answer::Answer;

const ENVELOPE: &str = r#""request_id":"ID","lease_id":"","renewable":false,"lease_duration":0"#;

fn check(answer: Response, operation: Operation, status: u16, body: &str) {
    let got = response(answer, "ID", operation);
    assert_eq!(got.status, StatusCode::from_u16(status).unwrap());
    assert_eq!(String::from_utf8_lossy(&got.body), body);
}

/// The answer to a request of this id.
fn response(answer: Response, id: &str, operation: Operation) -> Answer {
    super::response(answer, &Asked { id: id.to_owned(), operation, unwraps: false })
}

fn object(value: Value) -> Data {
    value.as_object().unwrap().clone()
}

#[test]
fn the_envelope_is_in_order() {
    let data = object(json!({"b": 1, "a": "<&>\u{2028}é\"\n"}));
    let tail = r#""wrap_info":null,"warnings":null,"auth":null}"#;
    check(
        Response::data(data),
        Operation::Read,
        200,
        &format!(
            "{{{ENVELOPE},\"data\":{{\"a\":\"\\u003c\\u0026\\u003e\\u2028é\\\"\\n\",\"b\":1}},{tail}\n"
        ),
    );
    check(
        Response::data(object(json!({"term": 1}))).mirrored(),
        Operation::Read,
        200,
        &format!("{{\"term\":1,{ENVELOPE},\"data\":{{\"term\":1}},{tail}\n"),
    );
    check(
        Response::warning("w"),
        Operation::Update,
        200,
        &format!(
            "{{{ENVELOPE},\"data\":null,\"wrap_info\":null,\"warnings\":[\"w\"],\"auth\":null}}\n"
        ),
    );
}

#[test]
fn numbers_keep_their_text() {
    let data: Data = serde_json::from_str(r#"{"a":12345678901234567890123,"b":1.50}"#).unwrap();
    let got = response(Response::data(data), "ID", Operation::Read);
    let body = String::from_utf8_lossy(&got.body).into_owned();
    assert!(body.contains(r#""data":{"a":12345678901234567890123,"b":1.50}"#), "{body}");
}

#[test]
fn a_lease_is_told() {
    let lease =
        LeaseTerms { ttl: Duration::from_secs(60), renewable: true, ..LeaseTerms::default() };
    let answer =
        Response { lease: Some(lease), lease_id: "kv/x".to_owned(), ..Response::data(Data::new()) };
    check(
        answer,
        Operation::Read,
        200,
        "{\"request_id\":\"ID\",\"lease_id\":\"kv/x\",\"renewable\":true,\"lease_duration\":60,\
         \"data\":{},\"wrap_info\":null,\"warnings\":null,\"auth\":null}\n",
    );
}

#[test]
fn a_wrapped_answer_has_no_request_id() {
    let info = WrapInfo {
        token: Secret::new("s.t".to_owned()),
        accessor: "acc".to_owned(),
        ttl: Duration::from_secs(60),
        creation_time: "2026-01-02T03:04:05.6Z".parse().unwrap(),
        creation_path: "kv/a".to_owned(),
        wrapped_accessor: String::new(),
    };
    check(
        Response { wrap_info: Some(info), mirrored: true, ..Response::none() },
        Operation::List,
        200,
        "{\"request_id\":\"\",\"lease_id\":\"\",\"renewable\":false,\"lease_duration\":0,\
         \"data\":null,\"wrap_info\":{\"token\":\"s.t\",\"accessor\":\"acc\",\"ttl\":60,\
         \"creation_time\":\"2026-01-02T03:04:05.6Z\",\"creation_path\":\"kv/a\"},\
         \"warnings\":null,\"auth\":null}\n",
    );
}

#[test]
fn a_token_is_shown() {
    let auth = Auth {
        client_token: Secret::new("s.t".to_owned()),
        accessor: "acc".to_owned(),
        policies: vec!["default".to_owned()],
        token_policies: vec!["default".to_owned()],
        identity_policies: Vec::new(),
        metadata: None,
        ttl: Duration::from_secs(3600),
        renewable: true,
        entity_id: String::new(),
        token_type: TokenType::Service,
        orphan: false,
        num_uses: 0,
        display_name: "not shown".to_owned(),
    };
    let got = response(Response { auth: Some(auth), ..Response::none() }, "", Operation::Update);
    let want = "\"auth\":{\"client_token\":\"s.t\",\"accessor\":\"acc\",\"policies\":[\"default\"],\
                \"token_policies\":[\"default\"],\"metadata\":null,\"lease_duration\":3600,\
                \"renewable\":true,\"entity_id\":\"\",\"token_type\":\"service\",\"orphan\":false,\
                \"mfa_requirement\":null,\"num_uses\":0}}\n";
    assert!(String::from_utf8_lossy(&got.body).ends_with(want));
}

#[test]
fn nothing_is_told_by_the_status() {
    let nothing = "{\"errors\":[]}\n";
    let empty = format!(
        "{{{ENVELOPE},\"data\":{{}},\"wrap_info\":null,\"warnings\":null,\"auth\":null}}\n"
    );
    for operation in [Operation::Read, Operation::List, Operation::Help, Operation::Header] {
        check(Response::none(), operation, 404, nothing);
    }
    for operation in [Operation::Update, Operation::Create, Operation::Patch, Operation::Delete] {
        check(Response::none(), operation, 204, "");
    }
    check(Response::keys(Vec::new()), Operation::List, 404, nothing);
    check(Response::keys(Vec::new()), Operation::Scan, 200, &empty);
    check(Response::data(Data::new()), Operation::Read, 200, &empty);
    check(Response::none().with_outcome(Outcome::NotFound), Operation::Patch, 404, nothing);
    check(
        Response::data(Data::new()).with_outcome(Outcome::NotFound),
        Operation::Read,
        404,
        empty.trim_end(),
    );
    check(
        Response::data(Data::new()).with_outcome(Outcome::Accepted),
        Operation::Update,
        202,
        empty.trim_end(),
    );
}

#[test]
fn an_unwrapped_answer_ends_as_it_was_kept() {
    let asked = Asked { id: String::new(), operation: Operation::Update, unwraps: true };
    let answer = Response::data(object(json!({"k": 1})));
    assert!(super::response(answer.clone(), &asked).body.ends_with(b"}"));
    let wrap_info = WrapInfo {
        token: Secret::new("s.t".to_owned()),
        accessor: String::new(),
        ttl: Duration::from_secs(60),
        creation_time: "2026-01-02T03:04:05Z".parse().unwrap(),
        creation_path: "sys/wrapping/unwrap".to_owned(),
        wrapped_accessor: String::new(),
    };
    let wrapped = Response { wrap_info: Some(wrap_info), ..Response::none() };
    assert!(super::response(wrapped, &asked).body.ends_with(b"}\n"));
}

#[test]
fn an_answer_outside_the_envelope() {
    let raw = |status, content_type: &str| Raw {
        status,
        content_type: content_type.to_owned(),
        body: "x".into(),
    };
    let shown =
        |raw| response(Response { raw: Some(raw), ..Response::none() }, "", Operation::Read);
    let got = shown(raw(404, "text/plain"));
    assert_eq!((got.status.as_u16(), &got.body[..]), (404, &b"x"[..]));
    assert_eq!(got.content_type.unwrap(), "text/plain");
    assert_eq!(shown(raw(204, "")).content_type, None);
    for impossible in [0, 99, 100, 1000] {
        assert_eq!(shown(raw(impossible, "")).status.as_u16(), 500);
    }
}

#[test]
fn errors_are_a_list() {
    assert_eq!(errors(""), "{\"errors\":[]}\n");
    assert_eq!(errors("a\n\t<b>"), "{\"errors\":[\"a\\n\\t\\u003cb\\u003e\"]}\n");
}
