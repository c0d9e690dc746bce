//! What the certificate is made out to, and who may read its key.

use std::{fs, os::unix::fs::PermissionsExt};

use super::{Certificate, names};
use crate::server::options::DevTls;

#[test]
fn names_of_the_server() {
    let check = |address: &str, more: &[&str]| {
        let names = names(address);
        for name in ["localhost", "127.0.0.1", "::1"].iter().chain(more) {
            assert!(names.iter().any(|known| known == name), "{address}: {name} in {names:?}");
        }
        assert!(!names.iter().any(|name| name == "0.0.0.0" || name == "::"), "{names:?}");
    };
    check("127.0.0.1:8200", &[]);
    check("0.0.0.0:8200", &[]);
    check("[::]:8200", &[]);
    check(":8200", &[]);
    check("[fe80::1]:8200", &["fe80::1"]);
    check("vault.test:8200", &["vault.test"]);
}

#[test]
fn the_key_is_for_the_owner_alone() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("new");
    let tls = DevTls::Folder(path.clone());
    // A second start finds the files of the first.
    for _ in 0..2 {
        let made = Certificate::issue(&tls, "127.0.0.1:8200").expect("it can be issued");
        let made = made.expect("it was asked for");
        let mode = fs::metadata(&made.key).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(made.ca.starts_with(&path) && made.cert.exists());
    }
    assert!(Certificate::issue(&DevTls::Off, "127.0.0.1:8200").expect("nothing to do").is_none());
}
