//! What a backend is called with.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use policy::Grant;

use crate::{Operation, Request, TokenType, View};

/// One call of a backend. It cannot be made without a `Grant`, which only a decision makes.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The request as it came.
    pub request: &'a Request,
    /// What to do; `Create` instead of `Update` where nothing exists yet.
    pub operation: Operation,
    /// The path below the mount.
    pub path: &'a str,
    /// The mount.
    pub mount: &'a Mounted,
    /// Who asks, if the path wants to know.
    pub caller: Option<&'a Caller>,
    /// The backend's part of the store.
    pub view: &'a dyn View,
    /// The permission.
    pub grant: &'a Grant,
    /// The time of the request.
    pub now: Timestamp,
}

/// What a backend may know of its mount.
#[derive(Clone, Debug, Default)]
pub struct Mounted {
    /// `kv/`, or `auth/approle/` for an auth method.
    pub path: String,
    /// The type, `kv`.
    pub kind: String,
    /// `kv_1a2b3c4d`.
    pub accessor: String,
    /// The UUID of its part of the store.
    pub uuid: String,
    /// The mount's options, `version` among them.
    pub options: BTreeMap<String, String>,
    /// Effective time to live where a request names none.
    pub default_ttl: Duration,
    /// Effective longest life.
    pub max_ttl: Duration,
}

/// The holder of the token of a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The token's accessor; empty for a batch token.
    pub accessor: String,
    /// The name in audit lines.
    pub display_name: String,
    /// All policies, sorted.
    pub policies: Vec<String>,
    /// Those that the token itself carries.
    pub token_policies: Vec<String>,
    /// Those of its entity.
    pub identity_policies: Vec<String>,
    /// Free pairs of the token.
    pub metadata: BTreeMap<String, String>,
    /// The entity, or empty.
    pub entity_id: String,
    /// How the token is kept.
    pub token_type: TokenType,
    /// Seconds that the token was given at first; zero for ever.
    pub ttl: Duration,
    /// When it was issued.
    pub issued: Timestamp,
    /// Uses that are left before this one; zero for any number.
    pub num_uses: i64,
    /// The id under which the token store keeps it; empty for a batch token.
    pub token_id: Arc<str>,
    /// The name of its cubbyhole; empty for a batch token.
    pub cubbyhole_id: String,
}

impl Caller {
    /// Whether it carries the root policy.
    pub fn is_root(&self) -> bool {
        self.policies.iter().any(|policy| policy == "root")
    }
}
