//! Who is believed, as a table.

use config::{Cidr, ForwardedFor};
use http::HeaderMap;

use super::client;

const FROM: &str = "10.1.2.3:999";

fn check(setup: (&str, u64, bool, bool), headers: &[&'static str], want: Result<&str, &str>) {
    let (blocks, hop_skips, reject_not_present, reject_not_authorized) = setup;
    let authorized = blocks.split(' ').map(|block| Cidr::parse(block).unwrap()).collect();
    let rules = ForwardedFor {
        authorized,
        hop_skips,
        reject_not_present,
        reject_not_authorized,
        client_cert_header: None,
        client_cert_decoders: Vec::new(),
        client_cert_keep_not_forwarded: false,
        client_cert_keep_unauthorized: false,
    };
    let mut map = HeaderMap::new();
    for header in headers {
        map.append("x-forwarded-for", header.parse().unwrap());
    }
    let got = client(&rules, FROM.parse().unwrap(), &map);
    match want {
        Ok(address) => assert_eq!(got.unwrap(), address.parse().unwrap(), "{headers:?}"),
        Err(text) => assert!(got.unwrap_err().public.contains(text), "{headers:?}"),
    }
}

#[test]
fn the_client_is_named_by_proxies_of_ours_only() {
    check(("10.0.0.0/8", 0, false, false), &["1.2.3.4"], Ok("1.2.3.4:999"));
    check(("10.0.0.0/8", 0, false, false), &["9.9.9.9, 1.2.3.4"], Ok("1.2.3.4:999"));
    check(("10.0.0.0/8", 1, false, false), &["9.9.9.9, 1.2.3.4"], Ok("9.9.9.9:999"));
    check(("10.0.0.0/8", 1, false, false), &["9.9.9.9", "1.2.3.4"], Ok("9.9.9.9:999"));
    check(("10.0.0.0/8", 2, false, false), &["9.9.9.9, 1.2.3.4"], Err("hops to skip (2)"));
    check(("10.0.0.0/8", 0, false, false), &["zz"], Ok(FROM));
    check(("10.0.0.0/8", 0, false, false), &[], Ok(FROM));
    check(("10.0.0.0/8", 0, true, false), &[], Err("missing x-forwarded-for"));
    check(("11.0.0.0/8", 0, false, false), &["1.2.3.4"], Ok(FROM));
    check(("11.0.0.0/8", 0, false, true), &["1.2.3.4"], Err("not authorized"));
    check(("10.1.2.3", 0, false, true), &["::1"], Ok("[::1]:999"));
    check(("0.0.0.0/0", 0, false, true), &["1.2.3.4"], Ok("1.2.3.4:999"));
    check(("::/0", 0, false, true), &["1.2.3.4"], Err("not authorized"));
}
