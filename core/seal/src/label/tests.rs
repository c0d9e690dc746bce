//! Names of seals and the keys they lead to.

use super::SealName;

#[test]
fn names() {
    let long = "x".repeat(64);
    let over = "x".repeat(65);
    for good in ["default", "emergency", "aws-eu_1", "0", &long] {
        assert_eq!(SealName::new(good).unwrap().as_str(), good);
    }
    for bad in ["", "A", "a/b", "..", "a b", "ü", &over] {
        assert!(SealName::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn paths() {
    let default = SealName::default().paths();
    assert_eq!(default.config, "core/seal-config");
    assert_eq!(default.root_key, "core/hsm/barrier-unseal-keys");
    let other = SealName::new("emergency").unwrap().paths();
    assert_eq!(other.config, "core/seals/emergency/config");
    assert_eq!(other.root_key, "core/seals/emergency/encrypted-root");
}
