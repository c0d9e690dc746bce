//! Tables of paths and the mounts that answer them.

use std::time::Duration;

use super::*;
use crate::{Record, SystemTtls, Unsupported};

fn routes(paths: &[&str]) -> Routes {
    let system = SystemTtls { default: Duration::from_secs(1), max: Duration::from_secs(1) };
    let mount = |path: &&str| {
        let (class, path) = match path.strip_prefix("auth/") {
            Some(rest) => (Class::Auth, rest),
            None => (Class::Secret, *path),
        };
        let record = Record::new(class, path, "kv");
        Arc::new(Mount::new(record, class, None, Arc::new(Unsupported), system))
    };
    Routes::new(paths.iter().map(mount).collect(), 0)
}

const PATHS: &[&str] =
    &["sys/", "kv/", "kv-2/", "kv2/", "kv /", "a/b/c/", "a/b0/", "auth/token/", "auth/up/", "UP/"];

#[test]
fn resolves() {
    let routes = routes(PATHS);
    let check = |path: &str, want: Option<(&str, &str)>| {
        let got = routes.resolve(path);
        assert_eq!(got.map(|(mount, rest)| (mount.path(), rest)), want, "{path}");
    };
    check("kv/a", Some(("kv/", "a")));
    check("kv/", Some(("kv/", "")));
    check("kv", Some(("kv/", "")));
    check("kv /x", Some(("kv /", "x")));
    check("kv-2/x/y/", Some(("kv-2/", "x/y/")));
    check("kv2/data/x", Some(("kv2/", "data/x")));
    check("kv3/data/x", None);
    check("a", None);
    check("a/b", None);
    check("a/b/c", Some(("a/b/c/", "")));
    check("a/b/c/d", Some(("a/b/c/", "d")));
    check("a/b/cd", None);
    check("a/b0/zz", Some(("a/b0/", "zz")));
    check("auth/token/lookup-self", Some(("auth/token/", "lookup-self")));
    check("auth/nosuch/x", None);
    check("auth", None);
    check("up/x", None);
    check("UP/x", Some(("UP/", "x")));
    check("", None);
    check("zzz", None);
}

#[test]
fn conflicts() {
    let routes = routes(PATHS);
    let check = |path: &str, want: Option<&str>| {
        assert_eq!(routes.conflict(path).map(|mount| mount.path()), want, "{path}");
    };
    check("kv/", Some("kv/"));
    check("kv/sub/", Some("kv/"));
    check("kv/sub/deeper/", Some("kv/"));
    check("a/", Some("a/b/c/"));
    check("a/b/", Some("a/b/c/"));
    check("a/b/c/d/", Some("a/b/c/"));
    check("a/c/", None);
    check("kvx/", None);
    check("k/", None);
    check("auth/up/", Some("auth/up/"));
    check("auth/other/", None);
}

#[test]
fn replaces() {
    let before = routes(PATHS);
    let without = before.replaced("kv/", None);
    assert!(without.resolve("kv/a").is_none());
    assert!(before.resolve("kv/a").is_some());
    assert_eq!(without.generation(), 1);
    assert_eq!(without.all().len(), PATHS.len() - 1);
    assert_eq!(without.class(Class::Auth).count(), 2);
}
