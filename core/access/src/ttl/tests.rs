//! How long things live, case by case.

use std::time::Duration;

use jiff::Timestamp;

use super::{Life, Limits, Wish, short};
use crate::time::after;

const HOUR: u64 = 3600;

fn wish(ttl: u64, period: u64, explicit_max: u64) -> Wish {
    let hours = |hours: u64| Duration::from_secs(hours * HOUR);
    let (ttl, period, explicit_max) = (hours(ttl), hours(period), hours(explicit_max));
    Wish { ttl, period, explicit_max, max: Duration::ZERO }
}

/// In hours: the wish, the age, and the life or nothing; the mount allows 10, and 768 at most.
fn check(wish: Wish, age: u64, want: Option<(u64, &[&str])>) {
    let limits =
        Limits { default: Duration::from_secs(10 * HOUR), max: Duration::from_secs(768 * HOUR) };
    let issued = Timestamp::UNIX_EPOCH;
    let now = after(issued, Duration::from_secs(age * HOUR));
    let got = limits.life(wish, issued, now).ok();
    let want = want.map(|(hours, warnings)| Life {
        ttl: Duration::from_secs(hours * HOUR),
        warnings: warnings.iter().map(|&text| text.to_owned()).collect(),
    });
    assert_eq!(got, want, "{wish:?} at the age of {age} hours");
}

#[test]
fn lives() {
    check(wish(0, 0, 0), 0, Some((10, &[])));
    check(wish(3, 0, 0), 0, Some((3, &[])));
    let told = "TTL of \"3h\" exceeded the effective max_ttl of \"2h\"; TTL value is capped \
                accordingly";
    check(wish(3, 0, 2), 0, Some((2, &[told])));
    let told = "TTL of \"9999h\" exceeded the effective max_ttl of \"768h\"; TTL value is capped \
                accordingly";
    check(wish(9999, 0, 0), 0, Some((768, &[told])));
    check(wish(1, 0, 0), 700, Some((1, &[])));
    let told = "TTL of \"20h\" exceeded the effective max_ttl of \"18h\"; TTL value is capped \
                accordingly";
    check(wish(20, 0, 0), 750, Some((18, &[told])));
    check(wish(1, 0, 0), 768, None);
    check(wish(1, 0, 5), 5, None);
}

#[test]
fn periods() {
    check(wish(0, 1, 0), 0, Some((1, &[])));
    check(wish(3, 1, 0), 0, Some((1, &[])));
    check(wish(0, 1, 0), 100_000, Some((1, &[])));
    let told = "period of \"1000h\" exceeded the effective max_ttl of \"768h\"; period value is \
                capped accordingly";
    check(wish(0, 1000, 0), 5, Some((768, &[told])));
    let told = "TTL of \"2h\" exceeded the effective max_ttl of \"1h\"; TTL value is capped \
                accordingly";
    check(wish(0, 2, 5), 4, Some((1, &[told])));
    check(wish(0, 1, 5), 5, None);
}

#[test]
fn short_texts() {
    for (seconds, want) in [
        (0, "0s"),
        (30, "30s"),
        (60, "1m"),
        (90, "1m30s"),
        (3600, "1h"),
        (5400, "1h30m"),
        (7199, "1h59m59s"),
        (36_000, "10h"),
    ] {
        assert_eq!(short(Duration::from_secs(seconds)), want);
    }
}
