//! Paths from outside, at the edges.

use super::{PATH_BYTES_MAX, folder, named, writable};

fn check(path: &str, secret: Option<&str>, below: Option<&str>) {
    assert_eq!(writable(path).ok(), secret, "{path:?} as a secret");
    assert_eq!(folder(path).ok().as_deref(), below, "{path:?} as a folder");
}

#[test]
fn paths() {
    check("a", Some("a"), Some("a/"));
    check("a/b", Some("a/b"), Some("a/b/"));
    check("a..b", Some("a..b"), Some("a..b/"));
    check("a/", None, Some("a/"));
    check("", None, Some(""));
    check("/", None, Some(""));
    check("/a", None, None);
    check("a//b", None, None);
    check("a//", None, None);
    check("a/./b", None, None);
    check("..", None, None);
    check("a\0b", None, None);
}

#[test]
fn longest() {
    let longest = "x".repeat(PATH_BYTES_MAX);
    assert_eq!(writable(&longest).ok(), Some(longest.as_str()));
    let longer = "x".repeat(PATH_BYTES_MAX + 1);
    assert!(writable(&longer).is_err());
    assert!(folder(&longer).is_err());
}

#[test]
fn no_secret_in_a_folder() {
    assert_eq!(named("a/").ok(), Some(None));
    assert_eq!(named("").ok(), Some(None));
    assert!(named("a//b").is_err());
}
