//! What is kept of a mount: one entry of the store.

use std::collections::BTreeMap;

use logical::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::Class;

/// A mount at rest, at `core/mounts/<uuid>` or `core/auth/<uuid>`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// Where it is mounted, with a trailing `/`: `kv/`; `approle/` for an auth method.
    pub path: String,
    /// Its type, `kv`.
    pub kind: String,
    /// Names its part of the store.
    pub uuid: String,
    /// `kv_1a2b3c4d`, or `auth_approle_1a2b3c4d`.
    pub accessor: String,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// Its settings.
    #[serde(default)]
    pub config: Config,
    /// The options of its type; `None` for a built-in mount, shown as null.
    pub options: Option<BTreeMap<String, String>>,
    /// It is not replicated. Kept for clients.
    #[serde(default)]
    pub local: bool,
    /// Its values are wrapped by the seal. Kept for clients.
    #[serde(default)]
    pub seal_wrap: bool,
    /// It draws on the seal's randomness. Kept for clients.
    #[serde(default)]
    pub external_entropy_access: bool,
}

impl Record {
    /// A fresh record with names of its own.
    pub fn new(class: Class, path: impl Into<String>, kind: &str) -> Self {
        let suffix = u32::from_be_bytes(crypto::random::bytes());
        Self {
            path: path.into(),
            kind: kind.to_owned(),
            uuid: crypto::random::uuid(),
            accessor: format!("{}{kind}_{suffix:08x}", class.accessor_prefix()),
            description: String::new(),
            config: Config::default(),
            options: Some(BTreeMap::new()),
            local: false,
            seal_wrap: false,
            external_entropy_access: false,
        }
    }

    /// An option; empty if it is not set.
    pub fn option(&self, name: &str) -> &str {
        self.options.as_ref().and_then(|all| all.get(name)).map_or("", String::as_str)
    }

    /// The value that is stored.
    pub(crate) fn encode(&self) -> Result<bytes::Bytes> {
        serde_json::to_vec(self).map(Into::into).map_err(Error::internal)
    }

    /// Reads a stored value; `key` is for the error.
    pub(crate) fn decode(key: &str, value: &[u8]) -> Result<Self> {
        serde_json::from_slice(value)
            .map_err(|cause| Error::internal(format!("corrupt mount record {key}: {cause}")))
    }
}

/// The settings of a mount.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Config {
    /// Seconds; zero for the system's. A negative value is kept as it was given.
    pub default_lease_ttl: i64,
    /// Seconds; zero for the system's.
    pub max_lease_ttl: i64,
    /// Kept for clients.
    pub force_no_cache: bool,
    /// Members of request data that audit lines show in clear.
    pub audit_non_hmac_request_keys: Vec<String>,
    /// Members of response data that audit lines show in clear.
    pub audit_non_hmac_response_keys: Vec<String>,
    /// `unauth`, `hidden` or empty.
    pub listing_visibility: String,
    /// Request headers that the backend may see.
    pub passthrough_request_headers: Vec<String>,
    /// Response headers that the backend may set.
    pub allowed_response_headers: Vec<String>,
    /// Which tokens a login gets; `None` for a secrets engine.
    pub token_type: Option<IssuedTokens>,
    /// When a user is locked out, as far as it was ever set.
    pub user_lockout: Option<Lockout>,
    /// The chosen version of a plugin; empty for the built-in one.
    pub plugin_version: String,
}

/// Which tokens the logins of an auth method get.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssuedTokens {
    /// Service tokens, unless the role says otherwise.
    #[default]
    DefaultService,
    /// Batch tokens, unless the role says otherwise.
    DefaultBatch,
    /// Service tokens, whatever the role says.
    Service,
    /// Batch tokens, whatever the role says.
    Batch,
}

impl IssuedTokens {
    /// The word of the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::DefaultService => "default-service",
            Self::DefaultBatch => "default-batch",
            Self::Service => "service",
            Self::Batch => "batch",
        }
    }

    /// The value of a word; the empty one is the default.
    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "" | "default-service" => Ok(Self::DefaultService),
            "default-batch" => Ok(Self::DefaultBatch),
            "service" => Ok(Self::Service),
            "batch" => Ok(Self::Batch),
            _ => Err(Error::invalid("invalid value for 'token_type'")),
        }
    }
}

/// When a user of a login is locked out.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct Lockout {
    /// Failed logins; zero for the system's number.
    pub threshold: u64,
    /// Seconds that the lock holds; zero for the system's.
    pub duration: i64,
    /// Seconds after which failures are forgotten; zero for the system's.
    pub counter_reset: i64,
    /// Nobody is locked out.
    pub disable: bool,
}
