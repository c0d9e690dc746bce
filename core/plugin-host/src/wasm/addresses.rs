//! The addresses that no plugin may reach, whatever it is granted.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use tokio::sync::Semaphore;

/// The most names that a plugin may look up at once.
pub(crate) const LOOKUPS_MAX: usize = 8;

/// The lookups of names by one plugin. Each takes one of the server's threads until the system
/// answers, whoever has given up meanwhile: a plugin must not have them all.
#[derive(Clone)]
pub(crate) struct Lookups(Arc<Semaphore>);

impl Default for Lookups {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LOOKUPS_MAX)))
    }
}

impl Lookups {
    /// The addresses of a host.
    pub(crate) async fn of(self, host: String) -> io::Result<Vec<IpAddr>> {
        let turn = self.0.acquire_owned().await.map_err(io::Error::other)?;
        // A task of its own: it goes on if whoever asks gives up.
        let task = tokio::spawn(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await;
            let found = found.map(|all| all.map(|it| it.ip().to_canonical()).collect());
            drop(turn);
            found
        });
        task.await.map_err(io::Error::other)?
    }
}

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
                    || is_metadata(it)
            }
        },
    }
}

/// Metadata services that are not link-local: of Amazon (the whole prefix), Google, Oracle and
/// Scaleway.
fn is_metadata(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        [0xfd00, 0xec2, ..]
            | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254]
            | [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe]
            | [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42]
    )
}

/// The address of the older kind within one of the newer: mapped, or for a translator.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = address.segments();
    let translated = matches!(
        [a, b, c, d, e, f],
        [0x64, 0xff9b, 0, 0, 0, 0] | [0x64, 0xff9b, 1, _, _, _] | [0, 0, 0, 0, 0xffff, 0]
    );
    let [[h, i], [j, k]] = [high.to_be_bytes(), low.to_be_bytes()];
    address.to_ipv4_mapped().or(translated.then_some(Ipv4Addr::new(h, i, j, k)))
}

#[cfg(test)]
mod tests;
