//! The clock that plugins share with the server: nanoseconds since it was first looked at.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use rustix::time::{ClockId, Timespec, clock_gettime};
use tokio::time::Sleep;

/// By how much the cheap clock is behind at most, but on a machine that stands still: its ticks are a
/// hundred a second or more.
pub(super) const LAG_NS: u64 = 20_000_000;

/// Thirty years.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 86_400);

/// One moment on both clocks.
static ORIGIN: LazyLock<(Instant, u64)> = LazyLock::new(|| {
    // Again if something came in between: both would be that far apart for ever.
    let pairs = std::iter::repeat_with(|| {
        let first = Instant::now();
        (first, nanoseconds(clock_gettime(ClockId::Monotonic)), first.elapsed())
    });
    let closest = pairs.take(8).min_by_key(|(_, _, apart)| *apart);
    closest.map_or_else(|| (Instant::now(), 0), |(instant, moment, _)| (instant, moment))
});

/// Now.
pub(super) fn now() -> u64 {
    of(Instant::now())
}

/// Now, or about [`LAG_NS`] before at most. Looking closely takes several times as long, and is a good part
/// of the cost of a fast call.
pub(super) fn about_now() -> u64 {
    nanoseconds(clock_gettime(ClockId::MonotonicCoarse)).saturating_sub(ORIGIN.1)
}

/// Whether a moment has passed, given what [`about_now`] said.
pub(super) fn has_passed(moment: u64, about_now: u64) -> bool {
    moment <= about_now || moment <= about_now + LAG_NS && moment <= now()
}

/// A moment of the usual clock; those before the origin are the origin.
pub(super) fn of(time: Instant) -> u64 {
    length(time.saturating_duration_since(ORIGIN.0))
}

/// Sleeps until a moment.
pub(super) fn sleep_until(moment: u64) -> Sleep {
    // What the usual clock cannot say is further away than anybody waits.
    let deadline = instant(moment).unwrap_or_else(|| Instant::now() + FOREVER);
    tokio::time::sleep_until(deadline.into())
}

fn instant(moment: u64) -> Option<Instant> {
    ORIGIN.0.checked_add(Duration::from_nanos(moment))
}

/// A time in nanoseconds; what is too long is as long as can be.
pub(super) fn length(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(time.subsec_nanos()))
}

fn nanoseconds(time: Timespec) -> u64 {
    (time.tv_sec.unsigned_abs()).saturating_mul(1_000_000_000) + time.tv_nsec.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_agree() {
        let before = now();
        let about = about_now();
        let after = now();
        assert!(about <= after && about + LAG_NS >= before, "{before} {about} {after}");
        let moment = of(instant(after).unwrap());
        assert_eq!(moment, after);
    }

    #[test]
    fn what_has_passed() {
        let about = about_now();
        assert!(has_passed(about, about) && has_passed(now(), about));
        assert!(!has_passed(about + 2 * LAG_NS, about));
    }
}
