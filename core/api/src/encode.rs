//! Answers in JSON: the envelope in its fixed order, and errors.
//!
//! Everything is written straight into one buffer, which becomes the body without a copy.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use logical::{Auth, Data, Operation, Outcome, Raw, Request, Response, WrapInfo};
use serde::Serialize;

use crate::answer::Answer;

pub(crate) mod html_safe;
pub(crate) use html_safe::write;

/// Enough for most answers, so that the buffer does not grow.
const BODY_BYTES: usize = 512;

/// Where an answer is given as it was kept: without a newline at its end, like all answers of
/// older servers that have a status of their own.
const UNWRAP: &str = "sys/wrapping/unwrap";

/// What an answer needs to know of its request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    id: String,
    operation: Operation,
    unwraps: bool,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Self {
        let unwraps = request.path == UNWRAP;
        Self { id: request.id.clone(), operation: request.operation, unwraps }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// The answer to a request that was handled.
pub(crate) fn response(mut response: Response, asked: &Asked) -> Answer {
    let headers = std::mem::take(&mut response.headers);
    let mut answer = match response.raw.take() {
        Some(body) => raw(body),
        None if is_missing(&response, asked.operation) => Answer::wordless(StatusCode::NOT_FOUND),
        None if response.is_empty() => Answer::no_content(),
        None => Answer::json(status(response.outcome), envelope(&response, asked)),
    };
    for (name, value) in headers {
        // A name or value that HTTP cannot carry is left out: the engine's mistake, not a fault.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            answer.headers.push((name, value));
        }
    }
    answer
}

/// The body of an error; without a text, an empty list.
pub(crate) fn errors(text: &str) -> Bytes {
    if text.is_empty() {
        return Bytes::from_static(b"{\"errors\":[]}\n");
    }
    let mut out = Vec::with_capacity(text.len() + 32);
    out.extend_from_slice(b"{\"errors\":[");
    write(&mut out, text);
    out.extend_from_slice(b"]}\n");
    out.into()
}

/// One JSON value and a newline.
pub(crate) fn line(value: &impl Serialize) -> Bytes {
    let mut out = Vec::with_capacity(BODY_BYTES);
    write(&mut out, value);
    out.push(b'\n');
    out.into()
}

const fn status(outcome: Outcome) -> StatusCode {
    match outcome {
        Outcome::Done => StatusCode::OK,
        Outcome::Accepted => StatusCode::ACCEPTED,
        Outcome::NotFound => StatusCode::NOT_FOUND,
    }
}

/// Whether what was asked for is not there, and there is nothing to say about it.
fn is_missing(response: &Response, operation: Operation) -> bool {
    if response.outcome == Outcome::NotFound {
        return response.is_empty();
    }
    match operation {
        Operation::Read | Operation::Help | Operation::Header | Operation::Scan => {
            response.is_empty()
        }
        Operation::List => {
            response.warnings.is_empty()
                && response.auth.is_none()
                && response.wrap_info.is_none()
                && response.data.as_ref().is_none_or(has_no_keys)
        }
        Operation::Create | Operation::Update | Operation::Patch | Operation::Delete => false,
    }
}

fn has_no_keys(data: &Data) -> bool {
    data.get("keys").and_then(|keys| keys.as_array()).is_none_or(Vec::is_empty)
}

/// An answer outside the envelope.
pub(crate) fn raw(raw: Raw) -> Answer {
    // What is no final status cannot be sent; the engine's mistake then is a fault of ours.
    let status = StatusCode::from_u16(raw.status)
        .ok()
        .filter(|status| !status.is_informational())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = Answer::json(status, raw.body);
    answer.content_type = HeaderValue::from_str(&raw.content_type).ok().filter(|v| !v.is_empty());
    answer
}

fn envelope(response: &Response, asked: &Asked) -> Vec<u8> {
    let mut out = Vec::with_capacity(BODY_BYTES);
    out.push(b'{');
    if response.mirrored {
        for (name, value) in response.data.iter().flatten() {
            write(&mut out, name);
            out.push(b':');
            write(&mut out, value);
            out.push(b',');
        }
    }
    // A wrapped answer tells nothing of the request: its id belongs to what is inside.
    let wrapped = response.wrap_info.is_some();
    let request_id = if wrapped { "" } else { &asked.id };
    let lease = response.lease.as_ref();
    member(&mut out, "\"request_id\":", request_id);
    member(&mut out, ",\"lease_id\":", &response.lease_id);
    member(&mut out, ",\"renewable\":", &lease.is_some_and(|lease| lease.renewable));
    member(&mut out, ",\"lease_duration\":", &lease.map_or(0, |lease| lease.ttl.as_secs()));
    member(&mut out, ",\"data\":", &response.data);
    member(&mut out, ",\"wrap_info\":", &response.wrap_info.as_ref().map(WrapShape::from));
    let warnings = Some(&response.warnings).filter(|warnings| !warnings.is_empty());
    member(&mut out, ",\"warnings\":", &warnings);
    member(&mut out, ",\"auth\":", &response.auth.as_ref().map(AuthShape::from));
    out.push(b'}');
    if response.outcome == Outcome::Done && (wrapped || !asked.unwraps) {
        out.push(b'\n');
    }
    out
}

fn member<T: Serialize + ?Sized>(out: &mut Vec<u8>, name: &str, value: &T) {
    out.extend_from_slice(name.as_bytes());
    write(out, value);
}

#[derive(Serialize)]
struct WrapShape<'a> {
    token: &'a str,
    accessor: &'a str,
    ttl: u64,
    creation_time: jiff::Timestamp,
    creation_path: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    wrapped_accessor: &'a str,
}

impl<'a> From<&'a WrapInfo> for WrapShape<'a> {
    fn from(info: &'a WrapInfo) -> Self {
        Self {
            token: info.token.expose(),
            accessor: &info.accessor,
            ttl: info.ttl.as_secs(),
            creation_time: info.creation_time,
            creation_path: &info.creation_path,
            wrapped_accessor: &info.wrapped_accessor,
        }
    }
}

#[derive(Serialize)]
struct AuthShape<'a> {
    client_token: &'a str,
    accessor: &'a str,
    policies: &'a [String],
    token_policies: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    identity_policies: &'a [String],
    metadata: Option<&'a std::collections::BTreeMap<String, String>>,
    lease_duration: u64,
    renewable: bool,
    entity_id: &'a str,
    token_type: &'a str,
    orphan: bool,
    mfa_requirement: (),
    num_uses: i64,
}

impl<'a> From<&'a Auth> for AuthShape<'a> {
    fn from(auth: &'a Auth) -> Self {
        Self {
            client_token: auth.client_token.expose(),
            accessor: &auth.accessor,
            policies: &auth.policies,
            token_policies: &auth.token_policies,
            identity_policies: &auth.identity_policies,
            metadata: auth.metadata.as_ref(),
            lease_duration: auth.ttl.as_secs(),
            renewable: auth.renewable,
            entity_id: &auth.entity_id,
            token_type: auth.token_type.word(),
            orphan: auth.orphan,
            mfa_requirement: (),
            num_uses: auth.num_uses,
        }
    }
}

#[cfg(test)]
mod tests;
