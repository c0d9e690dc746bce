//! Grants "tcp", and the connections that they allow.

use std::{net::IpAddr, sync::Arc};

use tokio::sync::Semaphore;

use super::{Found, Target, Tcp};
use crate::voice::Voice;

fn tcp(grants: &[(&str, &str)]) -> Tcp {
    let targets = grants.iter().map(|(name, address)| Target::parse(name, address).unwrap());
    let (lookups, voice) = (Arc::new(Semaphore::new(1)), Arc::new(Voice::new("tested", 100)));
    Tcp { targets: targets.collect(), lookups, voice }
}

fn refused(address: &str, words: &str) {
    let error = Target::parse("db", address).unwrap_err();
    assert!(error.contains(words), "{address}: {error}");
}

#[test]
fn grants() {
    for wrong in ["db.example.com", "db.example.com:", ":5432", "db:0", "db:65536", "db:x", "::1"] {
        refused(wrong, "is not a host and a port, as in db.example.com:5432");
    }
    let denied = "is a link-local or metadata address, which no plugin may reach";
    refused("169.254.169.254:80", denied);
    refused("[fe80::1]:80", denied);
    refused("[::ffff:169.254.169.254]:80", denied);
    let target = Target::parse("DB", "Db.Example.COM.:5432").unwrap();
    assert_eq!((&*target.name, &*target.host, target.port), ("db", "db.example.com", 5432));
    let target = Target::parse("db", "[2001:db8::1]:5432").unwrap();
    assert_eq!((&*target.host, target.port), ("2001:db8::1", 5432));
}

fn named(name: &str, want: Option<(&str, &[usize])>) {
    let tcp = tcp(&[
        ("db", "db.example.com:5432"),
        ("second", "db.example.com:5433"),
        ("other", "other.example.com:1"),
        ("other.example.com", "third.example.com:1"),
    ]);
    let got = tcp.named(name);
    assert_eq!(got.as_ref().map(|(host, on_it)| (*host, &on_it[..])), want, "{name}");
}

#[test]
fn names() {
    named("db", Some(("db.example.com", &[0])));
    named("DB.example.com.", Some(("db.example.com", &[0, 1])));
    named("other.example.com", Some(("third.example.com", &[3])));
    named("example.com", None);
    named("db.example.com.evil.example", None);
    named("", None);
}

fn connect(address: &str, words: Option<&str>) {
    let tcp =
        tcp(&[("db", "db.example.com:5432"), ("ip", "10.0.0.7:80"), ("six", "[2001:db8::7]:80")]);
    let ips = ["10.0.0.1", "10.0.0.2", "169.254.169.254"];
    let ips = ips.iter().map(|ip| ip.parse::<IpAddr>().unwrap()).collect();
    let found = Found([(0, ips)].into());
    let refusal = tcp.refusal(&found, address.parse().unwrap());
    match (words, &refusal) {
        (None, None) => (),
        (Some(words), Some(line)) if line.contains(words) => (),
        _ => panic!("{address}: {refusal:?}"),
    }
}

#[test]
fn connections() {
    let (not_granted, denied) = (
        Some("is not granted: a grant \"tcp\" may add it"),
        Some("is a link-local or metadata address, which no plugin may reach"),
    );
    connect("10.0.0.1:5432", None);
    connect("10.0.0.2:5432", None);
    connect("[::ffff:10.0.0.2]:5432", None);
    connect("10.0.0.1:5433", not_granted);
    connect("10.0.0.3:5432", not_granted);
    connect("10.0.0.7:80", None);
    connect("10.0.0.7:5432", not_granted);
    connect("[2001:db8::7]:80", None);
    connect("[2001:db8::8]:80", not_granted);
    connect("169.254.169.254:5432", denied);
    connect("169.254.0.1:5432", denied);
    connect("[fe80::1]:5432", denied);
    connect("[::ffff:169.254.169.254]:5432", denied);
    connect("0.0.0.0:5432", denied);
}
