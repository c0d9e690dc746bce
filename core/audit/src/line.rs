//! One request line or response line, as a device wants it.

use std::collections::BTreeMap;

use crypto::Hmac;
use jiff::Timestamp;
use logical::{Code, Data, Error, Request, Response, WrapInfo};

use crate::{
    Facts, MountFacts, Outcome,
    json::{self, Members},
};

mod auth;
mod data;
#[cfg(test)]
mod tests;

use auth::client_id;
use data::{Clear, elided};

/// How the lines of a device look.
pub(crate) struct Style {
    /// The key of its HMACs.
    pub hmac: Hmac,
    /// Everything is shown in clear.
    pub raw: bool,
    /// Accessors are hashed.
    pub hmac_accessor: bool,
    /// Of a listing, only the number of names is told.
    pub elide_lists: bool,
}

/// The request headers that are shown, by lower-case name, and whether they are hashed.
pub(crate) type Headers = BTreeMap<String, bool>;

/// What the response line repeats of the request line, so that nothing is hashed twice.
pub(crate) struct Parts {
    auth: Vec<u8>,
    head: Vec<u8>,
    accessor: Vec<u8>,
    tail: Vec<u8>,
}

const CAPACITY: usize = 1024;

impl Style {
    /// Prepares the lines of a request.
    pub(crate) fn parts(&self, facts: &Facts<'_>, headers: &Headers) -> Parts {
        let token = facts.request.token.as_ref().map_or("", |token| token.expose().as_str());
        let token = self.secret(token);
        let accessor = self.accessor(facts.caller.map_or("", |caller| &caller.accessor));
        let (head, mount_accessor) = head(facts);
        Parts {
            auth: self.auth(facts, &token, &accessor),
            head,
            accessor: mount_accessor,
            tail: self.tail(facts, headers, &token, &accessor),
        }
    }

    /// The line before the engine is called.
    pub(crate) fn request(
        &self,
        facts: &Facts<'_>,
        parts: &Parts,
        error: Option<&Error>,
        now: Timestamp,
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(CAPACITY);
        let mut line = begin(&mut out, "request", now);
        line.written("auth", &parts.auth);
        parts.request(&mut line, facts.operation.writes());
        line.text("error", error.map_or("", |error| &error.public));
        line.end();
        out.push(b'\n');
        out
    }

    /// The line after it.
    pub(crate) fn response(
        &self,
        facts: &Facts<'_>,
        parts: &Parts,
        outcome: &Outcome<'_>,
        now: Timestamp,
    ) -> Vec<u8> {
        let mut out = Vec::with_capacity(2 * CAPACITY);
        let mut line = begin(&mut out, "response", now);
        let issued = outcome.result.ok().and_then(|response| response.auth.as_ref());
        match (facts.caller, issued) {
            (Some(_), _) => line.written("auth", &parts.auth),
            (None, Some(auth)) => self.issued(line.key("auth"), auth, outcome.issued_to),
            (None, None) => line.written("auth", NOBODY),
        }
        let reached = facts.permission.granted();
        parts.request(&mut line, reached || facts.operation.writes());
        let answer = line.key("response");
        match outcome.result {
            Ok(response) => self.answer(answer, facts, response, outcome.issued_to),
            Err(error) => self.failure(answer, facts, error),
        }
        line.text("error", outcome.result.err().map_or("", |error| &error.public));
        line.end();
        out.push(b'\n');
        out
    }

    /// The line that tries a new device.
    pub(crate) fn test(now: Timestamp) -> Vec<u8> {
        let mut out = Vec::with_capacity(CAPACITY);
        let mut line = begin(&mut out, "request", now);
        line.written("auth", NOBODY);
        let mut request = Members::begin(line.key("request"));
        request.text("id", &crypto::random::uuid());
        request.text("operation", "update");
        request.written("namespace", br#"{"id":"root"}"#);
        request.text("path", "sys/audit/test");
        request.end();
        line.end();
        out.push(b'\n');
        out
    }

    /// The members of `request` after those of the mount.
    fn tail(&self, facts: &Facts<'_>, headers: &Headers, token: &[u8], accessor: &[u8]) -> Vec<u8> {
        let request = facts.request;
        let mut out = Vec::with_capacity(CAPACITY / 2);
        let mut tail = Members::resume(&mut out);
        if let Some(mount) = &facts.mount {
            tail.text("mount_running_version", mount.running_version);
            tail.text("mount_class", mount.class);
        }
        written(&mut tail, "client_token", token);
        written(&mut tail, "client_token_accessor", accessor);
        namespace(&mut tail, request);
        tail.text("path", &request.path);
        if !request.data.is_empty() {
            let clear = facts.mount.as_ref().map_or(&[][..], |mount| mount.non_hmac_request_keys);
            self.data(tail.key("data"), &request.data, Clear { keys: clear, times: &[] });
        }
        tail.text("remote_address", &request.peer.address.ip().to_string());
        tail.number("remote_port", i64::from(request.peer.address.port()));
        tail.number("wrap_ttl", request.wrap.map_or(0, |wrap| seconds(wrap.ttl)));
        self.headers(&mut tail, request, headers);
        let serial = request.peer.certificate_serial.as_deref();
        tail.text("client_certificate_serial_number", serial.unwrap_or_default());
        tail.end();
        out
    }

    fn headers(&self, tail: &mut Members<'_>, request: &Request, shown: &Headers) {
        let sent = |name: &str| -> Vec<&str> {
            let same = request.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
            same.map(|(_, value)| value.as_str()).collect()
        };
        let all: Vec<_> = shown
            .iter()
            .map(|(name, hmac)| (name, *hmac, sent(name)))
            .filter(|(_, _, values)| !values.is_empty())
            .collect();
        if all.is_empty() {
            return;
        }
        let mut members = Members::begin(tail.key("headers"));
        for (name, hmac, values) in all {
            json::array(members.name(name), &values, |out, value| {
                if hmac && !self.raw {
                    json::hashed(out, &self.hmac, value);
                } else {
                    json::string(out, value);
                }
            });
        }
        members.end();
    }

    fn answer(&self, out: &mut Vec<u8>, facts: &Facts<'_>, response: &Response, issued_to: &str) {
        let mut answer = Members::begin(out);
        if let Some(auth) = response.auth.as_ref().filter(|_| response.wrap_info.is_none()) {
            self.issued(answer.key("auth"), auth, issued_to);
        }
        answering_mount(&mut answer, facts);
        if let Some(wrap) = &response.wrap_info {
            // The wrapped answer itself is in the line of the request that unwraps it.
            self.wrap_info(answer.key("wrap_info"), wrap);
            answer.end();
            return;
        }
        if response.lease.is_some() || !response.lease_id.is_empty() {
            let mut secret = Members::begin(answer.key("secret"));
            secret.text("lease_id", &response.lease_id);
            secret.end();
        }
        if let Some(data) = response.data.as_ref().filter(|data| !data.is_empty()) {
            self.answer_data(answer.key("data"), facts, response, data);
        }
        answer.texts("warnings", &response.warnings);
        answer.end();
    }

    fn answer_data(&self, out: &mut Vec<u8>, facts: &Facts<'_>, response: &Response, data: &Data) {
        let keys = facts.mount.as_ref().map_or(&[][..], |mount| mount.non_hmac_response_keys);
        let clear = Clear { keys, times: response.times };
        if self.elide_lists && facts.operation.lists() {
            self.data(out, &elided(data), clear);
        } else {
            self.data(out, data, clear);
        }
    }

    fn failure(&self, out: &mut Vec<u8>, facts: &Facts<'_>, error: &Error) {
        let mut answer = Members::begin(out);
        answering_mount(&mut answer, facts);
        if !error.public.is_empty() && has_body(facts, error) {
            let mut data = Members::begin(answer.key("data"));
            self.text(data.key("error"), &error.public);
            data.end();
        }
        answer.end();
    }

    fn wrap_info(&self, out: &mut Vec<u8>, info: &WrapInfo) {
        let mut wrap = Members::begin(out);
        wrap.number("ttl", seconds(info.ttl));
        written(&mut wrap, "token", &self.secret(info.token.expose()));
        written(&mut wrap, "accessor", &self.accessor(&info.accessor));
        wrap.text("creation_time", &info.creation_time.to_string());
        wrap.text("creation_path", &info.creation_path);
        written(&mut wrap, "wrapped_accessor", &self.accessor(&info.wrapped_accessor));
        wrap.end();
    }
}

impl Parts {
    fn request(&self, line: &mut Members<'_>, with_accessor: bool) {
        let out = line.key("request");
        out.extend_from_slice(&self.head);
        if with_accessor {
            out.extend_from_slice(&self.accessor);
        }
        out.extend_from_slice(&self.tail);
    }
}

/// The `auth` of a line without a token.
const NOBODY: &[u8] = br#"{"token_type":"default"}"#;

fn begin<'o>(out: &'o mut Vec<u8>, kind: &str, now: Timestamp) -> Members<'o> {
    let mut line = Members::begin(out);
    line.text("time", &now.to_string());
    line.text("type", kind);
    line
}

/// The members of `request` up to the mount's type, and then its accessor: that is told in request
/// lines of writes only, and in response lines if the mount was reached.
fn head(facts: &Facts<'_>) -> (Vec<u8>, Vec<u8>) {
    let mut out = Vec::with_capacity(CAPACITY / 4);
    let mut head = Members::begin(&mut out);
    head.text("id", &facts.request.id);
    if let Some(caller) = facts.caller {
        head.text("client_id", &client_id(caller, facts.request));
    }
    head.text("operation", facts.operation.word());
    let mut accessor = Vec::new();
    if let Some(MountFacts { path, kind, accessor: name, .. }) = facts.mount {
        head.text("mount_point", path);
        head.text("mount_type", kind);
        Members::resume(&mut accessor).text("mount_accessor", name);
    }
    (out, accessor)
}

fn namespace(tail: &mut Members<'_>, request: &Request) {
    let mut namespace = Members::begin(tail.key("namespace"));
    namespace.text("id", &request.namespace.id);
    namespace.text("path", &request.namespace.path);
    namespace.end();
}

fn answering_mount(answer: &mut Members<'_>, facts: &Facts<'_>) {
    let Some(mount) = &facts.mount else { return };
    answer.text("mount_point", mount.path);
    answer.text("mount_type", mount.kind);
    if facts.permission.granted() || facts.operation.writes() {
        answer.text("mount_accessor", mount.accessor);
    }
    answer.text("mount_running_plugin_version", mount.running_version);
    answer.text("mount_class", mount.class);
}

/// Errors that no handler made have no answer to hash.
fn has_body(facts: &Facts<'_>, error: &Error) -> bool {
    let unhandled = matches!(
        error.code,
        Code::UnsupportedPath | Code::UnsupportedOperation | Code::Internal | Code::Unavailable
    );
    !(unhandled && facts.mount.is_some() && facts.permission.granted())
}

fn pairs(members: &mut Members<'_>, name: &'static str, pairs: &BTreeMap<String, String>) {
    if pairs.is_empty() {
        return;
    }
    let mut object = Members::begin(members.key(name));
    for (name, value) in pairs {
        json::string(object.name(name), value);
    }
    object.end();
}

fn written(members: &mut Members<'_>, name: &'static str, value: &[u8]) {
    if !value.is_empty() {
        members.written(name, value);
    }
}

fn seconds(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
