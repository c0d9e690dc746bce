//! Patterns against paths.

use super::Pattern;

fn check(pattern: &'static str, path: &str, want: Option<&str>) {
    let got = Pattern(pattern)
        .captures(path)
        .map(|data| serde_json::to_string(&data).expect("a map of strings"));
    assert_eq!(got.as_deref(), want, "{pattern} against {path}");
}

#[test]
fn patterns() {
    check("config", "config", Some("{}"));
    check("config", "config/", Some("{}"));
    check("config", "configs", None);
    check("config", "config/x", None);
    check("data/:path*", "data/a/b", Some(r#"{"path":"a/b"}"#));
    check("data/:path*", "data/a/b/", Some(r#"{"path":"a/b/"}"#));
    check("data/:path*", "data/", Some(r#"{"path":""}"#));
    check("data/:path*", "data", Some(r#"{"path":""}"#));
    check("data/:path*", "datax", None);
    check(":path*", "", Some(r#"{"path":""}"#));
    check(":path*", "x/y", Some(r#"{"path":"x/y"}"#));
    check("roles/:role", "roles/r1", Some(r#"{"role":"r1"}"#));
    check("roles/:role", "roles/", None);
    check("roles/:role", "roles/a/b", None);
    check("roles/:role/secret", "roles/a/secret", Some(r#"{"role":"a"}"#));
    check("a/b", "a", None);
    check("mounts/:path*/tune", "mounts/a/b/tune", Some(r#"{"path":"a/b"}"#));
    check("mounts/:path*/tune", "mounts/a/tune/", Some(r#"{"path":"a"}"#));
    check("mounts/:path*/tune", "mounts/tune", None);
    check("mounts/:path*/tune", "mounts/a", None);
}
