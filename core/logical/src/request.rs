//! A request, free of HTTP.

use std::{net::SocketAddr, time::Duration};

use plugin_api::Secret;

use crate::{Data, Namespace, Operation};

/// What a client asks.
#[derive(Clone, Debug)]
pub struct Request {
    /// A UUID; also in the answer and in audit lines.
    pub id: String,
    /// What to do.
    pub operation: Operation,
    /// The path within the namespace: no leading `/`, no `v1/`; with a trailing `/` for listings.
    pub path: String,
    /// Whose it is.
    pub namespace: Namespace,
    /// The token that came with it.
    pub token: Option<Secret<String>>,
    /// The parameters: the body's members, or the query's.
    pub data: Data,
    /// The headers, lower-case names, in order.
    pub headers: Vec<(String, String)>,
    /// Wrap the answer.
    pub wrap: Option<Wrap>,
    /// Who sent it.
    pub peer: Peer,
}

impl Request {
    /// The first header of this (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// The other end of the connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// The serial number of its TLS certificate, `aa:bb:…`.
    pub certificate_serial: Option<String>,
}

impl Default for Peer {
    fn default() -> Self {
        Self { address: SocketAddr::from(([0, 0, 0, 0], 0)), certificate_serial: None }
    }
}

/// How the answer is to be wrapped.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Wrap {
    /// How long the wrapping token lives.
    pub ttl: Duration,
    /// What the wrapping token looks like.
    pub format: WrapFormat,
}

/// The form of a wrapping token.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum WrapFormat {
    /// An ordinary token.
    #[default]
    Token,
    /// A signed JWT around it.
    Jwt,
}
