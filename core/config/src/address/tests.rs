//! Addresses, URLs and networks.

use proptest::prelude::{ProptestConfig, any, proptest};

use super::{Address, Cidr, api_addr, cluster_addr, derived_cluster_addr};

#[test]
fn addresses() {
    let good = |text: &str, host: &str, port: u16| {
        let address = Address::parse(text).unwrap();
        assert_eq!((address.host.as_str(), address.port), (host, port));
        assert_eq!(address.to_string(), text);
    };
    good("127.0.0.1:8200", "127.0.0.1", 8200);
    good("[::1]:8200", "::1", 8200);
    good("localhost:0", "localhost", 0);
    good(":8200", "", 8200);
    let bad = |text: &str, want: &str| {
        let error = Address::parse(text).unwrap_err();
        assert_eq!(error, format!("{want}; write host:port like 127.0.0.1:8200, not \"{text}\""));
    };
    bad("127.0.0.1", "the port is missing");
    bad("a:65536", "the port must be a number up to 65535");
    bad("::1:8200", "an IPv6 address needs brackets");
    bad("[x]:1", "what is in brackets is no IPv6 address");
    bad("[::1:1", "what is in brackets is no IPv6 address");
    bad("a/b:1", "the host is no name");
    bad("{{ GetPrivateIP }}:8200", "templates are not supported here");
}

#[test]
fn next_ports() {
    let check = |text: &str, want: Option<&str>| {
        let next = Address::parse(text).unwrap().next_port().map(|next| next.to_string());
        assert_eq!(next.as_deref(), want);
    };
    check("a:8200", Some("a:8201"));
    check("a:0", Some("a:0"));
    check("a:65535", None);
}

#[test]
fn urls() {
    let api = |text: &str, want: &str| assert_eq!(api_addr(text).as_deref(), Ok(want));
    api("https://vault.example.com:8200", "https://vault.example.com:8200");
    api("http://[::1]:8200/", "http://[::1]:8200");
    api("https://vault.example.com", "https://vault.example.com");
    let cluster = |text: &str, want: &str| assert_eq!(cluster_addr(text).as_deref(), Ok(want));
    cluster("https://a:8201", "https://a:8201");
    cluster("http://a:8201", "https://a:8201");
    cluster("https://a", "https://a:8201");
    cluster("https://[::1]", "https://[::1]:8201");
    let bad = |text: &str, want: &str| {
        assert!(api_addr(text).unwrap_err().starts_with(want), "{text}");
    };
    bad("a:8200", "the https:// is missing");
    bad("ftp://a", "it must begin with https:// or http://");
    bad("https://", "the host is missing");
    bad("https://:8200", "the host is missing");
    bad("https://a/b", "only a host and a port may follow");
    bad("https://user@a", "only a host and a port may follow");
    bad("https://a:x", "the port must be a number up to 65535");
}

#[test]
fn derived() {
    let check = |api: &str, want: &str| {
        assert_eq!(derived_cluster_addr(api, 8201).as_deref(), Some(want));
    };
    check("http://a:8200", "https://a:8201");
    check("https://a", "https://a:8201");
    check("https://[::1]:8200", "https://[::1]:8201");
}

#[test]
fn networks() {
    let check = |network: &str, address: &str, want: bool| {
        let cidr = Cidr::parse(network).unwrap();
        assert_eq!(cidr.contains(address.parse().unwrap()), want, "{network} {address}");
    };
    check("10.0.0.0/8", "10.1.2.3", true);
    check("10.0.0.0/8", "11.0.0.0", false);
    check("10.0.0.1", "10.0.0.1", true);
    check("10.0.0.1", "10.0.0.2", false);
    check("0.0.0.0/0", "1.2.3.4", true);
    check("0.0.0.0/0", "::1", false);
    check("10.0.0.0/8", "::ffff:10.0.0.1", true);
    check("::/0", "::1", true);
    check("fe80::/10", "fe80::1", true);
    check("fe80::/10", "fec0::1", false);
    for text in ["", "a", "10.0.0.0/33", "::/129", "10.0.0.0/x"] {
        assert!(Cidr::parse(text).is_err(), "{text}");
    }
    assert_eq!(Cidr::parse("::1").unwrap().to_string(), "::1/128");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_panics(text in any::<String>(), near in "[0-9a:./\\[\\]{}]{0,20}") {
        for text in [text, near] {
            let _ = (Address::parse(&text), api_addr(&text), cluster_addr(&text), Cidr::parse(&text));
        }
    }
}
