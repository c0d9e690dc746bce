//! Addresses, allowed and denied.

use super::is_denied;

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
    check("64:ff9b:1::a9fe:a9fe", true);
    check("::ffff:0:a9fe:a9fe", true);
    check("fd00:ec2::254", true);
    check("fd00:ec2::23", true);
    check("fd20:ce::254", true);
    check("fd00:c1::a9fe:a9fe", true);
    check("fd00:42::42", true);
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
    check("fd00:42::43", false);
}
