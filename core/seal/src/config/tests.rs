//! The configuration's JSON, byte for byte as OpenBao writes it.

use super::SealConfig;
use crate::Split;

fn check(kind: &str, shares: usize, threshold: usize, json: &str) {
    let split = Split { shares, threshold, pgp_keys: Vec::new() };
    let config = SealConfig::new(kind, &split);
    assert_eq!(config.encode("k").unwrap(), json.as_bytes());
    assert_eq!(serde_json::from_str::<SealConfig>(json).unwrap(), config);
}

#[test]
fn bytes() {
    check(
        "shamir",
        5,
        3,
        r#"{"type":"shamir","secret_shares":5,"secret_threshold":3,"pgp_keys":null,"nonce":"","backup":false}"#,
    );
    check(
        "static",
        1,
        1,
        r#"{"type":"static","secret_shares":1,"secret_threshold":1,"pgp_keys":null,"nonce":"","backup":false}"#,
    );
}

#[test]
fn members_of_other_servers_are_passed_over() {
    let json =
        r#"{"type":"shamir","secret_shares":3,"secret_threshold":2,"stored_shares":1,"name":"x"}"#;
    let config: SealConfig = serde_json::from_str(json).unwrap();
    assert_eq!((config.shares, config.threshold), (3, 2));
}
