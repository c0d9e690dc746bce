//! Where secrets are.

use super::{Place, below};

#[test]
fn paths_below_a_mount() {
    let check = |path: &str, mount: &str, expected: &str| {
        assert_eq!(below(path, mount), expected, "{path} {mount}");
    };
    check("secret/a", "secret", "a");
    check("secret/a/b", "secret", "a/b");
    check("secret", "secret", "");
    check("secrets/a", "secret", "secrets/a");
    check("a/b/c", "a/b", "c");
    check("a", "", "a");
}

#[test]
fn api_paths() {
    let check = |mount: &str, rest: &str, versioned: bool, expected: &str| {
        let place = Place { mount: mount.to_owned(), rest: rest.to_owned(), versioned };
        assert_eq!(place.api("data"), expected);
    };
    check("secret", "a/b", true, "secret/data/a/b");
    check("secret", "", true, "secret/data");
    check("kv1", "a", false, "kv1/a");
    check("", "kv1/a", false, "kv1/a");
}
