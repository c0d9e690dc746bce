//! Where paths lead, as a table.

use super::{Place, place};

fn api(raw: &str, want: &str) {
    assert_eq!(place(raw), Place::Api(want.into()), "{raw}");
}

fn moved(raw: &str, want: &str) {
    assert_eq!(place(raw), Place::Moved(want.to_owned()), "{raw}");
}

#[test]
fn paths_of_the_api() {
    api("/v1/", "");
    api("/v1/kv/a", "kv/a");
    api("/v1/kv/a/", "kv/a/");
    api("/v1/kv/a..b", "kv/a..b");
    api("/v1/kv/h%C3%A9%20l", "kv/hé l");
    api("/v1/kv/q%2Fr", "kv/q/r");
    api("/v1/kv/%", "kv/%");
}

#[test]
fn unclean_paths_are_sent_on() {
    moved("/v1//sys/health", "/v1/sys/health");
    moved("/v1/sys//health", "/v1/sys/health");
    moved("/v1/sys/./health", "/v1/sys/health");
    moved("/v1/../v1/sys/health", "/v1/sys/health");
    moved("/v1/kv/../sys/mounts", "/v1/sys/mounts");
    moved("/v1/sys/mounts/../x", "/v1/sys/x");
    moved("/v1/kv/a//", "/v1/kv/a/");
    moved("/../../v1/x", "/v1/x");
    moved("/v1/..", "/");
    moved("/v1/sys", "/v1/sys/");
}

#[test]
fn other_places() {
    for raw in ["/", "/ui", "/ui/", "/ui/vault", "/robots.txt", "/.well-known/acme-challenge/x"] {
        assert_eq!(place(raw), Place::Pages, "{raw}");
    }
    for raw in ["/v1", "/v2/sys/health", "/V1/sys/health", "/nosuch", "/metrics", "*", ""] {
        assert_eq!(place(raw), Place::Nowhere, "{raw}");
    }
    for raw in ["/v1/kv/a%0Ab", "/v1/kv/a%00b", "/v1/kv/%ff", "/v1/kv/a%E2%80%AEb"] {
        assert_eq!(place(raw), Place::Unprintable, "{raw}");
    }
    for raw in ["/v1/kv/%2e%2e/x", "/v1/kv/..%2fx", "/v1/kv/%2F%2Fx", "/v1/%2Fkv"] {
        assert_eq!(place(raw), Place::Relative, "{raw}");
    }
}
