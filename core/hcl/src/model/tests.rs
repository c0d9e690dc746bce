//! Blocks, however they were written.

use crate::parse;

fn check(text: &str, key: &str, labels: usize, want: &[&[&str]]) {
    let body = parse(text).unwrap();
    let blocks = body.blocks(key, labels).unwrap();
    let names: Vec<_> = blocks.iter().map(|block| block.labels.clone()).collect();
    assert_eq!(names, want, "{text}");
}

fn refuses(text: &str, key: &str, labels: usize, want: &str) {
    let error = parse(text).unwrap().blocks(key, labels).unwrap_err();
    assert_eq!(error.to_string(), want, "{text}");
}

#[test]
fn names() {
    check("a \"b\" {}\na \"c\" {}\nd {}", "a", 1, &[&["b"], &["c"]]);
    check("a { b {} \"c\" {} }", "a", 1, &[&["b"], &["c"]]);
    check("a { b \"c\" {} }", "a", 2, &[&["b", "c"]]);
    check("a = { b = {} }", "a", 1, &[&["b"]]);
    check("a = [{ b = {} }, { c {} }]", "a", 1, &[&["b"], &["c"]]);
    check("a {}", "a", 0, &[&[]]);
    check("b = 1", "a", 1, &[]);
}

#[test]
fn faults() {
    refuses("a = 1", "a", 0, "At 1:1: a must be a block with 0 name(s) before its brace");
    refuses("a { b = 1 }", "a", 1, "At 1:1: a must be a block with 1 name(s) before its brace");
    refuses(
        "x=1\n a \"b\" \"c\" {}",
        "a",
        1,
        "At 2:2: a must be a block with 1 name(s) before its brace",
    );
}
