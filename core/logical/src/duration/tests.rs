//! Lengths of time, read and written.

use std::time::Duration;

use super::{seconds, text};

#[test]
fn reads() {
    let check = |given: &str, want: Result<i64, &str>| {
        assert_eq!(seconds(given), want.map_err(str::to_owned), "{given}");
    };
    check("", Ok(0));
    check("90", Ok(90));
    check("1h", Ok(3600));
    check("1h30m", Ok(5400));
    check("1.5h", Ok(5400));
    check("-1h", Ok(-3600));
    check("2d", Ok(172_800));
    check("0s", Ok(0));
    check("zz", Err("time: invalid duration \"zz\""));
    check("1x", Err("time: unknown unit \"x\" in duration \"1x\""));
    check("1h2", Err("time: missing unit in duration \"1h2\""));
}

#[test]
fn writes() {
    let check = |nanos: u64, want: &str| assert_eq!(text(Duration::from_nanos(nanos)), want);
    check(0, "0s");
    check(1, "1ns");
    check(1_500_000, "1.5ms");
    check(1_500_000_000, "1.5s");
    check(90_000_000_000, "1m30s");
    check(86_400_000_000_000, "24h0m0s");
}
