//! A wrapped answer read back, so that it can be audited, and wrapped again, like any other.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use crypto::Secret;
use logical::{Auth, Data, LeaseTerms, Raw, Response, TokenType};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// The answer that was wrapped as this text. What is no answer in the usual form is given as it is.
pub(crate) fn response(body: &Secret<String>) -> Response {
    match serde_json::from_str(body.expose()) {
        Ok(Value::Object(members)) if members.contains_key("lease_duration") => parsed(&members),
        _ => verbatim(body.expose()),
    }
}

fn parsed(members: &Data) -> Response {
    let data = members.get("data").and_then(Value::as_object).cloned();
    let on_top = |data: &Data| !data.is_empty() && data.keys().all(|k| members.contains_key(k));
    let ttl = seconds(members.get("lease_duration"));
    let terms = LeaseTerms {
        ttl,
        renewable: members.get("renewable").and_then(Value::as_bool).unwrap_or(false),
        ..LeaseTerms::default()
    };
    Response {
        mirrored: data.as_ref().is_some_and(on_top),
        data,
        lease: (!ttl.is_zero()).then_some(terms),
        lease_id: text(members.get("lease_id")),
        auth: members.get("auth").and_then(Value::as_object).map(auth),
        warnings: texts(members.get("warnings")),
        ..Response::none()
    }
}

fn auth(members: &Data) -> Auth {
    let flag = |name: &str| members.get(name).and_then(Value::as_bool).unwrap_or(false);
    let pairs = |all: &Data| -> BTreeMap<String, String> {
        all.iter().map(|(name, value)| (name.clone(), text(Some(value)))).collect()
    };
    Auth {
        client_token: Secret::new(text(members.get("client_token"))),
        accessor: text(members.get("accessor")),
        policies: texts(members.get("policies")),
        token_policies: texts(members.get("token_policies")),
        identity_policies: texts(members.get("identity_policies")),
        metadata: members.get("metadata").and_then(Value::as_object).map(pairs),
        ttl: seconds(members.get("lease_duration")),
        renewable: flag("renewable"),
        entity_id: text(members.get("entity_id")),
        token_type: match members.get("token_type").and_then(Value::as_str) {
            Some("batch") => TokenType::Batch,
            Some(_) | None => TokenType::Service,
        },
        orphan: flag("orphan"),
        num_uses: members.get("num_uses").and_then(Value::as_i64).unwrap_or(0),
        // The text of an answer does not have it.
        display_name: String::new(),
    }
}

fn verbatim(body: &str) -> Response {
    let raw = Raw {
        status: 200,
        content_type: "application/json".to_owned(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    Response { raw: Some(raw), ..Response::none() }
}

fn seconds(value: Option<&Value>) -> Duration {
    Duration::from_secs(value.and_then(Value::as_u64).unwrap_or(0))
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let all = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|item| text(Some(item))).collect()
}
