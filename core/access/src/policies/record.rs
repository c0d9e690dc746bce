//! What is kept of a policy, and what a client may write.

use jiff::Timestamp;
use logical::Data;
use serde::{Deserialize, Serialize};

/// A policy as it is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PolicyRecord {
    /// Its name, in lower case.
    pub name: String,
    /// Its text, as it was written.
    pub text: String,
    /// Grows with each change; 0 for `root`.
    pub version: i64,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// From when on it does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Timestamp>,
    /// Whether a change must name the version that it replaces.
    #[serde(default)]
    pub cas_required: bool,
    /// Whether wildcards may come from the values of templates.
    #[serde(default)]
    pub wildcards: bool,
    /// Whether slashes may come from the values of templates.
    #[serde(default)]
    pub slashes: bool,
}

/// What a client writes.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyWrite<'a> {
    /// The text, HCL or JSON, also in base64.
    pub text: &'a str,
    /// The version that it replaces; -1 or 0 for none.
    pub cas: Option<i64>,
    /// Whether later changes must name a version; `None` leaves it.
    pub cas_required: Option<bool>,
    /// From when on it does not count.
    pub expiration: Option<Timestamp>,
    /// Whether wildcards may come from the values of templates.
    pub wildcards: bool,
    /// Whether slashes may come from the values of templates.
    pub slashes: bool,
}

impl PolicyRecord {
    /// A policy that was never written before.
    pub(crate) fn first(name: &str, text: &str, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            version: 1,
            modified: Some(now),
            expiration: None,
            cas_required: false,
            wildcards: false,
            slashes: false,
        }
    }

    /// The policy that allows everything.
    pub(crate) fn root() -> Self {
        let first = Self::first("root", "", Timestamp::UNIX_EPOCH);
        Self { version: 0, modified: None, ..first }
    }

    /// Whether it counts.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expiration.is_none_or(|end| end > now)
    }

    /// What a client reads, with its text under this name: `policy`, or `rules` on the old paths.
    pub fn data(&self, text: &str) -> Data {
        let mut data = Data::new();
        let mut add = |name: &str, value| drop(data.insert(name.to_owned(), value));
        add("allow_slashes_in_identity_templates", self.slashes.into());
        add("allow_wildcards_in_identity_templates", self.wildcards.into());
        add("cas_required", self.cas_required.into());
        add("name", self.name.as_str().into());
        add("version", self.version.into());
        add(text, self.text.as_str().into());
        if let Some(modified) = self.modified {
            add("modified", modified.to_string().into());
        }
        if let Some(expiration) = self.expiration {
            add("expiration", expiration.to_string().into());
        }
        data
    }
}
