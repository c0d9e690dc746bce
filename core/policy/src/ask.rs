//! The question to an ACL, and its answer.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::{Capability, Grant};

/// What a request wants.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The whole path below `/v1/`, `kv/a`; for a list with its trailing slash.
    pub path: &'a str,
    /// What is to be done with it.
    pub capability: Capability,
    /// Whether the path is one that needs `sudo` besides.
    pub needs_sudo: bool,
    /// The body's members and the query's parameters.
    pub parameters: &'a Map<String, Value>,
    /// For how long the answer shall be wrapped, if it shall.
    pub wrap_ttl: Option<Duration>,
}

/// What the policies say. Closed: there is no third answer.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Yes, and this is the proof.
    Granted(Grant),
    /// No.
    Denied,
}

impl Decision {
    /// The proof, if there is one.
    pub fn granted(self) -> Option<Grant> {
        match self {
            Self::Granted(grant) => Some(grant),
            Self::Denied => None,
        }
    }
}
