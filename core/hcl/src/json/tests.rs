//! JSON texts and their HCL twins.

use crate::{NESTING_MAX, Value, parse, parse_hcl, parse_json};

/// Both texts must say the same to a reader of `key` blocks with this many names.
fn check(json: &str, hcl: &str, key: &str, labels: usize) {
    let (json, hcl) = (parse(json).unwrap(), parse_hcl(hcl).unwrap());
    let show = |body: &crate::Body| -> Vec<String> {
        let blocks = body.blocks(key, labels).unwrap();
        blocks
            .iter()
            .map(|block| {
                let items: Vec<_> =
                    block.body.items.iter().map(|item| (&item.key, &item.value)).collect();
                format!("{:?} {items:?}", block.labels)
            })
            .collect()
    };
    assert_eq!(show(&json), show(&hcl));
}

fn refuses(text: &str, want: &str) {
    assert_eq!(parse_json(text).unwrap_err().to_string(), want, "{text}");
}

#[test]
fn twins() {
    check(
        r#"{"path": {"kv/*": {"capabilities": ["read"]}, "b": {}}}"#,
        r#"path "kv/*" { capabilities = ["read"] } path "b" {}"#,
        "path",
        1,
    );
    check(
        r#"{"listener": [{"tcp": {"address": "a"}}, {"tcp": {"address": "b"}}]}"#,
        r#"listener "tcp" { address = "a" } listener "tcp" { address = "b" }"#,
        "listener",
        1,
    );
    check(
        r#"{"listener": {"tcp": [{"port": 1}, {"port": 2}]}}"#,
        r#"listener "tcp" { port = 1 } listener "tcp" { port = 2 }"#,
        "listener",
        1,
    );
    check(
        r#"{"audit": {"file": {"main": {"local": true}}}}"#,
        r#"audit "file" "main" { local = true }"#,
        "audit",
        2,
    );
    check(r#"{"telemetry": [{"a": "b"}]}"#, r#"telemetry { a = "b" }"#, "telemetry", 0);
}

#[test]
fn values() {
    let body = parse_json("{\"a\":\n -1.50e+2, \"b\":\"\\u00e9\\ud83d\\ude00\\/${x}\",\"c\":null}");
    let items: Vec<_> =
        body.unwrap().items.into_iter().map(|item| (item.key, item.value, item.at.line)).collect();
    let want = [
        ("a".to_owned(), Value::Number("-1.50e+2".to_owned()), 1),
        ("b".to_owned(), Value::String("é😀/${x}".to_owned()), 2),
    ];
    assert_eq!(items, want);
}

#[test]
fn errors() {
    refuses("{", "At 1:2: invalid JSON: expected a string");
    refuses("[]", "At 1:1: invalid JSON: expected '{'");
    refuses("{\"a\" 1}", "At 1:6: invalid JSON: expected ':'");
    refuses("{\"a\": 1,}", "At 1:9: invalid JSON: expected a string");
    refuses("{\"a\": [1 2]}", "At 1:10: invalid JSON: expected ',' or ']'");
    refuses("{\"a\": x}", "At 1:7: invalid JSON: expected a value");
    refuses("{\"a\": 01}", "At 1:7: malformed number");
    refuses("{\"a\": \"b\n\"}", "At 1:7: invalid JSON: expected a string");
    refuses("{\"a\": \"b", "At 1:9: literal not terminated");
    refuses("{} {}", "At 1:4: invalid JSON: expected the end of the text");
    let deep = format!("{}1", "{\"a\":".repeat(NESTING_MAX + 1));
    refuses(&deep, "At 1:321: more than 64 objects and lists within each other");
}
