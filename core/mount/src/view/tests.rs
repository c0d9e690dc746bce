//! A table of the barrier's errors.

use super::*;

#[test]
fn translates() {
    let storage = |kind| barrier::Error::Storage(plugin_api::Error::new(kind, "why"));
    let check = |error: barrier::Error, code: Code, again: bool| {
        let name = error.to_string();
        let got = translate(error);
        assert_eq!((got.code, is_conflict(&got)), (code, again), "{name}");
        assert!(got.source.is_some(), "{name}");
    };
    check(barrier::Error::Conflict, Code::Unavailable, true);
    check(barrier::Error::Fenced, Code::Unavailable, false);
    check(barrier::Error::Sealed, Code::Sealed, false);
    check(barrier::Error::Reserved("core/keyring".into()), Code::InvalidRequest, false);
    check(storage(ErrorKind::Unavailable), Code::Unavailable, false);
    check(storage(ErrorKind::Corrupt), Code::Internal, false);
    check(storage(ErrorKind::InvalidArgument), Code::InvalidRequest, false);
    check(storage(ErrorKind::TooLarge), Code::TooLarge, false);
    let lost = plugin_api::Error::new(ErrorKind::Timeout, "why").maybe_applied();
    assert!(is_uncertain(&translate(barrier::Error::Storage(lost))));
    assert!(!is_uncertain(&translate(storage(ErrorKind::Timeout))));
    assert!(is_conflict(&conflict()));
    assert!(!is_conflict(&Error::denied()));
}
