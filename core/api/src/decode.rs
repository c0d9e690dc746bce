//! A request of HTTP becomes a request of ours.

use std::time::Duration;

use bytes::Bytes;
use config::RequestLimits;
use crypto::Secret;
use http::{
    HeaderMap, HeaderName, Method, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ORIGIN, USER_AGENT},
    request::Parts,
};
use logical::{Code, Data, Error, Namespace, Operation, Peer, Request, Wrap, WrapFormat, duration};

use crate::{answer::Answer, json, query::Query};

// Names made ahead: looking one up by its text would read the text for each request.
const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
const WRAP_TTL: HeaderName = HeaderName::from_static("x-vault-wrap-ttl");
const WRAP_FORMAT: HeaderName = HeaderName::from_static("x-vault-wrap-format");
const FORM: &str = "application/x-www-form-urlencoded";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// What a body that is no object is measured against in errors.
const OBJECT: &str = "map[string]interface {}";

/// A method of the API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verb {
    Get,
    Head,
    Write,
    Patch,
    Delete,
    List,
    Scan,
    Help,
    Options,
}

impl Verb {
    pub(crate) fn of(method: &Method) -> Option<Self> {
        Some(match method.as_str() {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" | "PUT" => Self::Write,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "LIST" => Self::List,
            "SCAN" => Self::Scan,
            "HELP" => Self::Help,
            "OPTIONS" => Self::Options,
            _ => return None,
        })
    }

    /// Whether the body is read. On other methods it is left alone, however malformed it is.
    pub(crate) const fn has_body(self) -> bool {
        matches!(self, Self::Write | Self::Patch)
    }
}

/// A request as far as it was read: everything but the body, which may still be on its way.
pub(crate) struct Head<'a> {
    pub(crate) parts: &'a Parts,
    /// Below `/v1/`, decoded.
    pub(crate) path: &'a str,
    pub(crate) verb: Verb,
    pub(crate) peer: Peer,
}

impl Head<'_> {
    pub(crate) fn query(&self) -> Result<Query, Error> {
        Query::parse(self.parts.uri.query())
    }

    /// What is wrong with the content type, before the body is read.
    pub(crate) fn check_content_type(&self) -> Result<(), Error> {
        if self.verb != Verb::Patch {
            return Ok(());
        }
        match media_type(&self.parts.headers) {
            "" => Err(Error::invalid("mime: no media type")),
            kind if kind.eq_ignore_ascii_case(MERGE_PATCH) => Ok(()),
            other => Err(Error::new(
                Code::UnsupportedMediaType,
                format!("PATCH requires Content-Type of {MERGE_PATCH}, provided {other}"),
            )),
        }
    }

    /// The whole request, with its body.
    pub(crate) fn request(self, body: &Bytes, limits: &RequestLimits) -> Result<Request, Answer> {
        let headers = &self.parts.headers;
        let mut query = self.query()?;
        let operation = operation(self.verb, &mut query)?;
        let mut path = self.path.to_owned();
        if operation.lists() && !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        if operation.writes() && path.ends_with('/') {
            return Err(Error::invalid("cannot write to a path ending in '/'").into());
        }
        let data =
            if operation.writes() { body_data(headers, body, limits)? } else { query.into_data() };
        Ok(Request {
            id: crypto::random::uuid(),
            operation,
            path,
            namespace: Namespace::root(),
            token: token(headers),
            data,
            headers: kept(headers),
            wrap: wrap(headers)?,
            peer: self.peer,
        })
    }
}

/// Whether the request names a namespace that is not the root. There is no other one.
pub(crate) fn in_unknown_namespace(headers: &HeaderMap) -> bool {
    let name = text(headers, &NAMESPACE).trim_matches('/');
    !name.is_empty() && name != "root"
}

fn operation(verb: Verb, query: &mut Query) -> Result<Operation, Answer> {
    let operation = match verb {
        _ if !query.first("help").is_empty() => Operation::Help,
        Verb::Help => Operation::Help,
        Verb::Get => return read_or_list(query),
        Verb::Head => Operation::Header,
        Verb::Write => Operation::Update,
        Verb::Patch => Operation::Patch,
        Verb::Delete => Operation::Delete,
        Verb::List => Operation::List,
        Verb::Scan => Operation::Scan,
        Verb::Options => {
            return Err(Error::invalid("cannot handle internal-only request operation").into());
        }
    };
    Ok(operation)
}

/// Clients that cannot send LIST ask with a parameter of GET.
fn read_or_list(query: &mut Query) -> Result<Operation, Answer> {
    let operation = match (query.flag("list")?, query.flag("scan")?) {
        (Some(true), Some(true)) => return Err(Answer::wordless(StatusCode::BAD_REQUEST)),
        (Some(true), _) => Operation::List,
        (_, Some(true)) => Operation::Scan,
        _ => return Ok(Operation::Read),
    };
    query.remove(if operation == Operation::List { "list" } else { "scan" });
    Ok(operation)
}

fn body_data(headers: &HeaderMap, body: &Bytes, limits: &RequestLimits) -> Result<Data, Error> {
    let looks_like_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    if looks_like_json || !media_type(headers).eq_ignore_ascii_case(FORM) {
        return json::object(body, limits, OBJECT);
    }
    match std::str::from_utf8(body) {
        Ok(form) => Ok(Query::parse(Some(form))?.into_fields()),
        Err(_) => Err(Error::invalid("the form is not UTF-8")),
    }
}

/// The type in `Content-Type`, without its parameters.
fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.split(';').next()).unwrap_or_default().trim()
}

fn token(headers: &HeaderMap) -> Option<Secret<String>> {
    let own = headers.get(&TOKEN).map(|value| value.as_bytes().trim_ascii());
    let bearer = || {
        let value = headers.get(AUTHORIZATION)?.as_bytes();
        Some(value.strip_prefix(b"Bearer ")?.trim_ascii())
    };
    let token = own.filter(|token| !token.is_empty()).or_else(bearer)?;
    let token = String::from_utf8_lossy(token).into_owned();
    (!token.is_empty()).then(|| Secret::new(token))
}

fn wrap(headers: &HeaderMap) -> Result<Option<Wrap>, Error> {
    let ttl = text(headers, &WRAP_TTL);
    if ttl.is_empty() {
        return Ok(None);
    }
    let broken =
        |why: &str| Error::invalid(format!("error parsing X-Vault-Wrap-TTL header: {why}"));
    let seconds = duration::seconds(ttl).map_err(|why| broken(&why))?;
    let seconds =
        u64::try_from(seconds).map_err(|_| broken("requested wrap ttl cannot be negative"))?;
    let format = match text(headers, &WRAP_FORMAT) {
        "jwt" => WrapFormat::Jwt,
        _ => WrapFormat::Token,
    };
    let wrap = Wrap { ttl: Duration::from_secs(seconds), format };
    Ok(Some(wrap).filter(|wrap| !wrap.ttl.is_zero()))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}

/// The headers that audit devices and mounts can ask for.
///
/// Copying all of them would cost more than the rest of decoding. Those that start with `x-` are
/// what operators configure, the few others are what audit lines and engines know; the token and
/// what only concerns the connection stay here.
fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let wanted = |name: &HeaderName| {
        (name.as_str().starts_with("x-") && name != TOKEN)
            || matches!(*name, ACCEPT | CONTENT_TYPE | ORIGIN | USER_AGENT)
            || name == "traceparent"
    };
    headers
        .iter()
        .filter(|(name, _)| wanted(name))
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests;
