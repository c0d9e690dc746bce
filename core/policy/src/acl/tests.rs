//! Requests and what several policies say to them. Most cases are recorded from a real server.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use proptest::prelude::{ProptestConfig, proptest};
use serde_json::{Map, Value, json};

use crate::{Acl, Ask, Capability, DEFAULT, Decision, Policy, RESPONSE_WRAPPING, Templates};

const ENFORCED: &str = r#"
path "kv/a" { capabilities = ["read"] }
path "kv/new/*" { capabilities = ["create"] }
path "kv/upd/*" { capabilities = ["update"] }
path "kv/rw/*" { capabilities = ["create","read","update","delete","list"] }
path "kv/dir/" { capabilities = ["list"] }
path "kv/x/+/y" { capabilities = ["read"] }
path "kv/deny/*" { capabilities = ["read"] }
path "kv/deny/k" { capabilities = ["deny"] }
path "kv/par/*" { capabilities = ["create","update"] allowed_parameters = { "a" = [] "b" = ["1","2*"] } denied_parameters = { "z" = [] } }
path "kv/parall/*" { capabilities = ["create","update"] allowed_parameters = { "a" = ["1"] "*" = [] } }
path "kv/den/*" { capabilities = ["create","update"] denied_parameters = { "z" = [] "y" = ["bad"] } }
path "kv/denall/*" { capabilities = ["create","update"] denied_parameters = { "*" = [] } }
path "kv/req/*" { capabilities = ["create","update"] required_parameters = ["a","b"] }
path "kv/wrap" { capabilities = ["read"] min_wrapping_ttl = "1m" max_wrapping_ttl = "10m" }
path "sys/policies/acl/p1" { capabilities = ["read"] }
path "sys/seal" { capabilities = ["update"] }
path "sys/audit" { capabilities = ["read","sudo"] }
path "kv/pref*" { capabilities = ["read"] }
"#;

fn acl(texts: &[&str]) -> Acl {
    let policies: Vec<_> = texts
        .iter()
        .zip(["p0", "p1", "p2", "p3"])
        .map(|(text, name)| Arc::new(Policy::parse(name, text).unwrap()))
        .collect();
    Acl::new(&policies)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

/// Asks with a word (`sudo read` on a protected path), parameters and a wrapping TTL in seconds.
fn ask(acl: &Acl, what: &str, path: &str, parameters: Value, wrap: Option<u64>) -> Decision {
    let (needs_sudo, word) = match what.strip_prefix("sudo ") {
        Some(word) => (true, word),
        None => (false, what),
    };
    acl.decide(&Ask {
        path,
        capability: Capability::parse(word).unwrap(),
        needs_sudo,
        parameters: &object(parameters),
        wrap_ttl: wrap.map(Duration::from_secs),
    })
}

fn check(acl: &Acl, what: &str, path: &str, want: bool) {
    checks(acl, what, path, json!({}), want);
}

fn checks(acl: &Acl, what: &str, path: &str, parameters: Value, want: bool) {
    let decision = ask(acl, what, path, parameters.clone(), None);
    assert_eq!(decision.granted().is_some(), want, "{what} {path} {parameters}");
}

#[test]
fn paths() {
    let acl = acl(&[ENFORCED]);
    check(&acl, "read", "kv/a", true);
    check(&acl, "read", "/kv/a", true);
    check(&acl, "read", "kv/b", false);
    check(&acl, "update", "kv/a", false);
    check(&acl, "delete", "kv/a", false);
    check(&acl, "create", "kv/new/k", true);
    check(&acl, "update", "kv/new/k", false);
    check(&acl, "update", "kv/upd/k", true);
    check(&acl, "create", "kv/upd/other", false);
    check(&acl, "list", "kv/dir/", true);
    check(&acl, "scan", "kv/dir/", false);
    check(&acl, "list", "kv/x/", false);
    check(&acl, "read", "kv/x/1/y", true);
    check(&acl, "read", "kv/x/1/2/y", false);
    check(&acl, "read", "kv/deny/k", false);
    check(&acl, "deny", "kv/deny/k", false);
    check(&acl, "read", "kv/deny/j", true);
    check(&acl, "read", "kv/prefix", true);
    check(&acl, "read", "kv/pref", true);
    check(&acl, "sudo update", "sys/seal", false);
    check(&acl, "sudo read", "sys/audit", true);
    check(&acl, "sudo read", "sys/auth", false);
    check(&acl, "read", "", false);
}

/// Endpoints overlook a slash at the end of a path, rules do not let themselves be evaded by it.
#[test]
fn a_slash_at_the_end_evades_nothing() {
    let acl = acl(&[r#"
path "auth/token/*" { capabilities = ["read"] }
path "auth/token/lookup" { capabilities = ["deny"] }
path "kv/data/*" { capabilities = ["read"] }
path "kv/data/secret/*" { capabilities = ["deny"] }
"#]);
    check(&acl, "read", "auth/token/accessor", true);
    check(&acl, "read", "auth/token/accessor/", true);
    check(&acl, "read", "auth/token/lookup", false);
    check(&acl, "read", "auth/token/lookup/", false);
    check(&acl, "read", "kv/data/secret/", false);
}

#[test]
fn parameters() {
    let acl = acl(&[ENFORCED]);
    let check = |path, parameters, want| checks(&acl, "update", path, parameters, want);
    check("kv/par/k", json!({"a": "x"}), true);
    check("kv/par/k", json!({"b": "1"}), true);
    check("kv/par/k", json!({"b": "2xyz"}), true);
    check("kv/par/k", json!({"b": "3"}), false);
    check("kv/par/k", json!({"b": 1}), false);
    check("kv/par/k", json!({"b": null}), false);
    check("kv/par/k", json!({"c": "1"}), false);
    check("kv/par/k", json!({"a": "x", "z": 1}), false);
    check("kv/par/k", json!({}), true);
    check("kv/parall/k", json!({"q": 1}), true);
    check("kv/parall/k", json!({"a": "2"}), false);
    check("kv/parall/k", json!({"A": "2"}), false);
    check("kv/parall/k", json!({"*": "2"}), true);
    check("kv/den/k", json!({"y": "bad"}), false);
    check("kv/den/k", json!({"y": ["ok", "bad"]}), false);
    check("kv/den/k", json!({"y": "ok"}), true);
    check("kv/den/k", json!({"z": "1"}), false);
    check("kv/den/k", json!({"Z": "1"}), false);
    check("kv/denall/k", json!({"a": 1}), false);
    check("kv/denall/k", json!({}), true);
    check("kv/req/k", json!({"a": 1}), false);
    check("kv/req/k", json!({}), false);
    check("kv/req/k", json!({"a": 1, "b": 2}), true);
}

#[test]
fn parameter_values() {
    let acl = acl(&[r#"
        path "n" { capabilities = ["read"] allowed_parameters = { n = [1, true, "*x*", "*y", "*"] } }
        path "d" { capabilities = ["patch"] denied_parameters = { n = [5, false, "7"] } }
        path "e" { capabilities = ["delete"] denied_parameters = { "*" = [] } required_parameters = ["q"] }
    "#]);
    let allowed = |n: Value, want| checks(&acl, "read", "n", json!({ "n": n }), want);
    allowed(json!(1), true);
    allowed(json!(1.0), true);
    allowed(json!("1"), false);
    allowed(json!(2), false);
    allowed(json!(true), true);
    allowed(json!(false), false);
    allowed(json!("axb"), true);
    allowed(json!("ay"), true);
    allowed(json!("ya"), false);
    allowed(json!("*"), true);
    allowed(json!([1]), false);
    let denied = |n: Value, want| checks(&acl, "patch", "d", json!({ "n": n }), want);
    denied(json!(5), false);
    denied(json!(5.0), false);
    denied(json!("5"), false);
    denied(json!("false"), false);
    denied(json!(7), false);
    denied(json!([[7]]), false);
    denied(json!(6), true);
    denied(json!({"n": 5}), true);
    checks(&acl, "delete", "e", json!({"a": 1}), true);
}

#[test]
fn wrapping() {
    let acl = acl(&[ENFORCED]);
    for (ttl, want) in [(None, false), (Some(30), false), (Some(60), true), (Some(300), true)] {
        assert_eq!(ask(&acl, "read", "kv/wrap", json!({}), ttl).granted().is_some(), want);
    }
    for (ttl, want) in [(600, true), (601, false), (3600, false)] {
        assert_eq!(ask(&acl, "read", "kv/wrap", json!({}), Some(ttl)).granted().is_some(), want);
    }
}

fn capabilities(acl: &Acl, path: &str, want: &[&str]) {
    assert_eq!(acl.capabilities(path), want, "{path}");
}

#[test]
fn capability_words() {
    let acl = acl(&[ENFORCED, DEFAULT]);
    capabilities(&acl, "kv/a", &["read"]);
    capabilities(&acl, "kv/b", &["deny"]);
    capabilities(&acl, "kv/rw/x", &["create", "delete", "list", "read", "update"]);
    capabilities(&acl, "kv/deny/k", &["deny"]);
    capabilities(&acl, "sys/seal", &["update"]);
    capabilities(&acl, "sys/audit", &["read", "sudo"]);
    capabilities(&acl, "kv/dir", &["deny"]);
    capabilities(&acl, "kv/dir/", &["list"]);
    capabilities(&acl, "kv/a/", &["read"]);
    capabilities(&acl, "identity/oidc/provider/x/authorize", &["read", "update"]);
    capabilities(&acl, "identity/entity/id/", &["deny"]);
}

const M1: &str =
    r#"path "kv/a" { capabilities = ["read"] } path "kv/*" { capabilities = ["list"] }"#;
const M2: &str = r#"
    path "kv/a" { capabilities = ["update"] }
    path "kv/+" { capabilities = ["delete"] }
    path "kv/a*" { capabilities = ["create"] }"#;
const M3: &str = r#"path "kv/a" { capabilities = ["deny"] }"#;

#[test]
fn only_the_most_specific_pattern_counts() {
    let two = acl(&[M1, M2]);
    capabilities(&two, "kv/a", &["read", "update"]);
    capabilities(&two, "kv/ab", &["create"]);
    capabilities(&two, "kv/b", &["delete"]);
    capabilities(&two, "kv/b/c", &["list"]);
    for texts in [[M1, M2, M3], [M3, M2, M1], [M1, M3, M2]] {
        let three = acl(&texts);
        capabilities(&three, "kv/a", &["deny"]);
        capabilities(&three, "kv/b", &["delete"]);
    }
}

/// Of two patterns that fit a path, the first must win.
fn beats(winner: &str, loser: &str, path: &str) {
    let winning = format!("path {winner:?} {{ capabilities = [\"read\"] }}");
    let losing = format!("path {loser:?} {{ capabilities = [\"deny\"] }}");
    for texts in [[&winning, &losing], [&losing, &winning]] {
        let acl = acl(&[texts[0], texts[1]]);
        assert_eq!(acl.capabilities(path), ["read"], "{winner} against {loser} for {path}");
    }
}

#[test]
fn priorities() {
    beats("a/b", "a/*", "a/b");
    beats("a/b", "a/+", "a/b");
    beats("foo/a*", "foo/+", "foo/ab");
    beats("foo/bar/+/baz", "foo/+/bar/baz", "foo/bar/bar/baz");
    beats("foo/+/bar", "foo/+/ba*", "foo/x/bar");
    beats("foo/+", "foo/*", "foo/x");
    beats("foo/bar/+/baz", "foo/+/+/baz", "foo/bar/x/baz");
    beats("foo/+/bar/ba*", "foo/+/bar/b*", "foo/x/bar/baz");
    beats("foo/*", "foo/+/+/x/*", "foo/a/b/x/y");
    beats("foo/bar*", "foo/b*", "foo/barn");
    beats("foo/b*", "foo/*", "foo/ba");
    beats("foo/*", "*", "foo/ba");
    beats("*", "+", "x/y");
    beats("+", "*", "x");
    beats("foo/+/b/+", "foo/+/+/c", "foo/a/b/c");
}

#[test]
fn patterns() {
    let acl = acl(&[r#"
        path "/lead" { capabilities = ["read"] }
        path "a/b+c/d" { capabilities = ["read"] }
        path "a/*/b" { capabilities = ["read"] }
        path "e/+/f*" { capabilities = ["read", "list"] }
        path "g/+" { capabilities = ["list", "scan"] }
        path "h/+/*" { capabilities = ["read"] }
        path "i" { capabilities = ["list", "scan"] }
    "#]);
    check(&acl, "read", "lead", true);
    check(&acl, "read", "a/b+c/d", true);
    check(&acl, "read", "a/bxc/d", false);
    check(&acl, "read", "a/*/b", true);
    check(&acl, "read", "a/x/b", false);
    check(&acl, "read", "e/x/f", true);
    check(&acl, "read", "e/x/fun/more", true);
    check(&acl, "read", "e/x", false);
    check(&acl, "read", "e/x/g", false);
    check(&acl, "list", "g/x/", true);
    check(&acl, "scan", "g/x/", false);
    check(&acl, "list", "g/x/y/", false);
    check(&acl, "read", "h/x/", true);
    check(&acl, "read", "h/x/y/z", true);
    check(&acl, "read", "h/x", false);
    check(&acl, "list", "i/", true);
    check(&acl, "scan", "i/", true);
    check(&acl, "list", "i", true);
}

#[test]
fn merging() {
    let acl = acl(&[
        r#"path "k" { capabilities = ["read"] max_wrapping_ttl = 100 min_wrapping_ttl = 10
            allowed_parameters = { a = ["1"] b = ["1"] } denied_parameters = { c = ["1"] } }"#,
        r#"path "k" { capabilities = ["update"] max_wrapping_ttl = 50 min_wrapping_ttl = 20
            allowed_parameters = { a = ["2"] b = [] } denied_parameters = { c = [] } required_parameters = ["a"] }"#,
    ]);
    let check = |what, parameters, wrap, want| {
        let granted = ask(&acl, what, "k", parameters, Some(wrap)).granted();
        assert_eq!(granted.map(|grant| grant.policies().to_vec()), want);
    };
    let granted_by = |name: &str| Some(vec![name.to_owned()]);
    check("read", json!({"a": "1"}), 10, granted_by("p0"));
    check("update", json!({"a": "2", "b": "x"}), 50, granted_by("p1"));
    check("read", json!({"a": "3"}), 50, None);
    check("read", json!({"b": "1"}), 50, None);
    check("read", json!({"a": "1", "c": "2"}), 50, None);
    check("read", json!({"a": "1"}), 51, None);
    check("read", json!({"a": "1"}), 9, None);
    check("delete", json!({"a": "1"}), 50, None);
}

#[test]
fn grants() {
    let text = r#"path "k" { capabilities = ["read", "list"] }"#;
    let acl = acl(&[text, text, r#"path "k" { capabilities = ["list"] }"#]);
    let policies = |what| {
        let grant = ask(&acl, what, "k", json!({}), None).granted().unwrap();
        assert!(!grant.is_root());
        grant.policies().join(" ")
    };
    assert_eq!(policies("read"), "p0 p1");
    assert_eq!(policies("list"), "p0 p1 p2");
    assert!(crate::Grant::unauthenticated().policies().is_empty());
}

#[test]
fn root() {
    let root = Arc::new(Policy::parse("root", "").unwrap());
    let other = Arc::new(Policy::parse("m3", M3).unwrap());
    let acl = Acl::new(&[other, root]);
    assert!(acl.is_root());
    check(&acl, "sudo update", "sys/seal", true);
    capabilities(&acl, "kv/a", &["root"]);
    let grant = ask(&acl, "read", "x", json!({}), None).granted().unwrap();
    assert!(grant.is_root());
    assert_eq!(grant.policies(), ["root"]);
    assert!(acl.grants_below("kv/"));
    assert_eq!(acl.resultant(), json!({"root": true}));
}

#[test]
fn below() {
    let check = |text: &str, prefix: &str, want| {
        assert_eq!(acl(&[text]).grants_below(prefix), want, "{text} {prefix}");
    };
    let rule = |path: &str| format!("path {path:?} {{ capabilities = [\"read\"] }}");
    check(&rule("kv/a"), "kv/", true);
    check(&rule("kv/a"), "kv2/", false);
    check(&rule("kv*"), "kv/", true);
    check(&rule("kv/a/b*"), "kv/", true);
    check(&rule("*"), "kv/", true);
    check(&rule("kv/+/x"), "kv/", true);
    check(&rule("+/x"), "kv/", true);
    check(&rule("+/+/x"), "auth/app/", true);
    check(&rule("auth/+/x"), "auth/app/", true);
    check(&rule("auth/+/x"), "kv/", false);
    check(&rule("a/+/x"), "a/b/y/z/", false);
    check(&rule("a/+/x*"), "a/b/xy/z/", true);
    check(&rule("k"), "kv/", false);
    check(r#"path "kv/*" { capabilities = ["deny"] }"#, "kv/", false);
    check(r#"path "kv/*" { capabilities = [] }"#, "kv/", false);
    let both = r#"path "kv/*" { capabilities = ["deny"] } path "kv/a" { capabilities = ["list"] }"#;
    check(both, "kv/", true);
    check("", "kv/", false);
}

#[test]
fn pages() {
    let acl = acl(&[r#"
        path "free" { capabilities = ["list"] }
        path "ten" { capabilities = ["list", "scan"] pagination_limit = 10 }
        path "must" { capabilities = ["list"] pagination_limit = "10" required_parameters = ["Limit"] }
    "#]);
    let check = |path, parameters, want: Option<Option<u64>>| {
        let granted = ask(&acl, "list", path, parameters, None).granted();
        assert_eq!(granted.map(|grant| grant.page_limit()), want, "{path}");
    };
    check("free", json!({}), Some(None));
    check("free", json!({"limit": "max"}), Some(Some(0)));
    check("free", json!({"limit": "x"}), Some(None));
    check("ten", json!({}), Some(Some(10)));
    check("ten", json!({"limit": "max"}), Some(Some(10)));
    check("ten", json!({"limit": "10"}), Some(None));
    check("ten", json!({"limit": 3}), Some(None));
    check("ten", json!({"limit": "11"}), None);
    check("ten", json!({"limit": "0"}), Some(Some(10)));
    check("ten", json!({"limit": -1}), Some(Some(10)));
    check("ten", json!({"limit": "x"}), None);
    check("must", json!({}), None);
    check("must", json!({"limit": "5"}), Some(None));
}

#[test]
fn filtered_lists() {
    let acl = acl(&[r#"
        path "s/metadata/" { capabilities = ["list"] list_scan_response_keys_filter_path = "s/data/{{ .key }}" }
        path "s/data/a" { capabilities = ["read"] }
        path "s/data/b" { capabilities = ["deny"] }
        path "s/data/c/*" { capabilities = ["read"] }
    "#]);
    let grant = ask(&acl, "list", "s/metadata/", json!({}), None).granted().unwrap();
    let filter = grant.list_filter().unwrap();
    let shown: Vec<_> = ["a", "b", "c/", "d"]
        .into_iter()
        .filter(|key| acl.shows(filter, "s/metadata/", key))
        .collect();
    assert_eq!(shown, ["a", "c/"]);
}

#[test]
fn expired_rules_do_not_count() {
    let text = r#"
        path "a" { capabilities = ["read"] expiration = "2030-01-01T00:00:00Z" }
        path "b" { capabilities = ["read"] expiration = 1700000000 }
        path "c" { capabilities = ["read"] }"#;
    let policy = Arc::new(Policy::parse("p", text).unwrap());
    let at = |time: &str| Acl::at(&[Arc::clone(&policy)], time.parse::<Timestamp>().unwrap());
    let (early, late) = (at("2029-12-31T23:59:59Z"), at("2030-01-01T00:00:00Z"));
    assert_eq!(early.expires(), Some("2030-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(late.expires(), None);
    for (path, want) in [("a", ["read", "deny"]), ("b", ["deny", "deny"]), ("c", ["read", "read"])]
    {
        assert_eq!([early.capabilities(path), late.capabilities(path)].concat(), want, "{path}");
    }
}

#[test]
fn templates() {
    let policy = Policy::parse("default", DEFAULT).unwrap();
    assert!(policy.templated);
    let lookup = |name: &str| (name == "identity.entity.id").then(|| "e1".to_owned());
    let filled = Acl::new(&[Arc::new(policy.fill(&lookup, Templates::default()))]);
    capabilities(&filled, "identity/entity/id/e1", &["read"]);
    capabilities(&filled, "identity/entity/id/e2", &["deny"]);
    let unfilled = Acl::new(&[Arc::new(policy)]);
    capabilities(&unfilled, "identity/entity/id/{{identity.entity.id}}", &["deny"]);
}

#[test]
fn builtin_texts() {
    assert_eq!(Policy::parse("default", DEFAULT).unwrap().rules.len(), 16);
    let acl = acl(&[RESPONSE_WRAPPING]);
    capabilities(&acl, "cubbyhole/response", &["create", "read"]);
    capabilities(&acl, "sys/wrapping/unwrap", &["update"]);
    capabilities(&acl, "cubbyhole/x", &["deny"]);
}

#[test]
fn the_sum_as_json() {
    let sum = acl(&[ENFORCED, DEFAULT]).resultant();
    let keys = |name: &str| sum[name].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let exact = "auth/token/lookup-self auth/token/renew-self auth/token/revoke-self kv/a kv/deny/k \
        kv/dir/ kv/wrap sys/audit sys/capabilities-self sys/internal/ui/resultant-acl \
        sys/leases/lookup sys/leases/renew sys/policies/acl/p1 sys/seal sys/tools/hash \
        sys/wrapping/lookup sys/wrapping/unwrap sys/wrapping/wrap";
    assert_eq!(keys("exact_paths"), exact.split_whitespace().collect::<Vec<_>>());
    let glob = "cubbyhole/ kv/den/ kv/denall/ kv/deny/ kv/new/ kv/par/ kv/parall/ kv/pref kv/req/ \
        kv/rw/ kv/upd/ sys/tools/hash/";
    assert_eq!(keys("glob_paths"), glob.split_whitespace().collect::<Vec<_>>());
    let check = |pointer: &str, want: Value| assert_eq!(sum.pointer(pointer), Some(&want));
    check("/root", json!(false));
    check(
        "/exact_paths/kv~1wrap",
        json!({"capabilities": ["read"], "max_wrapping_ttl": 600, "min_wrapping_ttl": 60}),
    );
    check("/exact_paths/kv~1deny~1k", json!({"capabilities": ["deny"]}));
    check(
        "/glob_paths/kv~1par~1",
        json!({"allowed_parameters": {"a": [], "b": ["1", "2*"]},
            "capabilities": ["create", "update"], "denied_parameters": {"z": []}}),
    );
    check(
        "/glob_paths/kv~1req~1",
        json!({"capabilities": ["create", "update"], "required_parameters": ["a", "b"]}),
    );
}

/// The longest prefix, found the slow way.
fn slow_longest(rules: &[String], path: &str) -> Option<String> {
    let fits = rules.iter().filter(|rule| path.starts_with(rule.as_str()));
    fits.max_by_key(|rule| rule.len()).cloned()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn longest_prefix_is_found(
        rules in proptest::collection::vec("[ab/]{0,6}", 0..12),
        path in "[ab/]{0,8}",
    ) {
        let sorted = rules.iter().map(|rule| (rule.clone(), super::Permissions::default()));
        let prefixes = super::Prefixes::new(sorted.collect());
        let found = prefixes.longest(&path).map(|(prefix, _)| prefix.to_owned());
        assert_eq!(found, slow_longest(&rules, &path));
    }

    #[test]
    fn never_panics(paths in proptest::collection::vec("[ab/+*{}]{0,8}", 0..6), path in "[ab/]{0,8}") {
        let text: String =
            paths.iter().map(|path| format!("path {path:?} {{ policy = \"read\" }}\n")).collect();
        if let Ok(policy) = Policy::parse("p", &text) {
            let acl = Acl::new(&[Arc::new(policy)]);
            check(&acl, "update", &path, false);
            let _ = (acl.capabilities(&path), acl.grants_below(&path), acl.resultant());
        }
    }
}
