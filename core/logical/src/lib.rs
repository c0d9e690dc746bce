//! The words of a request, free of HTTP and of storage: what every engine, the pipeline and the
//! doors speak.
//!
//! A [`Request`] is routed to a [`Backend`], which gets a [`Call`]: the request, a [`View`] of its
//! own part of the store, and the `Grant` without which nobody can call it. Most backends are a
//! table of [`Path`]s: pattern, fields, operations.

pub mod auth;
pub mod backend;
pub mod call;
pub mod clock;
pub mod duration;
pub mod envelope;
pub mod error;
pub mod field;
pub mod namespace;
pub mod operation;
pub mod path;
pub mod pattern;
pub mod request;
pub mod response;
pub mod table;
#[cfg(feature = "testing")]
pub mod testing;
pub mod view;

/// The members of a JSON object, sorted by name: request parameters and response data.
pub type Data = serde_json::Map<String, serde_json::Value>;

pub use crate::{
    auth::{Auth, Login, TokenType},
    backend::{Backend, Leased},
    call::{Call, Caller, Mounted},
    clock::Clock,
    envelope::Envelope,
    error::{Code, Error, Result},
    field::{Field, Fields, Kind},
    namespace::Namespace,
    operation::Operation,
    path::{Handler, Path, PathAuth},
    request::{Peer, Request, Wrap, WrapFormat},
    response::{LeaseTerms, Outcome, Raw, Response, WrapInfo},
    table::Table,
    view::{Entries, Prefixed, Shown, View},
};
