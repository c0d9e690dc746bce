//! The weak conversion, case by case.

use serde_json::{Value, json};

use super::Kind;

fn check(kind: Kind, given: Value, want: Result<Value, &str>) {
    assert_eq!(kind.convert(&given), want.map_err(str::to_owned), "{kind:?} of {given}");
}

#[test]
fn conversions() {
    check(Kind::String, json!("a"), Ok(json!("a")));
    check(Kind::String, json!(5), Ok(json!("5")));
    check(Kind::String, json!(true), Ok(json!("1")));
    check(Kind::Int, json!("5"), Ok(json!(5)));
    check(Kind::Int, json!(5.0), Ok(json!(5)));
    check(Kind::Int, json!(-3), Ok(json!(-3)));
    check(Kind::Bool, json!("true"), Ok(json!(true)));
    check(Kind::Bool, json!(0), Ok(json!(false)));
    check(Kind::Duration, json!("1h"), Ok(json!(3600)));
    check(Kind::Duration, json!("90"), Ok(json!(90)));
    check(Kind::Duration, json!("-1h"), Ok(json!(-3600)));
    check(Kind::Duration, json!("2d"), Ok(json!(172_800)));
    check(Kind::Duration, json!(90), Ok(json!(90)));
    check(Kind::Duration, json!("zz"), Err("time: invalid duration \"zz\""));
    check(Kind::List, json!("a, b"), Ok(json!(["a", "b"])));
    check(Kind::List, json!(["a", 1]), Ok(json!(["a", "1"])));
    check(Kind::List, json!(""), Ok(json!([])));
    check(Kind::IntList, json!("1,2"), Ok(json!([1, 2])));
    check(Kind::IntList, json!([1, "2"]), Ok(json!([1, 2])));
    check(Kind::IntList, json!(7), Ok(json!([7])));
    check(Kind::Pairs, json!({"a": 1}), Ok(json!({"a": "1"})));
    check(Kind::Pairs, json!(["a=1", "b=c=d"]), Ok(json!({"a": "1", "b": "c=d"})));
    check(Kind::Pairs, json!("x"), Err("invalid key pair \"x\""));
    check(
        Kind::String,
        json!({}),
        Err("'' expected type 'string', got unconvertible type 'map[string]interface {}'"),
    );
}

/// As the recorded server words it: all that is wrong, each with its place.
#[test]
fn what_is_wrong_in_a_list_tells_its_place() {
    const FAILED: &str = "decoding failed due to the following error(s):\n\n";
    let int = "cannot parse value as 'int': strconv.ParseInt: invalid syntax";
    let text = "expected type 'string', got unconvertible type 'map[string]interface {}'";
    for (kind, given, want) in [
        (Kind::IntList, json!(["zz"]), format!("'[0]' {int}")),
        (Kind::IntList, json!("1,zz"), format!("'[1]' {int}")),
        (Kind::IntList, json!([1, "x", 2, "y"]), format!("'[1]' {int}\n'[3]' {int}")),
        (Kind::List, json!(["a", {}]), format!("'[1]' {text}")),
        (Kind::List, json!({"a": 1}), format!("'[0]' {text}")),
    ] {
        check(kind, given, Err(&format!("{FAILED}{want}")));
    }
}
