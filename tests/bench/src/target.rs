//! What is asked: an address, clear or TLS, and the bytes of a request.

use std::{net::SocketAddr, path::PathBuf};

use crate::{Error, Result};

/// Where requests go.
#[derive(Clone, Debug)]
pub struct Target {
    /// The address.
    pub address: SocketAddr,
    /// Who issued its certificate, PEM; `None` is clear text.
    pub ca: Option<PathBuf>,
}

impl Target {
    /// An address in clear text, or with TLS trusting a certificate.
    pub fn new(address: &str, ca: Option<PathBuf>) -> Result<Self> {
        let fault = |_| Error::Usage(format!("{address} is not an address"));
        Ok(Self { address: address.parse().map_err(fault)?, ca })
    }
}

/// The bytes of a request, made once and sent many times.
pub fn request(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    if !token.is_empty() {
        head.push_str(&format!("x-vault-token: {token}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    format!("{head}\r\n{body}").into_bytes()
}
