//! Recorded calls, and how an answer of ours is held against a recorded one.

use std::collections::HashMap;

use logical::{Code, Envelope, Error, Response, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// One recorded call, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) n: u32,
    pub(crate) note: String,
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: HashMap<String, String>,
    #[serde(default)]
    pub(crate) body: Value,
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) response: Value,
}

/// The values that the placeholders of a topic stand for.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, String>);

pub(crate) fn lines(text: &str) -> Vec<Line> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

impl Names {
    pub(crate) fn bind(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// A text with its placeholders filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut names: Vec<_> = self.0.keys().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let fill = |text: String, name: &&String| match self.0.get(*name) {
            Some(value) => text.replace(name.as_str(), value),
            None => text,
        };
        names.iter().fold(text.to_owned(), fill)
    }

    pub(crate) fn fill_value(&self, value: &Value) -> Value {
        serde_json::from_str(&self.fill(&value.to_string())).unwrap_or_default()
    }

    /// Says where our answer is not the recorded one.
    pub(crate) fn differ(&mut self, at: &str, want: &Value, got: &Value) -> Option<String> {
        let tell = || Some(format!("{at}: want {want}, got {got}"));
        match (want, got) {
            (Value::String(want), Value::String(got)) if want.starts_with('$') => {
                self.differ_name(want, got).then(tell).flatten()
            }
            (Value::String(want), Value::Number(_)) if want == "$UNIX" => None,
            (Value::Object(want), Value::Object(got)) => {
                if want.keys().ne(got.keys()) {
                    return tell();
                }
                want.iter().find_map(|(key, want)| {
                    let got = got.get(key).unwrap_or(&Value::Null);
                    self.differ(&format!("{at}.{key}"), want, got)
                })
            }
            // Accessors come in the order of their salted names.
            (Value::Array(_), Value::Array(_)) if at == ".data.keys" => None,
            (Value::Array(want_items), Value::Array(got_items)) => {
                if want_items.len() != got_items.len() {
                    return tell();
                }
                let pairs = want_items.iter().zip(got_items);
                pairs.into_iter().find_map(|(want, got)| self.differ(at, want, got))
            }
            (Value::Number(want), Value::Number(got)) if at.contains("ttl") => {
                let (want, got) = (want.as_i64()?, got.as_i64()?);
                ((want - got).abs() > 5).then(tell).flatten()
            }
            (want, got) => (want != got).then(tell).flatten(),
        }
    }

    fn differ_name(&mut self, want: &str, got: &str) -> bool {
        if ["$TIME", "$REQUEST_ID", "$UUID"].iter().any(|name| want.starts_with(name)) {
            return want == "$TIME" && !got.contains('.') || want == "$TIME_S" && got.contains('.');
        }
        match self.0.get(want) {
            Some(bound) => bound != got,
            None => {
                self.bind(want, got);
                false
            }
        }
    }
}

/// An answer as it would be sent.
pub(crate) fn sent(operation_reads: bool, answer: Result<Response>) -> (u16, Value) {
    match answer {
        Err(error) => (status(&error), json!({"errors": texts(&error)})),
        Ok(response) if response.is_empty() => match operation_reads {
            true => (404, json!({"errors": []})),
            false => (204, Value::Null),
        },
        Ok(response) => {
            let empty = response.data.as_ref().and_then(|data| data.get("keys")).is_none();
            if operation_reads && empty && response.data.as_ref().is_some_and(|d| d.is_empty()) {
                return (404, json!({"errors": []}));
            }
            let status = match response.outcome {
                logical::Outcome::Done => 200,
                logical::Outcome::Accepted => 202,
                logical::Outcome::NotFound => 404,
            };
            let envelope = Envelope { request_id: "id", response: &response };
            (status, serde_json::to_value(envelope).unwrap_or_default())
        }
    }
}

fn texts(error: &Error) -> Vec<&str> {
    vec![error.public.as_ref()]
}

fn status(error: &Error) -> u16 {
    match error.code {
        Code::InvalidRequest => 400,
        Code::PermissionDenied => 403,
        Code::NotFound | Code::UnsupportedPath => 404,
        Code::UnsupportedOperation => 405,
        _ => 500,
    }
}
