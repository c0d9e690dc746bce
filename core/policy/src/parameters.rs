//! The lists of parameters and values that a rule allows or denies.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Number, Value};

/// Parameter names in lower case, each with its values; no values stand for any value. The name
/// `*` stands for every other name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters(pub BTreeMap<String, Vec<Value>>);

const ANY: &str = "*";

impl Parameters {
    /// Adds the lists of another rule with the same pattern: "any value" swallows the values.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (name, values) in &other.0 {
            match self.0.get_mut(name) {
                Some(mine) if mine.is_empty() || values.is_empty() => mine.clear(),
                Some(mine) => mine.extend(values.iter().cloned()),
                None => {
                    self.0.insert(name.clone(), values.clone());
                }
            }
        }
    }

    /// As a list of what is denied: whether it refuses any of these parameters.
    pub(crate) fn deny_any_of(&self, parameters: &Map<String, Value>) -> bool {
        if self.0.is_empty() || parameters.is_empty() {
            return false;
        }
        self.0.contains_key(ANY)
            || parameters.iter().any(|(name, value)| {
                self.values(name).is_some_and(|denied| {
                    denied.is_empty() || denied.iter().any(|denied| is_hit(denied, value))
                })
            })
    }

    /// As a list of what is allowed: whether it lets all of these parameters pass.
    pub(crate) fn allow_all_of(&self, parameters: &Map<String, Value>) -> bool {
        if self.0.is_empty() || parameters.is_empty() {
            return true;
        }
        let others = self.0.contains_key(ANY);
        parameters.iter().all(|(name, value)| match self.values(name) {
            Some(allowed) => {
                allowed.is_empty() || allowed.iter().any(|allowed| is_match(allowed, value))
            }
            None => others,
        })
    }

    /// The values of a name, in whatever case it was sent. The name `*` itself is not a
    /// parameter's.
    fn values(&self, name: &str) -> Option<&[Value]> {
        let name = match name.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
            true => Cow::Owned(name.to_lowercase()),
            false => Cow::Borrowed(name),
        };
        self.0.get(name.as_ref()).filter(|_| name != ANY).map(Vec::as_slice)
    }
}

/// Whether an allowed value and a sent one are of the same kind and match.
fn is_match(allowed: &Value, sent: &Value) -> bool {
    match (allowed, sent) {
        (Value::String(glob), Value::String(text)) => is_glob_match(glob, text),
        (Value::Number(allowed), Value::Number(sent)) => same_number(allowed, sent),
        (allowed, sent) => allowed == sent,
    }
}

/// Whether a denied value is met by what was sent, also as another kind of scalar and in a list.
fn is_hit(denied: &Value, sent: &Value) -> bool {
    if let Value::Array(elements) = sent {
        return elements.iter().any(|element| is_hit(denied, element));
    }
    match (denied, scalar(denied), scalar(sent)) {
        (Value::String(glob), _, Some(text)) => is_glob_match(glob, &text),
        (_, Some(denied), Some(sent)) if denied == sent => true,
        _ => is_match(denied, sent),
    }
}

fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn same_number(one: &Number, other: &Number) -> bool {
    match (one.as_i64(), other.as_i64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other || one.as_f64().is_some_and(|one| Some(one) == other.as_f64()),
    }
}

/// A `*` at either end stands for any text; a lone `*` is just a star.
fn is_glob_match(glob: &str, text: &str) -> bool {
    if glob.len() < 2 {
        return glob == text;
    }
    match (glob.strip_prefix('*'), glob.strip_suffix('*')) {
        (Some(tail), Some(_)) => text.contains(tail.strip_suffix('*').unwrap_or_default()),
        (Some(tail), None) => text.ends_with(tail),
        (None, Some(head)) => text.starts_with(head),
        (None, None) => glob == text,
    }
}
