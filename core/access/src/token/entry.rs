//! What is kept of a token: never the token itself.

use std::{collections::BTreeMap, time::Duration};

use crypto::Secret;
use jiff::Timestamp;
use logical::{Auth, Caller, Data, TokenType};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    lease::{Holds, Lease, State},
    time::{seconds, until},
};

/// The path of a root token that the server has made by itself.
pub(crate) const ROOT_PATH: &str = "auth/token/root";

/// The record of a token.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Entry {
    /// How it is kept.
    #[serde(rename = "type")]
    pub kind: TokenType,
    /// Its accessor; empty for a batch token.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub accessor: String,
    /// The id of its parent; empty for an orphan.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parent: String,
    /// Its policies, sorted.
    pub policies: Vec<String>,
    /// The path of the request that made it.
    pub path: String,
    /// The name in audit lines.
    pub display_name: String,
    /// Free pairs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<String, String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; `None` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it was last renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed: Option<Timestamp>,
    /// Time to live at first, and at a renewal that asks for none; zero for ever.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub ttl: Duration,
    /// Longest life by renewals, of a login; zero for the mount's.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub max_ttl: Duration,
    /// Longest life whatever else says; zero for none.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub explicit_max_ttl: Duration,
    /// The period of a periodic token; zero for none.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub period: Duration,
    /// Whether it can be renewed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub renewable: bool,
    /// Uses that are left; zero for any number, -1 in the last one.
    #[serde(default, skip_serializing_if = "is_default")]
    pub num_uses: i64,
    /// Uses that it was given; zero for any number.
    #[serde(default, skip_serializing_if = "is_default")]
    pub given_uses: i64,
    /// The name of its cubbyhole; empty for a batch token.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cubbyhole_id: String,
    /// The entity behind it, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entity_id: String,
    /// Addresses that may use it, as CIDR blocks; none for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bound_cidrs: Vec<String>,
    /// Of a login: what the auth method wants back at renewal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Data>,
}

impl Entry {
    /// An orphan for ever with these policies; the rest is for its maker to set.
    pub(crate) fn new(path: &str, policies: Vec<String>, now: Timestamp) -> Self {
        Self {
            kind: TokenType::Service,
            accessor: String::new(),
            parent: String::new(),
            policies,
            path: path.trim_matches('/').to_owned(),
            display_name: String::new(),
            meta: BTreeMap::new(),
            created: now,
            expires: None,
            renewed: None,
            ttl: Duration::ZERO,
            max_ttl: Duration::ZERO,
            explicit_max_ttl: Duration::ZERO,
            period: Duration::ZERO,
            renewable: false,
            num_uses: 0,
            given_uses: 0,
            cubbyhole_id: String::new(),
            entity_id: String::new(),
            bound_cidrs: Vec::new(),
            login: None,
        }
    }

    /// Whether it has not ended by now.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| end > now)
    }

    /// How long it lives from now on; zero for ever.
    pub fn left(&self, now: Timestamp) -> Duration {
        self.expires.map_or(Duration::ZERO, |end| until(now, end))
    }

    /// What a lookup shows. `token` is empty where only the accessor is known.
    pub fn data(&self, token: &str, now: Timestamp) -> Data {
        let shown = json!({
            "accessor": self.accessor,
            "creation_time": self.created.as_second(),
            "creation_ttl": self.ttl.as_secs(),
            "display_name": self.display_name,
            "entity_id": self.entity_id,
            "expire_time": self.expires.map(|end| end.to_string()),
            "explicit_max_ttl": self.explicit_max_ttl.as_secs(),
            "id": token,
            "meta": self.shown_meta(),
            "num_uses": self.num_uses,
            "orphan": self.parent.is_empty(),
            "path": self.path,
            "policies": self.policies,
            "ttl": self.left(now).as_secs(),
            "type": self.kind.word(),
        });
        let mut data = match shown {
            Value::Object(data) => data,
            _ => Data::new(),
        };
        let mut add = |name: &str, value: Value| drop(data.insert(name.to_owned(), value));
        // Clients know these of every token but the one that no request has made.
        if self.path != ROOT_PATH {
            add("issue_time", self.created.to_string().into());
            add("renewable", self.renewable.into());
        }
        if let Some(renewed) = self.renewed {
            add("last_renewal", renewed.to_string().into());
            add("last_renewal_time", renewed.as_second().into());
        }
        if !self.period.is_zero() {
            add("period", self.period.as_secs().into());
        }
        if !self.bound_cidrs.is_empty() {
            add("bound_cidrs", self.bound_cidrs.clone().into());
        }
        data
    }

    /// The token as it is handed out.
    pub fn auth(&self, token: Secret<String>, ttl: Duration) -> Auth {
        Auth {
            client_token: token,
            accessor: self.accessor.clone(),
            policies: self.policies.clone(),
            token_policies: self.policies.clone(),
            identity_policies: Vec::new(),
            metadata: self.shown_meta().cloned(),
            ttl,
            renewable: self.renewable,
            entity_id: self.entity_id.clone(),
            token_type: self.kind,
            orphan: self.parent.is_empty(),
            num_uses: self.given_uses,
            display_name: self.display_name.clone(),
        }
    }

    /// The holder of the token.
    pub fn caller(&self, id: &str) -> Caller {
        Caller {
            accessor: self.accessor.clone(),
            display_name: self.display_name.clone(),
            policies: self.policies.clone(),
            token_policies: self.policies.clone(),
            identity_policies: Vec::new(),
            metadata: self.meta.clone(),
            entity_id: self.entity_id.clone(),
            token_type: self.kind,
            ttl: self.ttl,
            issued: self.created,
            num_uses: self.num_uses,
            token_id: id.into(),
            cubbyhole_id: self.cubbyhole_id.clone(),
        }
    }

    /// The lease of the token and its id, if it ends some time.
    pub(crate) fn lease(&self, id: &str) -> Option<(String, Lease)> {
        let lease = Lease {
            path: self.path.clone(),
            owner: id.to_owned(),
            holds: Holds::Token,
            issued: self.created,
            expires: self.expires?,
            renewed: self.renewed,
            ttl: self.ttl,
            max_ttl: self.max_ttl,
            ends_by: None,
            renewable: self.renewable,
            state: State::Live,
        };
        Some((format!("{}/{id}", self.path), lease))
    }

    fn shown_meta(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.meta).filter(|meta| !meta.is_empty())
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
