//! YAML, written so that every reader of it reads the same.
//!
//! Readers of the older YAML take `no`, `y` or `2026-11-22` for a truth or a date, and the library
//! that knows only the newer one leaves such texts without quotes. A secret whose value is `no` must
//! not become `false`: whatever is not plainly a word stands in quotes, escaped as in JSON, of which
//! YAML is an extension. Numbers keep their digits.

use serde_json::Value;

/// The words that some reader takes for something else than a text.
const NOT_TEXTS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"];

/// The value in block style, with a line end.
pub(crate) fn write(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => block(&mut text, value, 0),
        Value::Array(values) if !values.is_empty() => block(&mut text, value, 0),
        _ => {
            text.push_str(&scalar(value));
            text.push('\n');
        }
    }
    text
}

/// A filled object or list, beginning where the cursor is; its further lines get the indent.
fn block(text: &mut String, value: &Value, indent: usize) {
    let margin = " ".repeat(indent);
    let mut first = true;
    let mut begin = |text: &mut String| {
        if !std::mem::take(&mut first) {
            text.push_str(&margin);
        }
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                begin(text);
                text.push_str(&string(name));
                text.push(':');
                member(text, value, indent);
            }
        }
        Value::Array(values) => {
            for value in values {
                begin(text);
                text.push('-');
                match value {
                    _ if !filled(value) => line(text, value),
                    _ => {
                        text.push(' ');
                        block(text, value, indent + 2);
                    }
                }
            }
        }
        _ => line(text, value),
    }
}

/// What stands behind the name of a member.
fn member(text: &mut String, value: &Value, indent: usize) {
    if !filled(value) {
        line(text, value);
        return;
    }
    // A list stands below its name at the same indent, an object two further in.
    let indent = if value.is_object() { indent + 2 } else { indent };
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    block(text, value, indent);
}

fn filled(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn line(text: &mut String, value: &Value) {
    text.push(' ');
    text.push_str(&scalar(value));
    text.push('\n');
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        // An empty object or list is written as in JSON, and so are all others.
        other => other.to_string(),
    }
}

fn string(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./@- ".contains(c);
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(plain)
        && !text.ends_with(' ')
        && !NOT_TEXTS.contains(&text.to_ascii_lowercase().as_str());
    if is_word { text.to_owned() } else { Value::from(text).to_string() }
}
