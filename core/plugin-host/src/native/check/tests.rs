//! Answers, right and wrong.

use plugin_api::Page;

use super::{LIST_MAX, page, unpack};

fn packed(names: &[&[u8]]) -> Vec<u8> {
    let mut packed = Vec::new();
    for name in names {
        packed.extend_from_slice(&u32::try_from(name.len()).unwrap().to_le_bytes());
        packed.extend_from_slice(name);
    }
    packed
}

fn check(bytes: &[u8], count: u32, want: Result<&[&str], &str>) {
    match (unpack(bytes, count), want) {
        (Ok(names), Ok(want)) => assert_eq!(names, want),
        (Err(error), Err(words)) => assert!(error.message.contains(words), "{error}"),
        (got, _) => panic!("{bytes:?}: {got:?}"),
    }
}

#[test]
fn lists() {
    check(&[], 0, Ok(&[]));
    check(&packed(&[b"a", b"b/"]), 2, Ok(&["a", "b/"]));
    check(&packed(&[b"a"]), 2, Err("cut off"));
    check(&packed(&[b"a", b"b"]), 1, Err("longer than it says"));
    check(&[255, 255, 255, 255, 0], 1, Err("cut off"));
    check(&[1, 0, 0], 1, Err("cut off"));
    check(&packed(&[b"\xff\xfe"]), 1, Err("not UTF-8"));
    check(&[], u32::MAX, Err("the limit is 100000"));
    assert_eq!(LIST_MAX, 100_000);
}

fn check_page(keys: &[&str], more: bool, (prefix, after, limit): (&str, &str, usize), want: &str) {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    let got = page(&Page { keys, more }, prefix, after, limit);
    let got = got.err().map(|error| error.message).unwrap_or_default();
    assert!(got.contains(want) && got.is_empty() == want.is_empty(), "{got:?} is not {want:?}");
}

#[test]
fn pages() {
    check_page(&[], false, ("", "", 0), "");
    check_page(&["a", "a/", "b"], true, ("p/", "", 3), "");
    check_page(&["a", "b"], true, ("", "", 1), "and 1 were asked for");
    check_page(&[], true, ("", "", 0), "more, and no names");
    check_page(&["b", "a"], false, ("", "", 0), "not in byte order");
    check_page(&["a", "a"], false, ("", "", 0), "not in byte order");
    check_page(&["a"], false, ("", "a", 0), "not in byte order");
    check_page(&["a/b"], false, ("", "", 0), "not an immediate child");
    check_page(&[".."], false, ("", "", 0), "a name that is no key");
    check_page(&["a\0"], false, ("", "", 0), "a name that is no key");
    check_page(&["/"], false, ("p/", "", 0), "a name that is no key");
}
