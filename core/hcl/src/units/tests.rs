//! Durations and sizes.

use std::time::Duration;

use super::{duration, duration_of, size};
use crate::Value;

fn lasts(text: &str, want: Duration) {
    assert_eq!(duration(text), Ok(want), "{text}");
}

fn refuses(text: &str, want: &str) {
    assert_eq!(duration(text).unwrap_err().to_string(), want);
}

#[test]
fn durations() {
    lasts("", Duration::ZERO);
    lasts("0", Duration::ZERO);
    lasts("0s", Duration::ZERO);
    lasts("3600", Duration::from_secs(3600));
    lasts("90s", Duration::from_secs(90));
    lasts("1h30m", Duration::from_secs(5400));
    lasts("1.5s", Duration::from_millis(1500));
    lasts(".5s", Duration::from_millis(500));
    lasts("100ms", Duration::from_millis(100));
    lasts("2us3ns", Duration::from_nanos(2003));
    lasts("7d", Duration::from_secs(604_800));
    lasts("+1m", Duration::from_secs(60));
    lasts("768h", Duration::from_secs(2_764_800));
}

#[test]
fn faults() {
    refuses("x", "time: invalid duration \"x\"");
    refuses("-", "time: invalid duration \"-\"");
    refuses("1.5", "time: missing unit in duration \"1.5\"");
    refuses("1w", "time: unknown unit \"w\" in duration \"1w\"");
    refuses("-1h", "duration \"-1h\" must not be negative");
    refuses("-5", "duration \"-5\" must not be negative");
    refuses("9999999999", "time: invalid duration \"9999999999\"");
    refuses("9999999h", "time: invalid duration \"9999999h\"");
    refuses(
        "99999999999999999999999999999999999999999h",
        "time: invalid duration \"99999999999999999999999999999999999999999h\"",
    );
}

#[test]
fn values() {
    assert_eq!(duration_of(&Value::Number("60".into())), Ok(Duration::from_secs(60)));
    assert_eq!(duration_of(&Value::Number("1.5".into())), Ok(Duration::from_millis(1500)));
    assert_eq!(duration_of(&Value::String("1m".into())), Ok(Duration::from_secs(60)));
    assert!(duration_of(&Value::Number("1e300".into())).is_err());
    assert!(duration_of(&Value::Number("-1".into())).is_err());
    let list = duration_of(&Value::List(Vec::new())).unwrap_err().to_string();
    assert_eq!(list, "expected a number or a string, got a list");
}

#[test]
fn sizes() {
    let check = |text: &str, want: Option<u64>| assert_eq!(size(text).ok(), want, "{text}");
    check("1048576", Some(1_048_576));
    check("32MiB", Some(33_554_432));
    check("32 mb", Some(32_000_000));
    check("1KB", Some(1000));
    check("2k", Some(2000));
    check("5b", Some(5));
    check("1tib", Some(1 << 40));
    check("", None);
    check("x", None);
    check("1zb", None);
    check("-1", None);
    check("99999999999999999999", None);
    check("99999999999tb", None);
}
