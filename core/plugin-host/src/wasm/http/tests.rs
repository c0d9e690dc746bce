//! Origins, and the addresses that nobody gets.

use http::{Method, Uri};

use super::{Origin, is_denied};

fn check(address: &str, denied: bool) {
    assert_eq!(is_denied(address.parse().unwrap()), denied, "{address}");
}

#[test]
fn addresses() {
    check("169.254.169.254", true);
    check("169.254.0.1", true);
    check("fe80::1", true);
    check("febf::1", true);
    check("::ffff:169.254.169.254", true);
    check("64:ff9b::a9fe:a9fe", true);
    check("fd00:ec2::254", true);
    check("100.100.100.200", true);
    check("168.63.129.16", true);
    check("0.0.0.0", true);
    check("::", true);
    check("224.0.0.1", true);
    check("255.255.255.255", true);
    check("ff02::1", true);
    check("127.0.0.1", false);
    check("10.1.2.3", false);
    check("::1", false);
    check("64:ff9b::a01:203", false);
    check("2001:db8::1", false);
}

fn allows(origin: &str, methods: &[&str], method: Method, uri: &str, want: bool) {
    let methods: Vec<String> = methods.iter().map(|it| (*it).to_owned()).collect();
    let uri: Uri = uri.parse().unwrap();
    assert_eq!(Origin::parse(origin, &methods).unwrap().allows(&method, &uri), want, "{uri}");
}

#[test]
fn requests() {
    let kms = "https://kms.example.com";
    allows(kms, &[], Method::POST, "https://kms.example.com/a?b", true);
    allows(kms, &[], Method::POST, "https://KMS.example.com:443/", true);
    allows(kms, &[], Method::POST, "http://kms.example.com/", false);
    allows(kms, &[], Method::POST, "https://kms.example.com:444/", false);
    allows(kms, &[], Method::POST, "https://kms.example.com.evil.example/", false);
    allows(kms, &[], Method::POST, "https://user@kms.example.com/", true);
    allows(kms, &[], Method::POST, "https://kms.example.com@evil.example/", false);
    allows(kms, &["get"], Method::GET, "https://kms.example.com/", true);
    allows(kms, &["get"], Method::POST, "https://kms.example.com/", false);
    allows("http://[::1]:8080", &[], Method::GET, "http://[::1]:8080/x", true);
}

fn refused(origin: &str, words: &str) {
    let error = Origin::parse(origin, &[]).unwrap_err();
    assert!(error.contains(words), "{origin}: {error}");
}

#[test]
fn origins() {
    refused("kms.example.com", "needs a scheme");
    refused("ftp://kms.example.com", "neither http nor https");
    refused("https://kms.example.com/v1", "has a path");
    refused("http://169.254.169.254", "link-local or metadata");
    refused("http://[fe80::1]", "link-local or metadata");
    refused("https://", "not an origin");
}
