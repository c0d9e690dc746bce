//! Where and how to connect: one value, filled from the environment and then by flags.
//!
//! Each variable is looked for as `STRONGROOM_X`, then `BAO_X`, then `VAULT_X`. The first that is
//! set wins, even if it is empty: an empty value is how one says "not the older name's value".

#[cfg(test)]
mod tests;

use std::{env, fmt, path::PathBuf, time::Duration};

use zeroize::Zeroizing;

use crate::{Error, Result};

/// Where a server is looked for when nothing is said.
pub const ADDRESS_DEFAULT: &str = "https://127.0.0.1:8200";
/// How long one request may take when nothing is said.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(60);
/// How often a request is repeated when nothing is said.
pub const RETRIES_DEFAULT: u32 = 2;
/// The most repetitions that can be asked for.
pub const RETRIES_MAX: u32 = 1_000;
/// The wait before the first repetition; the next ones wait half as long again, at most.
pub const RETRY_WAIT_DEFAULT: Duration = Duration::from_secs(1);

const PREFIXES: [&str; 3] = ["STRONGROOM_", "BAO_", "VAULT_"];

/// A token. It is wiped when dropped and never shown by `Debug`.
#[derive(Clone, Eq, PartialEq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// The token in this text, without the white space around it; `None` if there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text itself, for a header or a file.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Everything a [`Client`](crate::Client) needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Scheme, host and port, and perhaps a path that stands before `/v1/`.
    pub address: String,
    /// Sent as `X-Vault-Token`.
    pub token: Option<Token>,
    /// Sent as `X-Vault-Namespace`.
    pub namespace: String,
    /// A PEM file of the authorities to trust instead of the system's.
    pub ca_cert: Option<PathBuf>,
    /// The same as PEM text; wins over the file.
    pub ca_cert_pem: Option<String>,
    /// A folder of PEM files to trust instead of the system's; used if no other is given.
    pub ca_path: Option<PathBuf>,
    /// A PEM file with our certificate, for servers that ask for one.
    pub client_cert: Option<PathBuf>,
    /// The PEM file with its private key.
    pub client_key: Option<PathBuf>,
    /// The name to ask for and to verify instead of the host of the address; empty: the host.
    pub tls_server_name: String,
    /// Accept any certificate. Whoever is on the way can then read everything.
    pub tls_skip_verify: bool,
    /// A proxy for all requests, as a URL; empty: the usual `HTTPS_PROXY` and so on.
    pub proxy: String,
    /// How long one request may take, with all its redirects but without its repetitions.
    pub timeout: Duration,
    /// How often to repeat what failed for a reason that may pass.
    pub max_retries: u32,
    /// The wait before the first repetition.
    pub retry_wait: Duration,
    /// Whether to leave a redirect unfollowed.
    pub disable_redirects: bool,
    /// Asks for a wrapped answer that lives this long; empty: not wrapped.
    pub wrap_ttl: String,
    /// More headers, by name, in order.
    pub headers: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: ADDRESS_DEFAULT.to_owned(),
            token: None,
            namespace: String::new(),
            ca_cert: None,
            ca_cert_pem: None,
            ca_path: None,
            client_cert: None,
            client_key: None,
            tls_server_name: String::new(),
            tls_skip_verify: false,
            proxy: String::new(),
            timeout: TIMEOUT_DEFAULT,
            max_retries: RETRIES_DEFAULT,
            retry_wait: RETRY_WAIT_DEFAULT,
            disable_redirects: false,
            wrap_ttl: String::new(),
            headers: Vec::new(),
        }
    }
}

impl Settings {
    /// The defaults, for a server at this address.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: address.into(), ..Self::default() }
    }

    /// The same with a token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Token::parse(token);
        self
    }

    /// What the process's environment says, over the defaults.
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(&variable)
    }

    /// What `lookup` says of each variable, given without prefix, over the defaults.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let text = |name: &str| lookup(name).unwrap_or_default();
        let given = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let base = Self::default();
        Ok(Self {
            address: given("ADDR").unwrap_or(base.address),
            token: lookup("TOKEN").as_deref().and_then(Token::parse),
            namespace: text("NAMESPACE"),
            ca_cert: given("CACERT").map(PathBuf::from),
            ca_cert_pem: given("CACERT_BYTES"),
            ca_path: given("CAPATH").map(PathBuf::from),
            client_cert: given("CLIENT_CERT").map(PathBuf::from),
            client_key: given("CLIENT_KEY").map(PathBuf::from),
            tls_server_name: text("TLS_SERVER_NAME"),
            tls_skip_verify: flag("SKIP_VERIFY", &text("SKIP_VERIFY"))?,
            proxy: given("PROXY_ADDR").unwrap_or_else(|| text("HTTP_PROXY")),
            timeout: seconds("CLIENT_TIMEOUT", &text("CLIENT_TIMEOUT"))?.unwrap_or(base.timeout),
            max_retries: retries("MAX_RETRIES", &text("MAX_RETRIES"))?.unwrap_or(base.max_retries),
            retry_wait: base.retry_wait,
            disable_redirects: flag("DISABLE_REDIRECTS", &text("DISABLE_REDIRECTS"))?,
            wrap_ttl: text("WRAP_TTL"),
            headers: headers("HEADERS", &text("HEADERS"))?,
        })
    }
}

/// A variable of the process, by its name without prefix. Set but empty counts as set.
pub fn variable(name: &str) -> Option<String> {
    PREFIXES
        .iter()
        .find_map(|prefix| env::var_os(format!("{prefix}{name}")))
        .map(|value| value.to_string_lossy().into_owned())
}

fn bad(name: &str, expected: &str) -> Error {
    Error::Settings(format!("environment variable {name} must be {expected}"))
}

fn flag(name: &str, text: &str) -> Result<bool> {
    match text.trim() {
        "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        _ => Err(bad(name, "true or false")),
    }
}

fn retries(name: &str, text: &str) -> Result<Option<u32>> {
    if text.is_empty() {
        return Ok(None);
    }
    let number: u32 = text.trim().parse().map_err(|_| bad(name, "a whole number"))?;
    Ok(Some(number.min(RETRIES_MAX)))
}

/// Seconds as digits, or a number with one of the units `ms`, `s`, `m`, `h`.
fn seconds(name: &str, text: &str) -> Result<Option<Duration>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let number: u64 = digits.parse().map_err(|_| bad(name, "a duration such as 60s"))?;
    let milliseconds = match unit {
        "ms" => Some(number),
        "" | "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => None,
    };
    milliseconds
        .map(|value| Some(Duration::from_millis(value)))
        .ok_or_else(|| bad(name, "a duration such as 60s"))
}

/// A JSON object from names to a text or a list of texts.
fn headers(name: &str, text: &str) -> Result<Vec<(String, String)>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let parsed: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|_| bad(name, "a JSON object of header values"))?;
    let mut found = Vec::new();
    for (header, value) in parsed {
        let values = match value {
            serde_json::Value::Array(values) => values,
            single => vec![single],
        };
        for value in values {
            match value {
                serde_json::Value::String(value) => found.push((header.clone(), value)),
                _ => return Err(bad(name, "a JSON object of header values")),
            }
        }
    }
    Ok(found)
}
