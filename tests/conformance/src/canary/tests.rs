//! What is found, and that what is found is not told again.

use super::{CANARY, Canaries};

fn check(text: &str, want: Option<&str>) {
    let canaries = Canaries::new(vec![String::new(), "hunter2".into()]);
    assert_eq!(canaries.found_in(text).as_deref(), want, "{text}");
}

#[test]
fn texts() {
    check("cannot write", None);
    check("", None);
    check(&format!("cannot write {CANARY:?}"), Some("a value"));
    check("login root:hunter2@db failed", Some("secret 0 of the settings"));
    check("bytes [104, 117, 110, 116, 101, 114, 50]", Some("secret 0 of the settings"));
    check("0x68756e74657232", Some("secret 0 of the settings"));
    check("hunter", None);
}
