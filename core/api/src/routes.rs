//! Which request goes where: the few paths that answer without a token, and all the others.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use crypto::Secret;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Version,
    header::{ACCEPT, HOST, X_CONTENT_TYPE_OPTIONS},
    request::Parts,
};
use hyper::body::Body;
use logical::{Code, Error, Peer};
use node::UnsealRequest;

use crate::{
    Common, Metrics, MetricsFormat, Service, Settings,
    answer::{Answer, Wire},
    body,
    decode::{Head, Verb, in_unknown_namespace},
    encode::{self, Asked},
    forwarded,
    headers::Standing,
    health,
    path::{Place, place},
    run,
    status::status,
    strict, sys_json,
};

const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
const REQUEST: HeaderName = HeaderName::from_static("x-vault-request");
const METRICS: &str = "sys/metrics";

/// Lengths of an unseal key: of a 16 to 32 byte key, with the byte that a share has besides.
const UNSEAL_KEY_BYTES: std::ops::RangeInclusive<usize> = 16..=33;

/// One listener's way to the node.
pub(crate) struct Door {
    pub(crate) service: Arc<dyn Service>,
    pub(crate) settings: Settings,
    pub(crate) common: Common,
    pub(crate) standing: Standing,
}

/// The paths that this crate answers itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Own {
    Init,
    SealStatus,
    Unseal,
    Health,
    Leader,
    /// Known here only for its methods.
    Seal,
    /// Likewise.
    StepDown,
    /// Answered here only on a listener that asks for no token.
    Metrics,
}

impl Own {
    fn of(path: &str) -> Option<Self> {
        Some(match path.strip_prefix("sys/")? {
            "init" => Self::Init,
            "seal-status" => Self::SealStatus,
            "unseal" => Self::Unseal,
            "health" => Self::Health,
            "leader" => Self::Leader,
            "seal" => Self::Seal,
            "step-down" => Self::StepDown,
            "metrics" => Self::Metrics,
            _ => return None,
        })
    }

    const fn takes(self, verb: Verb) -> bool {
        match self {
            Self::Init => matches!(verb, Verb::Get | Verb::Write),
            Self::SealStatus | Self::Leader => matches!(verb, Verb::Get),
            Self::Unseal | Self::Seal | Self::StepDown => matches!(verb, Verb::Write),
            Self::Health => matches!(verb, Verb::Get | Verb::Head),
            Self::Metrics => true,
        }
    }

    /// Whether it is the same in every namespace.
    const fn is_everywhere(self) -> bool {
        matches!(self, Self::SealStatus | Self::Leader)
    }
}

impl Door {
    /// Answers one request.
    pub(crate) async fn answer<B>(&self, request: Request<B>, peer: &Peer) -> Wire
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::error::Error,
    {
        let (parts, body) = request.into_parts();
        let mut answer = self.route(&parts, body, peer).await.unwrap_or_else(|answer| answer);
        if let Some(namespace) = parts.headers.get(&NAMESPACE) {
            answer.headers.push((NAMESPACE, namespace.clone()));
        }
        // HTTP/1 keeps the body of a HEAD back by itself and tells its length.
        if parts.method == http::Method::HEAD && parts.version == Version::HTTP_2 {
            answer.body = Bytes::new();
        }
        answer.into_response(parts.version, &self.standing)
    }

    async fn route<B>(&self, parts: &Parts, body: B, peer: &Peer) -> Result<Answer, Answer>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: std::error::Error,
    {
        if parts.version == Version::HTTP_11 && !parts.headers.contains_key(HOST) {
            let text = "400 Bad Request: missing required Host header";
            return Err(Answer::unread(StatusCode::BAD_REQUEST, text).closing());
        }
        let verb = Verb::of(&parts.method);
        let path = self.path(parts, verb)?;
        let Some(verb) = verb else {
            return Err(Answer::wordless(StatusCode::METHOD_NOT_ALLOWED));
        };
        if self.settings.require_request_header && !is_true(&parts.headers, &REQUEST) {
            let why = "missing 'X-Vault-Request' header";
            return Err(Error::new(Code::PreconditionFailed, why).into());
        }
        let mut peer = peer.clone();
        if let Some(rules) = &self.settings.forwarded_for {
            peer.address = forwarded::client(rules, peer.address, &parts.headers)?;
        }
        let head = Head { parts, path: &path, verb, peer };
        let own = Own::of(&path);
        if let Some(own) = own
            && !own.takes(verb)
        {
            return Err(Answer::wordless(StatusCode::METHOD_NOT_ALLOWED));
        }
        if in_unknown_namespace(&parts.headers) && !own.is_some_and(Own::is_everywhere) {
            return Err(not_in_namespaces(&path).into());
        }
        self.check_switches(&path)?;
        head.check_content_type()?;
        let Settings { limits, timeouts, .. } = &self.settings;
        let body =
            if verb.has_body() { body::read(body, limits, timeouts).await? } else { Bytes::new() };
        match own {
            Some(own) => self.own(own, head, body).await,
            None => self.handle(head, &body).await,
        }
    }

    /// The path below `/v1/`, if it is one that this listener serves.
    fn path<'a>(&self, parts: &'a Parts, verb: Option<Verb>) -> Result<Cow<'a, str>, Answer> {
        let Metrics { only, disallowed, path: alias } = &self.settings.metrics;
        let raw = parts.uri.path();
        let path = match place(raw) {
            _ if alias.as_deref() == Some(raw) => Cow::Borrowed(METRICS),
            Place::Api(path) => path,
            other => return Err(self.elsewhere(other, parts, verb)),
        };
        if (*only && path != METRICS) || (*disallowed && path == METRICS) {
            return Err(Answer::wordless(StatusCode::NOT_FOUND));
        }
        Ok(path)
    }

    fn elsewhere(&self, place: Place<'_>, parts: &Parts, verb: Option<Verb>) -> Answer {
        let with_page = verb == Some(Verb::Get);
        match place {
            Place::Moved(clean) => match parts.uri.query() {
                Some(query) => Answer::moved(&format!("{clean}?{query}"), with_page),
                None => Answer::moved(&clean, with_page),
            },
            Place::Pages if self.common.ui && !parts.uri.path().starts_with("/ui/") => {
                Answer::moved("/ui/", with_page)
            }
            Place::Pages => {
                let mut answer = Answer::text(StatusCode::NOT_FOUND, "404 page not found\n");
                answer.headers.push((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
                answer
            }
            Place::Nowhere | Place::Api(_) => Answer::wordless(StatusCode::NOT_FOUND),
            Place::Unprintable => Answer::unread(StatusCode::BAD_REQUEST, ""),
            Place::Relative => Error::invalid("relative paths not supported").into(),
        }
    }

    /// Paths that a listener can be told not to answer.
    fn check_switches(&self, path: &str) -> Result<(), Error> {
        let Settings { rekey_is_off, generate_root_is_off, .. } = self.settings;
        let unsupported = |code, what: &'static str| Err(Error::new(code, what));
        let mut segments = path.split('/').skip(1);
        match (segments.next(), segments.next()) {
            _ if !path.starts_with("sys/") => Ok(()),
            // These two ask for a token.
            (Some("rekey"), Some("backup" | "recovery-key-backup")) => Ok(()),
            (Some("generate-root"), Some(_)) if generate_root_is_off => {
                unsupported(Code::UnsupportedOperation, "unsupported operation")
            }
            (Some("rekey"), Some(_)) if rekey_is_off => {
                unsupported(Code::UnsupportedOperation, "unsupported operation")
            }
            (Some("rekey-recovery-key"), Some(_)) if rekey_is_off => {
                unsupported(Code::UnsupportedPath, "unsupported path")
            }
            _ => Ok(()),
        }
    }

    async fn own(&self, own: Own, head: Head<'_>, body: Bytes) -> Result<Answer, Answer> {
        let ok = |body: Bytes| Ok(Answer::json(StatusCode::OK, body));
        match own {
            Own::Init if head.verb == Verb::Get => {
                ok(sys_json::initialized(self.service.initialized().await.map_err(logged)?))
            }
            Own::Init => {
                let request = strict::init(&body, &self.settings.limits)?;
                let service = Arc::clone(&self.service);
                let init = run::whole(async move { service.init(request).await });
                ok(sys_json::init(&init.await.map_err(logged)?))
            }
            Own::SealStatus => {
                let status = self.service.seal_status().await.map_err(logged)?;
                ok(sys_json::seal_status(&status, &self.common.build))
            }
            Own::Unseal => self.unseal(&body).await,
            Own::Health => health::answer(
                &self.service.health(),
                &self.common.build,
                &head.query()?,
                head.verb,
            ),
            Own::Leader => ok(sys_json::leader(&self.service.leader().map_err(logged)?)),
            Own::Metrics if self.settings.unauthenticated.metrics && head.verb == Verb::Get => {
                self.metrics(&head)
            }
            Own::Seal | Own::StepDown | Own::Metrics => self.handle(head, &body).await,
        }
    }

    async fn unseal(&self, body: &[u8]) -> Result<Answer, Answer> {
        let body = strict::unseal(body, &self.settings.limits)?;
        let request = if body.reset {
            UnsealRequest::Reset
        } else if body.key.is_empty() {
            let why = "'key' must be specified in request body as JSON, or 'reset' set to true";
            return Err(Error::invalid(why).into());
        } else {
            let undecodable = || Error::invalid("'key' must be a valid hex or base64 string");
            let decoded = hex::decode(&body.key).ok().or_else(|| STANDARD.decode(&body.key).ok());
            let key = Secret::new(decoded.ok_or_else(undecodable)?);
            // A node without a barrier has something more important to say than this.
            if !UNSEAL_KEY_BYTES.contains(&key.expose().len())
                && self.service.initialized().await.map_err(logged)?
            {
                return Err(undecodable().into());
            }
            UnsealRequest::Key { key, migrate: body.migrate }
        };
        let service = Arc::clone(&self.service);
        let unseal = run::whole(async move { service.unseal(request).await });
        let status = unseal.await.map_err(logged)?;
        Ok(Answer::json(StatusCode::OK, sys_json::seal_status(&status, &self.common.build)))
    }

    fn metrics(&self, head: &Head<'_>) -> Result<Answer, Answer> {
        let query = head.query()?;
        let accept = head.parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok());
        match MetricsFormat::choose(query.first("format"), accept.unwrap_or_default()) {
            Ok(format) => Ok(encode::raw(self.service.metrics(format).map_err(logged)?)),
            Err(other) => {
                let text = format!("metric response format {other:?} unknown");
                let mut answer = Answer::text(StatusCode::BAD_REQUEST, "");
                answer.body = text.into();
                Err(answer)
            }
        }
    }

    async fn handle(&self, head: Head<'_>, body: &Bytes) -> Result<Answer, Answer> {
        let limits = &self.settings.limits;
        let request = head.request(body, limits)?;
        let asked = Asked::of(&request);
        match run::to_the_end(&self.service, request, limits.max_request_duration).await {
            Ok(response) => Ok(encode::response(response, &asked)),
            Err(error) => {
                log(&error, asked.id());
                Err(error.into())
            }
        }
    }
}

/// Paths that exist once per server say so; the others have nobody to ask.
fn not_in_namespaces(path: &str) -> Error {
    const ONCE: [&str; 14] = [
        "init",
        "unseal",
        "health",
        "seal",
        "step-down",
        "metrics",
        "raw",
        "rekey",
        "rekey-recovery-key",
        "generate-root",
        "generate-recovery-token",
        "storage",
        "pprof",
        "in-flight-req",
    ];
    let first = path.strip_prefix("sys/").and_then(|path| path.split('/').next());
    if first.is_some_and(|first| ONCE.contains(&first)) {
        return Error::invalid("operation unavailable in namespaces");
    }
    Error::new(Code::NotFound, "namespace not found")
}

fn is_true(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers.get(name).is_some_and(|value| value == "true")
}

fn logged(error: Error) -> Error {
    log(&error, "");
    error
}

/// What the client does not read goes to the log: a fault of ours for the operator, a fault of the
/// client's for whoever looks closer.
fn log(error: &Error, request_id: &str) {
    let Some(source) = &error.source else { return };
    if status(error.code).is_client_error() {
        tracing::debug!(request_id, code = ?error.code, error = %source, "a request was refused");
    } else {
        tracing::error!(request_id, code = ?error.code, error = %source, "a request failed");
    }
}
