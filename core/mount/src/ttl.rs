//! Times to live: what a mount sets, what the system sets, and what comes out.

use std::time::Duration;

use logical::{Error, Result};

use crate::Config;

#[cfg(test)]
mod tests;

/// The limits of leases that the configuration sets.
#[derive(Clone, Copy, Debug)]
pub struct SystemTtls {
    /// Where neither a request nor a mount names one.
    pub default: Duration,
    /// The longest, where a mount names none.
    pub max: Duration,
}

/// What the requests of a mount get. A maximum of the mount may lie above the system's.
pub(crate) fn effective(config: &Config, system: SystemTtls) -> SystemTtls {
    let max = set(config.max_lease_ttl).unwrap_or(system.max);
    let default = set(config.default_lease_ttl).unwrap_or(system.default);
    SystemTtls { default: default.min(max), max }
}

/// A negative time to live is kept and shown, but sets nothing.
fn set(seconds: i64) -> Option<Duration> {
    u64::try_from(seconds).ok().filter(|&seconds| seconds > 0).map(Duration::from_secs)
}

/// Checks the times of a mount that is being enabled.
pub(crate) fn check_new(config: &Config, system: SystemTtls) -> Result<()> {
    let (default, max) = (config.default_lease_ttl, config.max_lease_ttl);
    if max != 0 && default > max {
        return Err(Error::invalid("given default lease TTL greater than given max lease TTL"));
    }
    let limit = seconds(system.max);
    if max == 0 && default > limit {
        return Err(Error::invalid(format!(
            "given default lease TTL greater than system max lease TTL of {limit}"
        )));
    }
    Ok(())
}

/// Checks the times that a mount would have after a change.
pub(crate) fn check_tuned(config: &Config, system: SystemTtls) -> Result<()> {
    let (default, max) = (config.default_lease_ttl, config.max_lease_ttl);
    if max != 0 && default > max {
        return Err(Error::invalid(format!(
            "backend max lease TTL of {max} would be less than backend default lease TTL of {default}"
        )));
    }
    let limit = seconds(system.max);
    if max == 0 && default > limit {
        return Err(Error::invalid(format!(
            "backend default lease TTL of {default} would be greater than system max lease TTL of \
             {limit}"
        )));
    }
    Ok(())
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}
