//! Both directions.

use super::{human, parse};

#[test]
fn read() {
    let check = |text: &str, expected: Option<u64>| assert_eq!(parse(text), expected, "{text}");
    check("0", Some(0));
    check("90", Some(90));
    check("90s", Some(90));
    check("1m30s", Some(90));
    check("1h", Some(3600));
    check("2d", Some(172_800));
    check("1.5h", Some(5400));
    check("1500ms", Some(1));
    check("3h25m19s", Some(12_319));
    check("", None);
    check("h", None);
    check("1x", None);
    check("-1", None);
    check("1h5", None);
    check("99999999999999999999h", None);
}

#[test]
fn written() {
    let check = |seconds: i64, expected: &str| assert_eq!(human(seconds), expected);
    check(0, "0s");
    check(60, "1m");
    check(90, "1m30s");
    check(3597, "59m57s");
    check(3600, "1h");
    check(3605, "1h0m5s");
    check(5400, "1h30m");
    check(2_764_800, "768h");
    check(-1, "-1s");
}
