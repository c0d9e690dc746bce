//! The proxies that may say who the client is.

use crate::{address::Cidr, error::Result, section::Section};

/// How `X-Forwarded-For` is taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ForwardedFor {
    /// Those who are believed.
    pub authorized: Vec<Cidr>,
    /// How many addresses at the end of the header are skipped.
    pub hop_skips: u64,
    /// Whether a request of theirs without the header is refused.
    pub reject_not_present: bool,
    /// Whether a request with the header from anybody else is refused.
    pub reject_not_authorized: bool,
    /// The header in which they hand on the client's certificate.
    pub client_cert_header: Option<String>,
    /// How it is written there.
    pub client_cert_decoders: Vec<String>,
    /// Whether that header stays if the request did not come through a proxy.
    pub client_cert_keep_not_forwarded: bool,
    /// Whether it stays if the proxy is not believed.
    pub client_cert_keep_unauthorized: bool,
}

/// Reads the keys that begin with `x_forwarded_for_`; nothing if nobody is believed.
pub(super) fn read(section: &mut Section<'_>) -> Result<Option<ForwardedFor>> {
    const ADDRESSES: &str = "x_forwarded_for_authorized_addrs";
    let mut authorized = Vec::new();
    for text in section.list(ADDRESSES)? {
        let cidr = Cidr::parse(&text);
        authorized.push(match (cidr, section.entry(ADDRESSES)) {
            (Ok(cidr), _) => cidr,
            (Err(problem), Some(entry)) => return Err(entry.fault(problem)),
            (Err(_), None) => continue,
        });
    }
    let mut is_on = |key, default| -> Result<bool> { Ok(section.flag(key)?.unwrap_or(default)) };
    let reject_not_present = is_on("x_forwarded_for_reject_not_present", true)?;
    let reject_not_authorized = is_on("x_forwarded_for_reject_not_authorized", true)?;
    let keep_not_forwarded = is_on("x_forwarded_for_client_cert_keep_not_forwarded", false)?;
    let keep_unauthorized = is_on("x_forwarded_for_client_cert_keep_unauthorized", false)?;
    let forwarded = ForwardedFor {
        authorized,
        hop_skips: section.count("x_forwarded_for_hop_skips")?.unwrap_or(0),
        reject_not_present,
        reject_not_authorized,
        client_cert_header: section.text("x_forwarded_for_client_cert_header")?,
        client_cert_decoders: section.list("x_forwarded_for_client_cert_decoders")?,
        client_cert_keep_not_forwarded: keep_not_forwarded,
        client_cert_keep_unauthorized: keep_unauthorized,
    };
    Ok(Some(forwarded).filter(|forwarded| !forwarded.authorized.is_empty()))
}
