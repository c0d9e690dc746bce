//! An answer, free of HTTP.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use plugin_api::Secret;
use serde_json::Value;

use crate::{Auth, Data, Login};

/// What a handler gives back. An empty one is "done, nothing to say" for a write and "not there"
/// for a read.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// How it went, beyond success or error.
    pub outcome: Outcome,
    /// The members of `data`; `None` is shown as null.
    pub data: Option<Data>,
    /// Old `sys` paths show the members of `data` on the top level too.
    pub mirrored: bool,
    /// The life of the secret in `data`.
    pub lease: Option<LeaseTerms>,
    /// The lease id, once registered by the pipeline.
    pub lease_id: String,
    /// A token that was issued.
    pub auth: Option<Auth>,
    /// A login, for the pipeline to issue a token.
    pub login: Option<Login>,
    /// The wrapping token, if the answer was wrapped.
    pub wrap_info: Option<WrapInfo>,
    /// Sentences for the client.
    pub warnings: Vec<String>,
    /// An answer outside the envelope.
    pub raw: Option<Raw>,
    /// Further headers, as far as the mount allows them.
    pub headers: BTreeMap<String, String>,
    /// Members of `data`, by name at any depth, that hold times: audit lines show them in clear.
    pub times: &'static [&'static str],
    /// The node is to be sealed, once the request is committed and its answer written down.
    pub seals: bool,
}

impl Response {
    /// Done, nothing to say.
    pub fn none() -> Self {
        Self::default()
    }

    /// An answer with data.
    pub fn data(data: Data) -> Self {
        Self { data: Some(data), ..Self::default() }
    }

    /// An answer with the members of a JSON object.
    ///
    /// Anything but an object gives an answer without data.
    pub fn json(value: Value) -> Self {
        match value {
            Value::Object(data) => Self::data(data),
            _ => Self::none(),
        }
    }

    /// The names below a path; with no names it is "not there".
    pub fn keys(keys: Vec<String>) -> Self {
        let mut data = Data::new();
        if !keys.is_empty() {
            data.insert("keys".to_owned(), Value::from(keys));
        }
        Self::data(data)
    }

    /// Only a warning.
    pub fn warning(text: impl Into<String>) -> Self {
        Self::none().with_warning(text)
    }

    /// Adds a warning.
    #[must_use]
    pub fn with_warning(mut self, text: impl Into<String>) -> Self {
        self.warnings.push(text.into());
        self
    }

    /// Shows the members of `data` on the top level too.
    #[must_use]
    pub fn mirrored(mut self) -> Self {
        self.mirrored = true;
        self
    }

    /// Sets the outcome.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.data.is_none()
            && self.auth.is_none()
            && self.wrap_info.is_none()
            && self.warnings.is_empty()
            && self.raw.is_none()
    }
}

/// How a request went that did not fail.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Outcome {
    /// Done.
    #[default]
    Done,
    /// Taken on, to be done later.
    Accepted,
    /// Not there, though there is something to say about it.
    NotFound,
}

/// How long a secret lives.
#[derive(Clone, Debug, Default)]
pub struct LeaseTerms {
    /// Time to live; zero for the mount's default.
    pub ttl: Duration,
    /// Longest life by renewals; zero for the mount's.
    pub max_ttl: Duration,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// What the engine wants back at renewal and revocation; `None` for a secret that only tells
    /// its age and gets no lease.
    pub internal: Option<Data>,
}

/// A wrapping token in place of an answer.
#[derive(Clone, Debug)]
pub struct WrapInfo {
    /// The token that unwraps, once.
    pub token: Secret<String>,
    /// Its accessor.
    pub accessor: String,
    /// How long it lives.
    pub ttl: Duration,
    /// When it was made.
    pub creation_time: Timestamp,
    /// The path of the wrapped request.
    pub creation_path: String,
    /// The accessor of the token inside, if the answer holds one.
    pub wrapped_accessor: String,
}

/// An answer outside the envelope.
#[derive(Clone, Debug)]
pub struct Raw {
    /// An HTTP status.
    pub status: u16,
    /// Its media type.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}
