//! Bodies that are taken and bodies that are refused, as a table.

use config::RequestLimits;
use serde_json::json;

use super::{JSON_DEPTH_MAX, object};

const TARGET: &str = "map[string]interface {}";

fn taken(body: &str, want: serde_json::Value) {
    let got = object(body.as_bytes(), &RequestLimits::DEFAULT, TARGET);
    assert_eq!(serde_json::Value::Object(got.unwrap()), want, "{body}");
}

fn refused(body: impl AsRef<[u8]>, want: &str) {
    let body = body.as_ref();
    let got = object(body, &RequestLimits::DEFAULT, TARGET).unwrap_err();
    let want = format!("failed to decode JSON input: {want}");
    assert_eq!(got.public, want, "{}", String::from_utf8_lossy(body));
}

fn complex(body: &str, limits: RequestLimits, want: &str) {
    let got = object(body.as_bytes(), &limits, TARGET).unwrap_err();
    assert_eq!(
        got.public,
        format!("refused JSON input due to high complexity: exceeded maximum {want}")
    );
}

#[test]
fn objects_are_taken() {
    taken("", json!({}));
    taken(" \n", json!({}));
    taken("null", json!({}));
    taken("{}", json!({}));
    taken(r#"{"a":1,"a":2}"#, json!({"a": 2}));
    taken(
        r#" {"a":{"b":[1,"2",null,true,{"c":"\"}"}]}} "#,
        json!({"a": {"b": [1, "2", null, true, {"c": "\"}"}]}}),
    );
}

#[test]
fn numbers_keep_their_digits() {
    let got = object(br#"{"a":12345678901234567890123,"b":1.50}"#, &RequestLimits::DEFAULT, TARGET);
    let got = serde_json::to_string(&got.unwrap()).unwrap();
    assert_eq!(got, r#"{"a":12345678901234567890123,"b":1.50}"#);
}

#[test]
fn mistakes_are_told_in_known_words() {
    refused("{", "unexpected EOF");
    refused(r#"{"a"#, "unexpected EOF");
    refused(r#"{"a\"#, "unexpected EOF");
    refused(r#"{"a":"#, "unexpected EOF");
    refused("{bad", "invalid character 'b'");
    refused(r#"{"a":1,b"#, "invalid character 'b' looking for beginning of object key string");
    refused(r#"{"a" 1}"#, "invalid character '1' after object key");
    refused(r#"{"a":1 "b"}"#, "invalid character '\"' after object key:value pair");
    refused(r#"{"a":[1 2]}"#, "invalid character '2' after array element");
    refused(r#"{"a":NaN}"#, "invalid character 'N' looking for beginning of value");
    refused(r#"{"a":1} x"#, "invalid character 'x' looking for beginning of value");
    refused("\u{feff}{}", "invalid character 'ï' looking for beginning of value");
    refused(b"\x1f\x8b", "invalid character '\\x1f' looking for beginning of value");
    refused("[1]", "json: cannot unmarshal array into Go value of type map[string]interface {}");
    refused("\"x\"", "json: cannot unmarshal string into Go value of type map[string]interface {}");
    refused("5", "json: cannot unmarshal number into Go value of type map[string]interface {}");
    refused(r#"{"a":tru}"#, "invalid value at line 1 column 9");
    refused(b"{\"a\":\"\xff\"}", "invalid value at line 1 column 7");
}

#[test]
fn too_much_of_anything_is_refused() {
    let deep = |n: usize| format!("{{\"a\":{}{}}}", "[".repeat(n - 1), "]".repeat(n - 1));
    assert!(object(deep(JSON_DEPTH_MAX).as_bytes(), &RequestLimits::DEFAULT, TARGET).is_ok());
    complex(&deep(JSON_DEPTH_MAX + 1), RequestLimits::DEFAULT, "nesting depth");
    let few = RequestLimits { max_request_json_strings: 6, ..RequestLimits::DEFAULT };
    let body = |n: usize| {
        let members: Vec<_> = (0..n).map(|i| format!("\"a{i}\":\"b\"")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(object(body(3).as_bytes(), &few, TARGET).is_ok());
    complex(&body(4), few, "number of strings");
    let small = RequestLimits { max_request_json_memory: 2000, ..RequestLimits::DEFAULT };
    assert!(object(br#"{"a":"b"}"#, &small, TARGET).is_ok());
    complex(&format!("{{\"a\":\"{}\"}}", "x".repeat(3000)), small, "estimated memory limits");
    let many = format!("{{\"a\":[{}0]}}", "0,".repeat(100));
    complex(&many, small, "estimated memory limits");
}
