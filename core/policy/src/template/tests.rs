//! Templates and the values that they must not take.

use super::{Templates, fill, is_balanced};

const STRICT: Templates = Templates { wildcards: false, slashes: false };
const LAX: Templates = Templates { wildcards: true, slashes: true };

fn check(path: &str, value: &str, templates: Templates, want: Option<&str>) {
    let lookup = |name: &str| (name == "x").then(|| value.to_owned());
    assert_eq!(fill(path, &lookup, templates).as_deref(), want, "{path} {value}");
}

#[test]
fn filling() {
    check("kv/a", "", STRICT, Some("kv/a"));
    check("kv/{{x}}/*", "me", STRICT, Some("kv/me/*"));
    check("kv/{{ x }}-{{x}}", "me", STRICT, Some("kv/me-me"));
    check("kv/{{y}}", "me", STRICT, None);
    check("kv/{{x}}*", "", STRICT, None);
    check("kv/{{x}}", "a*", STRICT, None);
    check("kv/{{x}}", "+", STRICT, None);
    check("kv/{{x}}", "me+you@example.com", STRICT, Some("kv/me+you@example.com"));
    check("kv/{{x}}", "a/b", STRICT, None);
    check("kv/{{x}}", "a/b", LAX, Some("kv/a/b"));
    check("kv/{{x}}", "a*", LAX, Some("kv/a*"));
    check("kv/{{x}}*", "a+", LAX, None);
    check("kv/{{x}}", "{{y}}", LAX, None);
}

#[test]
fn balance() {
    for (path, want) in [
        ("a", true),
        ("{{a}}", true),
        ("{{a}}/{{b}}", true),
        ("{{a", false),
        ("a}}", false),
        ("{{a{{b}}", false),
        ("}}{{", false),
        ("{a}", true),
    ] {
        assert_eq!(is_balanced(path), want, "{path}");
    }
}
