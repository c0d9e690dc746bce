//! A lease: what a request gave out, until when, and how it is taken back.

use std::time::Duration;

use jiff::Timestamp;
use logical::Data;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::time::{after, seconds, until};

pub(crate) mod book;
mod expire;
pub(crate) mod leases;
mod prefix;
pub(crate) mod timers;

/// What is kept of a lease.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Lease {
    /// The path of the request that made it.
    pub path: String,
    /// The id of the token that asked; empty for a batch token.
    pub owner: String,
    /// What it stands for.
    pub holds: Holds,
    /// When it was made.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was last renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed: Option<Timestamp>,
    /// Time to live at first, and at a renewal that asks for none.
    #[serde(with = "seconds")]
    pub ttl: Duration,
    /// Longest life by renewals; zero for the mount's.
    #[serde(with = "seconds")]
    pub max_ttl: Duration,
    /// When it ends at the latest, whatever its renewals: with the batch token that asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_by: Option<Timestamp>,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// How its end goes.
    #[serde(default)]
    pub state: State,
}

/// What a lease stands for.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// A token: it ends with the lease.
    Token,
    /// Something that a backend gave, and takes back by what it kept of it.
    Secret(Data),
}

/// How far the end of a lease is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing has been tried.
    #[default]
    Live,
    /// It ends even if the backend refuses.
    Forced,
    /// The backend has refused so many times.
    Failing {
        /// How many times.
        tries: u32,
        /// What it said last.
        error: String,
    },
    /// The backend has refused too often. Somebody must look at it.
    Irrevocable {
        /// What it said last.
        error: String,
    },
}

impl Lease {
    /// What a lookup shows of it.
    pub fn data(&self, id: &str, now: Timestamp) -> Data {
        let shown = json!({
            "expire_time": self.expires.to_string(),
            "id": id,
            "issue_time": self.issued.to_string(),
            "last_renewal": self.renewed.map(|time| time.to_string()),
            "path": self.path,
            "renewable": self.renewable,
            "ttl": until(now, self.expires).as_secs(),
        });
        let mut data = match shown {
            Value::Object(data) => data,
            _ => Data::new(),
        };
        if let State::Failing { error, .. } | State::Irrevocable { error } = &self.state {
            data.insert("revoke_error".to_owned(), error.as_str().into());
        }
        data
    }

    /// The same lease, ending now.
    pub(crate) fn ended(&self, now: Timestamp) -> Self {
        Self { expires: now, ..self.clone() }
    }

    /// The same lease, renewed now.
    pub(crate) fn prolonged(&self, ttl: Duration, now: Timestamp) -> Self {
        Self { expires: after(now, ttl), renewed: Some(now), ..self.clone() }
    }
}
