//! The addresses that no plugin may reach, whatever it is granted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address, if the host is one and not a name.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether no plugin may reach this address: link-local ones, the metadata services of clouds, which
/// hand out credentials, and what is no single machine.
pub(crate) fn is_denied(address: IpAddr) -> bool {
    /// Metadata services that are not link-local.
    const METADATA_V4: [Ipv4Addr; 3] = [
        Ipv4Addr::new(100, 100, 100, 200),
        Ipv4Addr::new(168, 63, 129, 16),
        Ipv4Addr::new(192, 0, 0, 192),
    ];
    const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match address {
        IpAddr::V4(it) => {
            it.is_link_local()
                || it.is_unspecified()
                || it.is_multicast()
                || it.is_broadcast()
                || METADATA_V4.contains(&it)
        }
        IpAddr::V6(it) => match embedded_v4(it) {
            Some(inner) => is_denied(inner.into()),
            None => {
                it.is_unicast_link_local()
                    || it.is_unspecified()
                    || it.is_multicast()
                    || it == METADATA_V6
            }
        },
    }
}

/// The address of the older kind within one of the newer: mapped, or for a translator.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = address.segments();
    let translated = [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0];
    let [[h, i], [j, k]] = [high.to_be_bytes(), low.to_be_bytes()];
    address.to_ipv4_mapped().or(translated.then_some(Ipv4Addr::new(h, i, j, k)))
}

#[cfg(test)]
mod tests;
