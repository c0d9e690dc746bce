//! What one listener is told: where to listen, what to accept, what to show.

use std::borrow::Cow;

use config::{
    Address, Bind, ForwardedFor, HttpTimeouts, RequestLimits, ResponseHeaders, Tls, Unauthenticated,
};

/// One listener: the part of its stanza that is honoured here.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address or the socket.
    pub bind: Bind,
    /// TLS; `None` serves clear text.
    pub tls: Option<Tls>,
    /// How large and how long a request may be.
    pub limits: RequestLimits,
    /// How long a client may take.
    pub timeouts: HttpTimeouts,
    /// Proxies that may name the client.
    pub forwarded_for: Option<ForwardedFor>,
    /// Headers that the operator adds to answers.
    pub headers: Vec<ResponseHeaders>,
    /// What is shown without a token.
    pub unauthenticated: Unauthenticated,
    /// Whether and where metrics are served.
    pub metrics: Metrics,
    /// Requests without `X-Vault-Request` are refused.
    pub require_request_header: bool,
    /// `sys/rekey/*` is off: its authority is the unseal keys, not a token.
    pub rekey_is_off: bool,
    /// `sys/generate-root/*` is off, likewise.
    pub generate_root_is_off: bool,
}

/// Whether and where metrics are served.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Nothing else is served.
    pub only: bool,
    /// They are not served.
    pub disallowed: bool,
    /// A path of their own, besides `/v1/sys/metrics`.
    pub path: Option<String>,
}

impl Default for Settings {
    /// Clear text on the usual port, everything answered.
    fn default() -> Self {
        Self {
            bind: Bind::Tcp(Address { host: "127.0.0.1".to_owned(), port: 8200 }),
            tls: None,
            limits: RequestLimits::DEFAULT,
            timeouts: HttpTimeouts { read_header: None, read: None, write: None, idle: None },
            forwarded_for: None,
            headers: Vec::new(),
            unauthenticated: Unauthenticated::default(),
            metrics: Metrics::default(),
            require_request_header: false,
            rekey_is_off: false,
            generate_root_is_off: false,
        }
    }
}

impl From<&config::Listener> for Settings {
    fn from(listener: &config::Listener) -> Self {
        Self {
            bind: listener.bind.clone(),
            tls: listener.tls.clone(),
            limits: listener.limits,
            timeouts: listener.timeouts,
            forwarded_for: listener.forwarded_for.clone(),
            headers: listener.response_headers.clone(),
            unauthenticated: listener.unauthenticated,
            metrics: Metrics {
                only: listener.metrics_only,
                disallowed: listener.disallow_metrics,
                path: listener.metrics_path.clone(),
            },
            require_request_header: listener.require_request_header,
            rekey_is_off: listener.disable_unauthed_rekey_endpoints,
            generate_root_is_off: listener.disable_unauthed_generate_root_endpoints,
        }
    }
}

/// What all listeners of a server share.
#[derive(Clone, Debug, Default)]
pub struct Common {
    /// What `version` says.
    pub build: Build,
    /// A web UI is served below `/ui/`, so that `/` leads there.
    pub ui: bool,
    /// The value of `X-Vault-Hostname`, if answers shall have it.
    pub hostname: Option<String>,
}

/// What the server says of itself.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// A semantic version that clients gate features by.
    pub version: Cow<'static, str>,
    /// The time of the commit, RFC 3339, or empty.
    pub commit_date: Cow<'static, str>,
    /// The time of the build, RFC 3339, or empty.
    pub build_date: Cow<'static, str>,
}
