//! Rotation limits at their edges, and when a rotation is due.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{KeyInfo, RotationConfig, RotationReason};
use crate::{Error, Term, record::RotationRecord};

const HOUR: u64 = 3600;

fn config(max_operations: u64, interval_hours: u64) -> RotationConfig {
    let interval = Duration::from_secs(interval_hours * HOUR);
    RotationConfig { enabled: true, max_operations, interval }
}

#[test]
fn ranges() {
    let operations = "max_operations must be in the range [1000000,3865470566]";
    let interval = "interval must be greater or equal to 24h0m0s";
    let check = |config: RotationConfig, want: Option<&str>| {
        let want = want.map(|text| Error::RotationConfig(text.to_owned()));
        assert_eq!(config.check().err(), want);
    };
    check(RotationConfig::default(), None);
    check(config(1_000_000, 0), None);
    check(config(3_865_470_566, 24), None);
    check(config(0, 0), Some(operations));
    check(config(999_999, 0), Some(operations));
    check(config(3_865_470_567, 0), Some(operations));
    check(config(1_000_000, 23), Some(interval));
    check(config(1_000_000, 1), Some(interval));
}

#[test]
fn due() {
    let now = Timestamp::from_second(2_000_000_000).unwrap();
    let check = |config: RotationConfig, encryptions, age_hours, want| {
        let install_time = now - SignedDuration::from_hours(age_hours);
        let key = KeyInfo { term: Term::FIRST, install_time, encryptions };
        assert_eq!(config.due(&key, now), want);
        assert_eq!(RotationConfig { enabled: false, ..config }.due(&key, now), None);
    };
    check(config(1_000_000, 0), 999_999, 100_000, None);
    check(config(1_000_000, 0), 1_000_000, 0, Some(RotationReason::Operations));
    check(config(1_000_000, 24), 5, 23, None);
    check(config(1_000_000, 24), 5, 24, Some(RotationReason::Interval));
    check(config(1_000_000, 0), 0, 365 * 24, None);
    check(config(1_000_000, 0), 0, 365 * 24 + 1, Some(RotationReason::Uncounted));
    check(config(1_000_000, 0), 1, -5, None);
}

#[test]
fn from_disk() {
    let check = |max_operations, interval, want: RotationConfig| {
        let record = RotationRecord { disabled: false, max_operations, interval };
        assert_eq!(RotationConfig::from(record), want);
    };
    check(0, 0, RotationConfig::default());
    check(-1, -1, RotationConfig::default());
    check(i64::MAX, 1, RotationConfig::default());
    check(2_000_000, 172_800_000_000_000, config(2_000_000, 48));
    for value in [RotationConfig::default(), config(2_000_000, 48)] {
        assert_eq!(RotationConfig::from(RotationRecord::from(value)), value);
    }
}
