//! Who the client is when a proxy stands in between: the rules of `X-Forwarded-For`.

use std::net::{IpAddr, SocketAddr};

use config::ForwardedFor;
use http::HeaderMap;
use logical::Error;

const HEADER: &str = "x-forwarded-for";

/// The address of the client: that of the connection, or the one that a proxy names.
pub(crate) fn client(
    rules: &ForwardedFor,
    connection: SocketAddr,
    headers: &HeaderMap,
) -> Result<SocketAddr, Error> {
    let mut chain: Vec<&str> = Vec::new();
    for value in headers.get_all(HEADER) {
        chain.extend(value.to_str().unwrap_or_default().split(',').map(str::trim));
    }
    if chain.is_empty() {
        let why = "missing x-forwarded-for header and configured to reject when not present";
        return unless(rules.reject_not_present, connection, why);
    }
    if !rules.authorized.iter().any(|block| block.contains(connection.ip())) {
        let why = "client address not authorized for x-forwarded-for and configured to reject \
                   connection";
        return unless(rules.reject_not_authorized, connection, why);
    }
    let skips = usize::try_from(rules.hop_skips).unwrap_or(usize::MAX);
    let index = chain.len().checked_sub(skips.saturating_add(1));
    let Some(named) = index.and_then(|index| chain.get(index)) else {
        return Err(Error::invalid(format!(
            "malformed x-forwarded-for configuration or request, hops to skip ({skips}) would \
             skip before earliest chain link (chain length {})",
            chain.len()
        )));
    };
    Ok(match named.parse::<IpAddr>() {
        Ok(ip) => SocketAddr::new(ip, connection.port()),
        // A name or rubbish: the connection is all that is known.
        Err(_) => connection,
    })
}

fn unless(refuse: bool, connection: SocketAddr, why: &'static str) -> Result<SocketAddr, Error> {
    if refuse { Err(Error::invalid(why)) } else { Ok(connection) }
}

#[cfg(test)]
mod tests;
