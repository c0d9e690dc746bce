//! What a login or a token creation hands out.

use std::{collections::BTreeMap, time::Duration};

use plugin_api::Secret;
use serde::{Deserialize, Serialize};

/// How a token is kept.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// Stored, with an accessor; can be renewed and revoked.
    #[default]
    Service,
    /// Not stored: the token is its own encrypted record.
    Batch,
}

impl TokenType {
    /// The word of the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Batch => "batch",
        }
    }
}

/// An issued token, as the answer shows it.
#[derive(Clone, Debug)]
pub struct Auth {
    /// The token.
    pub client_token: Secret<String>,
    /// Its accessor; empty for a batch token.
    pub accessor: String,
    /// All policies, sorted.
    pub policies: Vec<String>,
    /// Those that the token itself carries.
    pub token_policies: Vec<String>,
    /// Those of the entity behind it.
    pub identity_policies: Vec<String>,
    /// Free pairs; `None` is shown as null.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Time to live; zero for ever.
    pub ttl: Duration,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// The entity, or empty.
    pub entity_id: String,
    /// How it is kept.
    pub token_type: TokenType,
    /// It has no parent.
    pub orphan: bool,
    /// Uses that are left; zero for any number.
    pub num_uses: i64,
    /// The name of its holder, which audit lines tell and answers do not.
    pub display_name: String,
}

/// A successful login that the pipeline turns into a token.
#[derive(Clone, Debug, Default)]
pub struct Login {
    /// The name shown in audit lines and lookups.
    pub display_name: String,
    /// The policies of the role.
    pub policies: Vec<String>,
    /// Without the `default` policy.
    pub no_default_policy: bool,
    /// Free pairs.
    pub metadata: BTreeMap<String, String>,
    /// Asked time to live; zero for the mount's default.
    pub ttl: Duration,
    /// Longest life by renewals; zero for the mount's.
    pub max_ttl: Duration,
    /// Longest life whatever else says; zero for none.
    pub explicit_max_ttl: Duration,
    /// A periodic token's period; zero for none.
    pub period: Duration,
    /// How many uses; zero for any number.
    pub num_uses: i64,
    /// How it is kept.
    pub token_type: TokenType,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// Addresses that may use it, as CIDR blocks.
    pub bound_cidrs: Vec<String>,
    /// What the auth method wants back at renewal.
    pub internal: crate::Data,
}
