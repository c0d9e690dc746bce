//! Wrapped answers and what becomes of them.

use serde_json::json;

use super::*;

fn read(value: &Value) -> Response {
    response(&Secret::new(value.to_string()))
}

#[test]
fn data_lease_and_warnings() {
    let response = read(&json!({
        "request_id": "r", "lease_id": "db/creds/x/1", "renewable": true, "lease_duration": 60,
        "data": {"n": 1, "v": "x"}, "wrap_info": null, "warnings": ["w"], "auth": null,
    }));
    assert_eq!(Value::from(response.data.unwrap()), json!({"n": 1, "v": "x"}));
    let lease = response.lease.unwrap();
    assert_eq!((lease.ttl.as_secs(), lease.renewable), (60, true));
    assert_eq!((response.lease_id.as_str(), response.warnings.len()), ("db/creds/x/1", 1));
    assert!(!response.mirrored && response.auth.is_none());
}

#[test]
fn numbers_keep_their_digits() {
    let body = r#"{"lease_duration":0,"data":{"n":12345678901234567890123.10}}"#;
    let response = response(&Secret::new(body.to_owned()));
    let data = Value::from(response.data.unwrap());
    assert_eq!(data.to_string(), r#"{"n":12345678901234567890123.10}"#);
    assert!(response.lease.is_none());
}

#[test]
fn mirrored_members_and_tokens() {
    let mirrored = read(&json!({"sys/": {}, "lease_duration": 0, "data": {"sys/": {}}}));
    assert!(mirrored.mirrored);
    let auth = read(&json!({"lease_duration": 0, "data": null, "auth": {
        "client_token": "s.x", "accessor": "a", "policies": ["default"], "token_policies": ["default"],
        "metadata": {"k": "v"}, "lease_duration": 5, "renewable": true, "entity_id": "",
        "token_type": "batch", "orphan": true, "num_uses": 2,
    }})).auth.unwrap();
    assert_eq!(auth.client_token.expose(), "s.x");
    assert_eq!((auth.ttl.as_secs(), auth.num_uses, auth.orphan), (5, 2, true));
    assert_eq!(auth.token_type, TokenType::Batch);
    assert_eq!(auth.metadata.unwrap()["k"], "v");
}

#[test]
fn what_is_no_answer_stays_as_it_is() {
    for body in ["[1]", "plain", r#"{"a":1}"#] {
        let response = response(&Secret::new(body.to_owned()));
        assert_eq!(response.raw.unwrap().body, body);
    }
}
