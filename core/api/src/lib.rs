//! The HTTP door: listeners, TLS, requests in and answers out. The only crate that knows HTTP.
//!
//! A [`Listener`] is bound, then serves a [`Service`] until it is shut down. A request takes this
//! line: `connection` → `routes` → `decode` → [`Service::handle`] → `encode`. The deliberate
//! differences from the answers of older servers are listed in `README.md`.

mod activity;
mod answer;
mod body;
mod connection;
mod decode;
mod encode;
mod error;
mod forwarded;
mod headers;
mod health;
mod json;
mod listener;
mod path;
mod query;
mod routes;
mod run;
mod server;
mod service;
mod settings;
mod status;
mod stream;
mod strict;
mod sys_json;
mod tls;

pub use crate::{
    error::{Error, Result},
    listener::Listener,
    server::Server,
    service::{MetricsFormat, Service},
    settings::{Build, Common, Metrics, Settings},
    status::status,
};

/// Builds the error answer for a status and a text, as every door of ours words it.
pub fn error_body(text: &str) -> bytes::Bytes {
    encode::errors(text)
}

#[cfg(test)]
mod tests;
