//! What is printed, text for text.

use client::{HeaderMap, Method, Reply, StatusCode};
use serde_json::{Value, json};

use super::{Secret, table, text, yaml};

fn secret(json: &Value) -> Secret {
    Secret::of(&Reply {
        method: Method::GET,
        url: "http://h/v1/x".to_owned(),
        namespace: String::new(),
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        text: json.to_string(),
        json: Some(json.clone()),
    })
    .expect("it is an object")
}

#[test]
fn values_as_text() {
    let check = |value: Value, expected: &str| assert_eq!(text::of(&value), expected);
    check(json!(null), "<nil>");
    check(json!(true), "true");
    check(json!("a b"), "a b");
    check(json!({"y": [1, 2]}), "map[y:[1 2]]");
    check(json!({}), "map[]");
    check(json!([]), "[]");
    let number: Value = serde_json::from_str("12345678901234567890.50").expect("it is a number");
    check(number, "12345678901234567890.50");
}

#[test]
fn members_that_are_time_spans() {
    let check = |name: &str, value: Value, expected: &str| {
        assert_eq!(text::member(name, &value), expected, "{name}");
    };
    check("ttl", json!(3600), "1h");
    check("creation_ttl", json!(0), "0s");
    check("period", json!(1800), "30m");
    check("ttl", json!("1h0m0s"), "1h0m0s");
    check("creation_time", json!(1_795_322_755), "1795322755");
    check("battle", json!(3600), "3600");
}

#[test]
fn tables() {
    let check = |rows: &[(&str, &str)], expected: &str| {
        let rows: Vec<_> = rows.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(table::pairs(&rows), expected);
    };
    check(&[("k", "v")], "Key    Value\n---    -----\nk      v");
    check(&[("a_long_key", "")], "Key           Value\n---           -----\na_long_key    n/a");
    check(&[("k", "a\nb\n")], "Key    Value\n---    -----\nk      a\nb");
    check(&[("ü", "1"), ("xyzw", "2")], "Key     Value\n---     -----\nü       1\nxyzw    2");
}

#[test]
fn titles() {
    let check = |title: &str, total: usize, expected: &str| {
        assert_eq!(table::title(title, total), expected);
    };
    check("Secret Path", "secret/data/a".len(), "== Secret Path ==");
    check("Metadata Path", "secret/metadata/a".len(), "= Metadata Path =");
    check(
        "Metadata",
        table::heading_width(["custom_metadata"].into_iter()),
        "======= Metadata =======",
    );
    check("Data", table::heading_width(["k"].into_iter()), "== Data ==");
    check(
        "Version 1",
        table::heading_width(["deletion_time"].into_iter()),
        "====== Version 1 ======",
    );
}

#[test]
fn json_has_its_customary_order() {
    let answer = secret(&json!({
        "auth": null, "data": {"k": "<v>", "a": 1}, "lease_duration": 0, "lease_id": "",
        "renewable": false, "request_id": "r", "warnings": null, "wrap_info": null
    }));
    let expected = "{\n  \"request_id\": \"r\",\n  \"lease_id\": \"\",\n  \"lease_duration\": 0,\n  \
                    \"renewable\": false,\n  \"data\": {\n    \"a\": 1,\n    \"k\": \
                    \"\\u003cv\\u003e\"\n  },\n  \"warnings\": null\n}";
    assert_eq!(answer.document().json(), expected);
}

#[test]
fn yaml_reads_the_same_everywhere() {
    let check = |value: &str, expected: &str| {
        let value: Value = serde_json::from_str(value).expect("it is JSON");
        assert_eq!(yaml::write(&value), expected);
    };
    check(r#"{"b":null,"a":"x"}"#, "a: x\nb: null\n");
    check(
        r#"{"a":1,"b":-2,"c":1.50,"d":12345678901234567890.5}"#,
        "a: 1\nb: -2\nc: 1.50\nd: 12345678901234567890.5\n",
    );
    check(
        r#"{"a":"1","b":"true","c":"","d":"no","n":"N"}"#,
        "a: \"1\"\nb: \"true\"\nc: \"\"\nd: \"no\"\n\"n\": \"N\"\n",
    );
    check(
        r#"{"a":"x: y","b":"x #y","c":"a b","d":"l\nm","e":"-x","f":"x "}"#,
        "a: \"x: y\"\nb: \"x #y\"\nc: a b\nd: \"l\\nm\"\ne: \"-x\"\nf: \"x \"\n",
    );
    check(r#"{"t":"2026-11-22T04:45:32Z","v":"v1.0"}"#, "t: \"2026-11-22T04:45:32Z\"\nv: v1.0\n");
    check(
        r#"{"a":{"b":{"c":[1,{"d":2,"e":[3]}]}},"f":{},"g":[]}"#,
        "a:\n  b:\n    c:\n    - 1\n    - d: 2\n      e:\n      - 3\nf: {}\ng: []\n",
    );
    check(r#"[["a","b"],"c"]"#, "- - a\n  - b\n- c\n");
    check("[]", "[]\n");
    check("\"x\"", "x\n");
}

#[test]
fn rows_of_answers() {
    let check = |json: Value, expected: &str| {
        let rows: Vec<String> =
            secret(&json).rows().into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(rows.join("|"), expected);
    };
    check(json!({"data": {"a": 1, "ttl": 60}}), "a=1|ttl=1m");
    check(json!({"data": {"a": 1}, "lease_duration": 2_764_800}), "refresh_interval=768h|a=1");
    check(
        json!({"data": {"a": 1}, "lease_id": "l", "lease_duration": 60, "renewable": true}),
        "lease_id=l|lease_duration=1m|lease_renewable=true|a=1",
    );
    check(json!({"type": "shamir", "t": 3}), "t=3|type=shamir");
    check(
        json!({"auth": {"client_token": "s", "accessor": "", "lease_duration": 0, "renewable": false,
            "policies": ["root"], "token_policies": ["root"], "identity_policies": null,
            "metadata": {"a": "b"}}}),
        "token=s|token_accessor=|token_duration=∞|token_renewable=false|token_policies=[\"root\"]|\
         identity_policies=[]|policies=[\"root\"]|token_meta_a=b",
    );
    check(
        json!({"wrap_info": {"token": "s", "accessor": "a", "ttl": 60, "creation_path": "p",
            "creation_time": "2026-11-22T04:45:32.7Z", "wrapped_accessor": ""}}),
        "wrapping_token:=s|wrapping_accessor:=a|wrapping_token_ttl:=1m|\
         wrapping_token_creation_time:=2026-11-22 04:45:32.7 +0000 UTC|\
         wrapping_token_creation_path:=p",
    );
}

#[test]
fn fields() {
    let answer = secret(&json!({
        "request_id": "r", "lease_id": "", "data": {"k": "v", "token": "mine"}, "auth": null
    }));
    let check = |name: &str, expected: Option<Value>| assert_eq!(answer.field(name), expected);
    check("k", Some(json!("v")));
    check("token", Some(json!("mine")));
    check("data", Some(json!({"k": "v", "token": "mine"})));
    check("nosuch", None);
}
