//! Shapes of secrets at several depths.

use serde_json::{Value, json};

use super::shape;

fn check(levels: usize, want: Value) {
    let secret = json!({"a": 1, "b": {"c": "x", "d": {"e": [1, {"f": 2}]}}, "g": {}});
    assert_eq!(shape(secret, levels), want, "{levels} levels");
}

#[test]
fn shapes() {
    check(0, Value::Null);
    check(1, json!({"a": null, "b": null, "g": null}));
    check(2, json!({"a": null, "b": {"c": null, "d": null}, "g": {}}));
    check(3, json!({"a": null, "b": {"c": null, "d": {"e": null}}, "g": {}}));
    check(usize::MAX, json!({"a": null, "b": {"c": null, "d": {"e": null}}, "g": {}}));
}
