//! The common answer of the API: data, and perhaps a lease, a token or a wrapping token.

use client::Reply;
use serde_json::{Map, Value, json};

use crate::{
    durations,
    show::{Document, text},
};

const ENVELOPE: [&str; 8] = [
    "request_id",
    "lease_id",
    "lease_duration",
    "renewable",
    "data",
    "wrap_info",
    "warnings",
    "auth",
];

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Secret {
    envelope: Map<String, Value>,
    raw: String,
}

impl Secret {
    /// The answer in a reply; `None` if it has no JSON body.
    ///
    /// Some endpoints answer without the envelope; then all they say is the data.
    pub(crate) fn of(reply: &Reply) -> Option<Self> {
        let object = reply.json.as_ref()?.as_object()?;
        let enveloped = object.is_empty() || ENVELOPE.iter().any(|name| object.contains_key(*name));
        let envelope = if enveloped {
            object.clone()
        } else {
            Map::from_iter([("data".to_owned(), Value::Object(object.clone()))])
        };
        Some(Self { envelope, raw: reply.text.clone() })
    }

    /// An answer that holds a token and nothing else.
    pub(crate) fn of_auth(auth: Map<String, Value>) -> Self {
        let envelope = Map::from_iter([("auth".to_owned(), Value::Object(auth))]);
        Self { envelope, raw: String::new() }
    }

    /// The data; null if there is none.
    pub(crate) fn data(&self) -> &Value {
        self.envelope.get("data").unwrap_or(&Value::Null)
    }

    /// The token it brings, if it brings one.
    pub(crate) fn auth(&self) -> Option<&Map<String, Value>> {
        self.envelope.get("auth").and_then(Value::as_object)
    }

    /// The wrapping token that stands for the answer, if it was wrapped.
    pub(crate) fn wrap_info(&self) -> Option<&Map<String, Value>> {
        self.envelope.get("wrap_info").and_then(Value::as_object)
    }

    /// What the server remarked.
    pub(crate) fn warnings(&self) -> Vec<&str> {
        let warnings = self.envelope.get("warnings").and_then(Value::as_array);
        warnings.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The bytes of the answer.
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    /// The value under a field's name: one of the envelope's own names, or a member of the data.
    pub(crate) fn field(&self, name: &str) -> Option<Value> {
        let auth = |member: &str| self.auth()?.get(member).cloned();
        let wrap = |member: &str| self.wrap_info()?.get(member).cloned();
        let own = match name {
            "token" => auth("client_token"),
            "token_accessor" => auth("accessor"),
            "token_duration" => auth("lease_duration"),
            "token_renewable" => auth("renewable"),
            "token_policies" | "identity_policies" | "policies" => auth(name),
            "wrapping_token" => wrap("token"),
            "wrapping_accessor" => wrap("accessor"),
            "wrapping_token_ttl" => wrap("ttl"),
            "wrapping_token_creation_time" => wrap("creation_time"),
            "wrapping_token_creation_path" => wrap("creation_path"),
            "wrapped_accessor" => wrap("wrapped_accessor"),
            "lease_id" | "lease_duration" | "request_id" => self.envelope.get(name).cloned(),
            "refresh_interval" => self.envelope.get("lease_duration").cloned(),
            "data" => return Some(self.data().clone()),
            _ => None,
        };
        // A member of the data wins over a name of the envelope that says nothing here.
        own.or_else(|| self.data().get(name).cloned())
    }

    /// Names and values for a table.
    pub(crate) fn rows(&self) -> Vec<(String, String)> {
        if let Some(wrap) = self.wrap_info() {
            return wrap_rows(wrap);
        }
        let mut rows = self.lease_rows();
        if let Some(auth) = self.auth() {
            rows.extend(auth_rows(auth));
        }
        let members = self.data().as_object().into_iter().flatten();
        rows.extend(members.map(|(name, value)| (name.clone(), text::member(name, value))));
        rows
    }

    /// The whole answer in its customary order.
    pub(crate) fn document(&self) -> Document {
        let of = |name: &str, otherwise: Value| {
            let value = self.envelope.get(name).cloned().unwrap_or(otherwise);
            (name.to_owned(), Document::Leaf(value))
        };
        let mut members = vec![
            of("request_id", json!("")),
            of("lease_id", json!("")),
            of("lease_duration", json!(0)),
            of("renewable", json!(false)),
            of("data", Value::Null),
            of("warnings", Value::Null),
        ];
        if let Some(auth) = self.auth() {
            members.push(("auth".to_owned(), auth_document(auth)));
        }
        if let Some(wrap) = self.wrap_info() {
            members.push(("wrap_info".to_owned(), wrap_document(wrap)));
        }
        Document::Members(members)
    }

    fn lease_rows(&self) -> Vec<(String, String)> {
        let number = |name: &str| self.envelope.get(name).and_then(Value::as_i64).unwrap_or(0);
        let span = durations::human(number("lease_duration"));
        let row = |name: &str, value: String| (name.to_owned(), value);
        let renewable = self.envelope.get("renewable").map(text::of).unwrap_or_default();
        match self.envelope.get("lease_id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => vec![
                row("lease_id", id.to_owned()),
                row("lease_duration", span),
                row("lease_renewable", renewable),
            ],
            // Without a lease it is only advice on when to read again.
            _ if number("lease_duration") > 0 => vec![row("refresh_interval", span)],
            _ => Vec::new(),
        }
    }
}

fn wrap_rows(wrap: &Map<String, Value>) -> Vec<(String, String)> {
    let of = |name: &str| wrap.get(name).map(text::of).unwrap_or_default();
    let row = |name: &str, value: String| (name.to_owned(), value);
    let created = of("creation_time").replacen('T', " ", 1).replacen('Z', " +0000 UTC", 1);
    let ttl = wrap.get("ttl").map(|ttl| text::member("ttl", ttl)).unwrap_or_default();
    let mut rows = vec![
        row("wrapping_token:", of("token")),
        row("wrapping_accessor:", of("accessor")),
        row("wrapping_token_ttl:", ttl),
        row("wrapping_token_creation_time:", created),
        row("wrapping_token_creation_path:", of("creation_path")),
    ];
    if !of("wrapped_accessor").is_empty() {
        rows.push(row("wrapped_accessor:", of("wrapped_accessor")));
    }
    rows
}

fn auth_rows(auth: &Map<String, Value>) -> Vec<(String, String)> {
    let of = |name: &str| auth.get(name).map(text::of).unwrap_or_default();
    let row = |name: &str, value: String| (name.to_owned(), value);
    if let Some(requirement) = auth.get("mfa_requirement").filter(|value| !value.is_null()) {
        let id = requirement.get("mfa_request_id").map(text::of).unwrap_or_default();
        let constraints = requirement.get("mfa_constraints").map(text::of).unwrap_or_default();
        return vec![row("mfa_request_id", id), row("mfa_constraints", constraints)];
    }
    let mut rows = vec![
        row("token", of("client_token")),
        row("token_accessor", of("accessor")),
        row("token_duration", text::lifetime(auth.get("lease_duration"))),
        row("token_renewable", of("renewable")),
        row("token_policies", text::quoted(auth.get("token_policies"))),
        row("identity_policies", text::quoted(auth.get("identity_policies"))),
        row("policies", text::quoted(auth.get("policies"))),
    ];
    let metadata = auth.get("metadata").and_then(Value::as_object).into_iter().flatten();
    rows.extend(metadata.map(|(name, value)| (format!("token_meta_{name}"), text::of(value))));
    rows
}

fn wrap_document(wrap: &Map<String, Value>) -> Document {
    let order = [
        ("token", json!("")),
        ("accessor", json!("")),
        ("ttl", json!(0)),
        ("creation_time", json!("")),
        ("creation_path", json!("")),
        ("wrapped_accessor", json!("")),
    ];
    filled(wrap, order.into_iter())
}

fn auth_document(auth: &Map<String, Value>) -> Document {
    let order = [
        ("client_token", json!("")),
        ("accessor", json!("")),
        ("policies", Value::Null),
        ("token_policies", Value::Null),
        ("identity_policies", Value::Null),
        ("metadata", Value::Null),
        ("orphan", json!(false)),
        ("entity_id", json!("")),
        ("lease_duration", json!(0)),
        ("renewable", json!(false)),
        ("mfa_requirement", Value::Null),
    ];
    filled(auth, order.into_iter())
}

/// The members of these names in this order, with what stands for one that the server left out.
fn filled(
    object: &Map<String, Value>,
    order: impl Iterator<Item = (&'static str, Value)>,
) -> Document {
    let member = |(name, otherwise): (&str, Value)| {
        let value = object.get(name).cloned().unwrap_or(otherwise);
        (name.to_owned(), Document::Leaf(value))
    };
    Document::Members(order.map(member).collect())
}
