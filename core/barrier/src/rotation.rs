//! When the barrier's key is due to be rotated, and what is known of the active one.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{Error, Result, Term, record::RotationRecord};

#[cfg(test)]
mod tests;

/// The most encryptions under one key: nine tenths of what random nonces allow, 2³².
pub(crate) const OPERATIONS_MAX: u64 = 3_865_470_566;
/// The fewest encryptions that may be set as the limit.
pub(crate) const OPERATIONS_MIN: u64 = 1_000_000;
/// The shortest interval between rotations.
pub(crate) const INTERVAL_MIN: Duration = Duration::from_hours(24);

/// The age at which a key that nobody ever counted for is rotated: such keys are from releases
/// that did not count.
const UNCOUNTED_AGE_MAX: SignedDuration = SignedDuration::from_hours(365 * 24);

/// When to rotate the barrier's key. Kept in the keyring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RotationConfig {
    /// Whether the server rotates by itself.
    pub enabled: bool,
    /// After this many encryptions, from 1,000,000 to 3,865,470,566.
    pub max_operations: u64,
    /// At this age: zero (never) or at least 24 hours.
    pub interval: Duration,
}

/// The active key, without its bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyInfo {
    /// Its term.
    pub term: Term,
    /// When it was made.
    pub install_time: Timestamp,
    /// How often it has encrypted.
    pub encryptions: u64,
}

/// Why a rotation is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RotationReason {
    /// The key has encrypted as often as it may.
    Operations,
    /// The key is as old as it may be.
    Interval,
    /// The key is over a year old and has no count.
    Uncounted,
}

/// Which count of encryptions to keep.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Persist {
    /// The count so far and as much again as since the last time, because a crash before the next
    /// time would lose that much. The count may be too high after a crash, never too low by much.
    Running,
    /// The exact count: nothing follows it.
    Sealing,
}

impl RotationConfig {
    /// Checks that the limits are in range.
    pub fn check(&self) -> Result<()> {
        if !(OPERATIONS_MIN..=OPERATIONS_MAX).contains(&self.max_operations) {
            return Err(Error::RotationConfig(format!(
                "max_operations must be in the range [{OPERATIONS_MIN},{OPERATIONS_MAX}]"
            )));
        }
        if !self.interval.is_zero() && self.interval < INTERVAL_MIN {
            let message = "interval must be greater or equal to 24h0m0s";
            return Err(Error::RotationConfig(message.to_owned()));
        }
        Ok(())
    }

    pub(crate) fn due(&self, key: &KeyInfo, now: Timestamp) -> Option<RotationReason> {
        if !self.enabled {
            return None;
        }
        let age = now.duration_since(key.install_time);
        let interval = SignedDuration::try_from(self.interval).unwrap_or(SignedDuration::MAX);
        if key.encryptions >= self.max_operations {
            Some(RotationReason::Operations)
        } else if !self.interval.is_zero() && age >= interval {
            Some(RotationReason::Interval)
        } else if key.encryptions == 0 && age > UNCOUNTED_AGE_MAX {
            Some(RotationReason::Uncounted)
        } else {
            None
        }
    }
}

impl Default for RotationConfig {
    fn default() -> Self {
        Self { enabled: true, max_operations: OPERATIONS_MAX, interval: Duration::ZERO }
    }
}

// What is out of range on disk (zeros in old keyrings) becomes the default, never a refusal to open.
impl From<RotationRecord> for RotationConfig {
    fn from(record: RotationRecord) -> Self {
        let operations = u64::try_from(record.max_operations).unwrap_or(0);
        let allowed = (OPERATIONS_MIN..=OPERATIONS_MAX).contains(&operations);
        let interval = Duration::from_nanos(u64::try_from(record.interval).unwrap_or(0));
        Self {
            enabled: !record.disabled,
            max_operations: if allowed { operations } else { OPERATIONS_MAX },
            interval: if interval < INTERVAL_MIN { Duration::ZERO } else { interval },
        }
    }
}

impl From<RotationConfig> for RotationRecord {
    fn from(config: RotationConfig) -> Self {
        Self {
            disabled: !config.enabled,
            max_operations: i64::try_from(config.max_operations).unwrap_or(i64::MAX),
            interval: i64::try_from(config.interval.as_nanos()).unwrap_or(i64::MAX),
        }
    }
}
