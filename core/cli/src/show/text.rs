//! JSON values as plain text, in the way that people know from this family of tools: `<nil>`,
//! `[a b]`, `map[k:v]`.

use serde_json::Value;

use crate::durations;

/// The text of a value.
pub(crate) fn of(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts: Vec<String> = values.iter().map(of).collect();
            format!("[{}]", texts.join(" "))
        }
        Value::Object(members) => {
            let texts: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}:{}", of(value))).collect();
            format!("map[{}]", texts.join(" "))
        }
    }
}

/// The text of a list of names, each in quotes, so that an empty one shows.
pub(crate) fn quoted(value: Option<&Value>) -> String {
    let names = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    format!("[{}]", names.join(" "))
}

/// The text of a member: a whole number whose name says that it is a time span is shown as one.
pub(crate) fn member(name: &str, value: &Value) -> String {
    let ends = |word: &str| name == word || name.ends_with(&format!("_{word}"));
    let is_span = ["ttl", "period", "duration"].into_iter().any(ends)
        || matches!(name, "ttl_max" | "lease_max");
    match value {
        Value::Number(number) if is_span => {
            number.as_i64().map_or_else(|| number.to_string(), durations::human)
        }
        _ => of(value),
    }
}

/// A time span in seconds, or the infinite one of a root token.
pub(crate) fn lifetime(value: Option<&Value>) -> String {
    match value.and_then(Value::as_i64) {
        Some(0) | None => "∞".to_owned(),
        Some(seconds) => durations::human(seconds),
    }
}
