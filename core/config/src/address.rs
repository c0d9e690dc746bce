//! Addresses: `host:port`, URLs of nodes, and networks.

use std::{fmt, net::IpAddr};

/// A host and a port to listen on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    /// A name or an IP address, without brackets; empty for all interfaces.
    pub host: String,
    /// The port; 0 for any free one.
    pub port: u16,
}

impl Address {
    /// Reads `127.0.0.1:8200`, `[::1]:8200`, `localhost:8200` or `:8200`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fault =
            |why: &str| format!("{why}; write host:port like 127.0.0.1:8200, not \"{text}\"");
        if text.contains("{{") {
            return Err(fault("templates are not supported here"));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(|| fault("the port is missing"))?;
        let port = port.parse().map_err(|_| fault("the port must be a number up to 65535"))?;
        let host = match host.strip_prefix('[') {
            Some(inner) => {
                let inner = inner.strip_suffix(']').unwrap_or_default();
                let ip = inner.parse::<std::net::Ipv6Addr>();
                ip.map_err(|_| fault("what is in brackets is no IPv6 address"))?;
                inner
            }
            None if host.contains(':') => return Err(fault("an IPv6 address needs brackets")),
            None if host.contains(['/', ' ', '[', ']']) => {
                return Err(fault("the host is no name"));
            }
            None => host,
        };
        Ok(Self { host: host.to_owned(), port })
    }

    /// The address one port further on, if there is one.
    pub fn next_port(&self) -> Option<Self> {
        let port = match self.port {
            0 => 0,
            port => port.checked_add(1)?,
        };
        Some(Self { host: self.host.clone(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", bracketed(&self.host), self.port)
    }
}

/// A network, `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Reads an address with or without a prefix length.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fault = || format!("must be an address or a network like 10.0.0.0/8, not \"{text}\"");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.trim().parse().map_err(|_| fault())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.trim().parse().map_err(|_| fault())?,
            None => longest,
        };
        if prefix > longest {
            return Err(fault());
        }
        Ok(Self { address, prefix })
    }

    /// Whether an address is in the network. An IPv4 address in an IPv6 coat counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32_u32.saturating_sub(u32::from(self.prefix));
                let kept = |bits: u32| bits.checked_shr(shift).unwrap_or(0);
                kept(network.to_bits()) == kept(address.to_bits())
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128_u32.saturating_sub(u32::from(self.prefix));
                let kept = |bits: u128| bits.checked_shr(shift).unwrap_or(0);
                kept(network.to_bits()) == kept(address.to_bits())
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Checks a node's address for clients; a slash at its end is dropped.
pub(crate) fn api_addr(text: &str) -> Result<String, String> {
    let (scheme, authority) = split(text)?;
    Ok(format!("{scheme}://{authority}"))
}

/// Checks a node's address for other nodes: always TLS, and with a port.
pub(crate) fn cluster_addr(text: &str) -> Result<String, String> {
    let (_, authority) = split(text)?;
    match has_port(authority) {
        true => Ok(format!("https://{authority}")),
        false => Ok(format!("https://{authority}:8201")),
    }
}

/// The address for other nodes that follows from the one for clients: the same host, and the port
/// on which this node listens for nodes.
pub(crate) fn derived_cluster_addr(api_addr: &str, port: u16) -> Option<String> {
    let (_, authority) = split(api_addr).ok()?;
    let host = match has_port(authority) {
        true => authority.rsplit_once(':')?.0,
        false => authority,
    };
    Some(format!("https://{host}:{port}"))
}

/// The scheme and `host[:port]` of a URL that has nothing else.
fn split(text: &str) -> Result<(&str, &str), String> {
    let fault = |why: &str| {
        format!("{why}; write a URL like https://vault.example.com:8200, not \"{text}\"")
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(|| fault("the https:// is missing"))?;
    if !matches!(scheme, "http" | "https") {
        return Err(fault("it must begin with https:// or http://"));
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.is_empty() || authority.starts_with(':') {
        return Err(fault("the host is missing"));
    }
    if authority.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '@')) {
        return Err(fault("only a host and a port may follow"));
    }
    if has_port(authority) {
        Address::parse(authority)?;
    }
    Ok((scheme, authority))
}

fn has_port(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'))
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

#[cfg(test)]
mod tests;
