//! `listener`: where requests come in, and what is asked of them there.

use std::{path::PathBuf, time::Duration};

use crate::{
    address::Address,
    error::{Error, Place, Result},
    section::Section,
};

mod cors;
mod forwarded;
mod headers;
mod limits;
mod tls;

pub use crate::listener::{
    cors::Cors,
    forwarded::ForwardedFor,
    headers::{ResponseHeaders, StatusPattern},
    limits::{HttpTimeouts, RequestLimits},
    tls::{ClientCertificates, Tls, TlsVersion},
};

/// `listener "tcp" { … }`.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The address or the socket.
    pub bind: Bind,
    /// Where other nodes come in: one port above the address, if nothing else is said.
    pub cluster_address: Option<Address>,
    /// TLS, or clear text.
    pub tls: Option<Tls>,
    /// How large and how long a request may be.
    pub limits: RequestLimits,
    /// How long a connection may take.
    pub timeouts: HttpTimeouts,
    /// Which proxies are believed.
    pub forwarded_for: Option<ForwardedFor>,
    /// Which web pages may ask.
    pub cors: Option<Cors>,
    /// Headers that are added to answers.
    pub response_headers: Vec<ResponseHeaders>,
    /// What is shown without a token.
    pub unauthenticated: Unauthenticated,
    /// Whether only metrics are served.
    pub metrics_only: bool,
    /// Whether metrics are not served.
    pub disallow_metrics: bool,
    /// Another path for metrics.
    pub metrics_path: Option<String>,
    /// Whether requests without `X-Vault-Request` are refused.
    pub require_request_header: bool,
    /// Whether `sys/rekey/*` is off.
    pub disable_unauthed_rekey_endpoints: bool,
    /// Whether `sys/generate-root/*` is off.
    pub disable_unauthed_generate_root_endpoints: bool,
    /// Where it stands.
    pub place: Place,
}

/// What is listened on. Closed: the two kinds of listener.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Bind {
    /// A TCP port.
    Tcp(Address),
    /// A socket in the file system.
    Unix(UnixSocket),
}

/// A socket in the file system, and whose it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnixSocket {
    /// The file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: Option<u32>,
    /// Its owner, by name or number.
    pub user: Option<String>,
    /// Its group, by name or number.
    pub group: Option<String>,
}

/// What is shown without a token.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Unauthenticated {
    /// `sys/metrics`.
    pub metrics: bool,
    /// `sys/pprof`.
    pub pprof: bool,
    /// `sys/in-flight-req`.
    pub in_flight_requests: bool,
}

/// Keys that have no effect here and whose absence nobody would notice.
const IGNORED: &[&str] = &[
    "agent_api",
    "disable_replication_status_endpoints",
    "disable_request_limiter",
    "proxy_api",
    "purpose",
    "tls_key_exchange_preferences",
    "tls_prefer_server_cipher_suites",
];

/// Keys whose effect an operator would miss.
const UNUSED: &[&str] = &[
    "chroot_namespace",
    "proxy_protocol_authorized_addrs",
    "proxy_protocol_behavior",
    "redact_addresses",
    "redact_cluster_name",
    "redact_version",
    "tls_acme_ca_directory",
    "tls_acme_ca_root",
    "tls_acme_cache_path",
    "tls_acme_disable_alpn_challenge",
    "tls_acme_disable_http_challenge",
    "tls_acme_domains",
    "tls_acme_eab_key_id",
    "tls_acme_eab_mac_key",
    "tls_acme_email",
    "tls_acme_key_type",
    "tls_acme_test_ca_directory",
];

/// Reads all listeners. `request_duration` is how long a request may take where none says.
pub(crate) fn read(
    outermost: &mut Section<'_>,
    request_duration: Duration,
    warnings: &mut Vec<String>,
) -> Result<Vec<Listener>> {
    let sections = outermost.sections("listener", 1)?;
    sections
        .into_iter()
        .map(|mut section| listener(&mut section, request_duration, warnings))
        .collect()
}

fn listener(
    section: &mut Section<'_>,
    request_duration: Duration,
    warnings: &mut Vec<String>,
) -> Result<Listener> {
    let bind = bind(section)?;
    let cluster_address = match (section.parsed("cluster_address", Address::parse)?, &bind) {
        (None, Bind::Tcp(address)) => address.next_port(),
        (given, _) => given,
    };
    let role = section.text("role")?;
    let metrics = subsection(section, "telemetry", warnings, |inner| {
        Ok((
            inner.flag("unauthenticated_metrics_access")?.unwrap_or(false),
            inner.flag("metrics_only")?.unwrap_or(false),
            inner.flag("disallow_metrics")?.unwrap_or(false),
            inner.text("metrics_path")?,
        ))
    })?;
    let (metrics, metrics_only, disallow_metrics, metrics_path) = metrics.unwrap_or_default();
    let pprof = subsection(section, "profiling", warnings, |inner| {
        inner.flag("unauthenticated_pprof_access")
    })?;
    let in_flight = subsection(section, "inflight_requests_logging", warnings, |inner| {
        inner.flag("unauthenticated_in_flight_requests_access")
    })?;
    let is_set = |flag: Option<Option<bool>>| flag.flatten().unwrap_or(false);
    let listener = Listener {
        bind,
        cluster_address,
        tls: tls::read(section)?,
        limits: limits::requests(section, request_duration)?,
        timeouts: limits::timeouts(section)?,
        forwarded_for: forwarded::read(section)?,
        cors: cors::read(section)?,
        response_headers: headers::read(section)?,
        unauthenticated: Unauthenticated {
            metrics,
            pprof: is_set(pprof),
            in_flight_requests: is_set(in_flight),
        },
        metrics_only: metrics_only || role.as_deref() == Some("metrics_only"),
        disallow_metrics,
        metrics_path,
        require_request_header: section.flag("require_request_header")?.unwrap_or(false),
        disable_unauthed_rekey_endpoints: section
            .flag("disable_unauthed_rekey_endpoints")?
            .unwrap_or(true),
        disable_unauthed_generate_root_endpoints: section
            .flag("disable_unauthed_generate_root_endpoints")?
            .unwrap_or(true),
        place: section.place(),
    };
    section.accept(IGNORED);
    section.warn_unused(UNUSED, warnings);
    section.warn_unknown(warnings);
    Ok(listener)
}

/// Reads a block within, if it is there, and warns of what is unknown in it.
fn subsection<T>(
    section: &mut Section<'_>,
    key: &'static str,
    warnings: &mut Vec<String>,
    read: impl FnOnce(&mut Section<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let Some(mut inner) = section.section(key, 0)? else { return Ok(None) };
    let value = read(&mut inner)?;
    inner.warn_unknown(warnings);
    Ok(Some(value))
}

fn bind(section: &mut Section<'_>) -> Result<Bind> {
    let mode = section.parsed("socket_mode", |text| {
        u32::from_str_radix(text, 8).map_err(|_| format!("must be like 0660, not \"{text}\""))
    })?;
    let (user, group) = (section.text("socket_user")?, section.text("socket_group")?);
    match section.label(0).as_str() {
        "tcp" => {
            let address = section.parsed("address", Address::parse)?;
            let standard = || Address { host: "127.0.0.1".to_owned(), port: 8200 };
            Ok(Bind::Tcp(address.unwrap_or_else(standard)))
        }
        "unix" => match section.text("address")? {
            Some(path) => Ok(Bind::Unix(UnixSocket { path: path.into(), mode, user, group })),
            None => Err(fault(section, "address", "a unix listener needs the path of its socket")),
        },
        other => {
            let problem = format!("a listener is \"tcp\" or \"unix\", not \"{other}\"");
            Err(fault(section, "listener", &problem))
        }
    }
}

/// An error about a key that is not there.
fn fault(section: &Section<'_>, key: &str, problem: &str) -> Error {
    Error::Setting { place: section.place(), key: key.to_owned(), problem: problem.to_owned() }
}
