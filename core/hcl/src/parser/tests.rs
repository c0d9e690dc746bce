//! Texts and what is read from them.

use std::fmt::Write as _;

use proptest::prelude::{ProptestConfig, any, proptest};

use crate::{Body, INPUT_BYTES_MAX, NESTING_MAX, Value, parse, parse_hcl};

/// The items of a text on one line: `key "label"=value;`.
fn show(body: &Body) -> String {
    let mut out = String::new();
    for item in &body.items {
        out.push_str(&item.key);
        for label in &item.labels {
            write!(out, " {label:?}").unwrap();
        }
        write!(out, "={};", value(&item.value)).unwrap();
    }
    out
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Number(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::List(values) => {
            format!("[{}]", values.iter().map(self::value).collect::<Vec<_>>().join(","))
        }
        Value::Object(body) => format!("{{{}}}", show(body)),
    }
}

fn check(text: &str, want: &str) {
    match parse_hcl(text) {
        Ok(body) => assert_eq!(show(&body), want, "{text}"),
        Err(error) => panic!("{text}: {error}"),
    }
}

fn refuses(text: &str, want: &str) {
    assert_eq!(parse_hcl(text).unwrap_err().to_string(), want, "{text}");
}

#[test]
fn values() {
    check("", "");
    check("a = 1", "a=1;");
    check("a = -1 b = 0x1F c = 1.5e3 d = 1E-2", "a=-1;b=0x1F;c=1.5e3;d=1E-2;");
    check("a = true\nb = false", "a=true;b=false;");
    check("a = \"x\\n\\t\\\"\\\\\\u00e9\\x41\\101\"", "a=\"x\\n\\t\\\"\\\\éAA\";");
    check("a = \"${env(\"x\\n\") {}}-${b}\"", r#"a="${env(\"x\\n\") {}}-${b}";"#);
    check("a = \"$x {{identity.entity.id}}\"", "a=\"$x {{identity.entity.id}}\";");
    check("a = []", "a=[];");
    check("a = [1, \"b\", true, [2], {c = 3},]", "a=[1,\"b\",true,[2],{c=3;}];");
    check("a = {}", "a={};");
    check("a = { b = 1 \"c d\" = 2, e = 3 }", "a={b=1;c d=2;e=3;};");
}

#[test]
fn blocks() {
    check("a {}", "a={};");
    check("a \"b\" \"c\" { d = 1 }", "a \"b\" \"c\"={d=1;};");
    check("a b { c { d = 1 } }", "a \"b\"={c={d=1;};};");
    check("\"path\" \"x\" {}", "path \"x\"={};");
    check("a = 1 a = 2\na {}", "a=1;a=2;a={};");
    check("a.b-c_d = 1", "a.b-c_d=1;");
    check(
        "path \"a\" { capabilities = [\"read\"] min_wrapping_ttl = \"1s\" }",
        "path \"a\"={capabilities=[\"read\"];min_wrapping_ttl=\"1s\";};",
    );
}

#[test]
fn comments() {
    check("# x\n// y\n/* z\n * */ a = 1 # b = 2", "a=1;");
    check("a = [ # one\n 1, // two\n 2 /* three */ ]", "a=[1,2];");
    check("a = 1\r\n# c\r\nb = 2\r\n", "a=1;b=2;");
}

#[test]
fn heredocs() {
    check("a = <<EOF\nx\n  y\nEOF\nb = 1", "a=\"x\\n  y\\n\";b=1;");
    check("a = <<EOF\nEOF\n", "a=\"\";");
    check("a = <<-EOF\n    x\n\n      y\n    EOF\nb = 1", "a=\"x\\n\\n  y\\n\";b=1;");
    check("a = <<-EOF\n  x\n    EOF\n", "a=\"  x\\n\";");
    check("a = [<<E\nx\nE\n, 1]", "a=[\"x\\n\",1];");
    check("a = <<EOF\n EOF\nEOF", "a=\" EOF\\n\";");
    refuses("a = <<EOF\nx", "At 2:2: heredoc not terminated");
    refuses("a = <<\nx", "At 1:7: zero-length heredoc anchor");
}

#[test]
fn errors() {
    refuses("path {", "At 1:8: object expected closing RBRACE got: EOF");
    refuses("storage \"inmem\" {\n", "At 2:2: object expected closing RBRACE got: EOF");
    refuses("5", "At 1:1: expected: IDENT | STRING | ASSIGN | LBRACE got: NUMBER");
    refuses("a = 1 }", "At 1:7: expected: IDENT | STRING | ASSIGN | LBRACE got: RBRACE");
    refuses("{ }", "At 1:1: expected: IDENT | STRING got: LBRACE");
    refuses("= 1", "At 1:1: no object keys found!");
    refuses("a b = 1", "At 1:5: nested object expected: LBRACE got: ASSIGN");
    refuses("a \"b\"", "At 1:7: key 'a \"b\"' expected start of object ('{') or assignment ('=')");
    refuses("a { b }", "At 1:7: key 'b' expected start of object ('{') or assignment ('=')");
    refuses("a = ", "At 1:6: expected a value, got: EOF");
    refuses("a = b", "At 1:5: expected a value, got: IDENT");
    refuses("a = [1 2]", "At 1:8: error parsing list, expected comma or list end, got: NUMBER");
    refuses("a = [b]", "At 1:6: unexpected token while parsing list: IDENT");
    refuses("a = [1", "At 1:8: error parsing list, expected comma or list end, got: EOF");
    refuses("a = \"b\nc\"", "At 1:7: literal not terminated");
    refuses("a = \"${b\"", "At 1:10: literal not terminated");
    refuses("a = \"\\q\"", "At 1:7: illegal char escape");
    refuses("a = \"\\ud800\"", "At 1:12: illegal char escape");
    refuses("a = 0xg", "At 1:7: malformed number");
    refuses("a = 1e", "At 1:7: malformed number");
    refuses("/* a", "At 1:5: comment not terminated");
    refuses("a = 1 / 2", "At 1:7: expected '/' for comment");
    refuses("a = 1 ; b = 2", "At 1:7: illegal character");
}

#[test]
fn places() {
    let body = parse_hcl("a = 1\n  b \"c\" {\n    d = \"e\"\n  }\n").unwrap();
    let places: Vec<_> =
        body.items.iter().map(|item| format!("{} {}", item.at, item.value_at)).collect();
    assert_eq!(places, ["1:1 1:5", "2:3 2:9"]);
    assert_eq!(body.items.iter().map(|item| item.assigned).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn limits() {
    let nest = |n: usize| format!("a = {}1{}", "[".repeat(n), "]".repeat(n));
    assert!(parse_hcl(&nest(NESTING_MAX)).is_ok());
    let error = parse_hcl(&nest(NESTING_MAX + 1)).unwrap_err().to_string();
    assert_eq!(error, "At 1:69: more than 64 objects and lists within each other");
    assert!(parse_hcl(&"a{".repeat(100_000)).is_err());
    assert!(parse(&" ".repeat(INPUT_BYTES_MAX)).is_ok());
    assert!(parse(&" ".repeat(INPUT_BYTES_MAX + 1)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_panics_on_any_text(text in any::<String>()) {
        let _ = parse(&text);
        let _ = parse_hcl(&text);
    }

    #[test]
    fn never_panics_on_near_texts(
        text in "([a-c\"{}\\[\\],=#/*\\\\<\n $:.-]|<<-?E\n|[0-9]|\\$\\{|true|null){0,60}",
    ) {
        let _ = parse(&text);
        let _ = parse(&format!("{{{text}"));
        let _ = parse_hcl(&text);
    }
}
