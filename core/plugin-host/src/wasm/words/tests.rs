//! Answers of a guest that keep the contract, and some that do not.

use plugin_api::ErrorKind;

use super::{error, page};
use crate::wasm::bindings::{storage, types};

fn check(names: &[&str], prefix: &str, after: &str, limit: usize, want: &str) {
    let keys = names.iter().map(|name| (*name).to_owned()).collect();
    let got = page(storage::Page { keys, more: false }, prefix, after, limit);
    let got = got.err().map(|error| error.message).unwrap_or_default();
    assert!(got.ends_with(want) && got.is_empty() == want.is_empty(), "{names:?}: {got}");
}

#[test]
fn pages() {
    check(&[], "", "", 0, "");
    check(&["a", "a/", "b"], "", "", 0, "");
    check(&["a", "b"], "x/", "", 2, "");
    check(&["a", "b"], "", "", 1, "a listing has 2 names, the limit is 1");
    check(&["b", "a"], "", "", 0, "not in byte order");
    check(&["a", "a"], "", "", 0, "not in byte order");
    check(&["a"], "", "a", 0, "not in byte order");
    check(&[""], "", "", 0, "not in byte order");
    check(&["a/b"], "", "", 0, "not an immediate child");
    check(&["/"], "", "", 0, "no key");
    check(&[".."], "x/", "", 0, "no key");
    check(&["a\0"], "", "", 0, "no key");
}

#[test]
fn a_page_that_goes_nowhere() {
    let got = page(storage::Page { keys: Vec::new(), more: true }, "", "", 0);
    assert!(got.unwrap_err().message.ends_with("has more, and no names"));
}

/// The kinds of errors are the same, in the same order, as in Rust, where they have the numbers.
#[test]
fn kinds() {
    let wit = include_str!("../../../../../wit/types.wit");
    let (_, rest) = wit.split_once("enum error-kind {").unwrap();
    let (body, _) = rest.split_once('}').unwrap();
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("///"));
    let names: Vec<&str> = lines.filter_map(|line| line.strip_suffix(',')).collect();
    let kinds = [
        ErrorKind::InvalidArgument,
        ErrorKind::ConfigInvalid,
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
        ErrorKind::Cancelled,
        ErrorKind::Conflict,
        ErrorKind::Fenced,
        ErrorKind::TooLarge,
        ErrorKind::Unauthenticated,
        ErrorKind::PermissionDenied,
        ErrorKind::RateLimited,
        ErrorKind::Unsupported,
        ErrorKind::Corrupt,
        ErrorKind::Internal,
        ErrorKind::Panicked,
    ];
    assert_eq!(names.len(), kinds.len());
    for (place, (name, kind)) in names.iter().zip(kinds).enumerate() {
        assert_eq!(name.replace('-', ""), format!("{kind:?}").to_lowercase());
        assert_eq!(kind as usize, place + 1, "{name}");
    }
}

#[test]
fn messages() {
    let answer = error(types::Error {
        kind: types::ErrorKind::Fenced,
        message: format!("line\n\u{1b}[31m{}", "x".repeat(10_000)),
        retryable: true,
        maybe_applied: true,
    });
    assert_eq!(answer.kind, ErrorKind::Fenced);
    assert!(answer.retryable && answer.maybe_applied);
    assert!(answer.message.len() <= 1024 && answer.message.starts_with("line  [31mx"));
}
