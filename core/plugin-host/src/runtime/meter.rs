//! How the calls of one provider went: numbers, times, and the last fault.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use metrics::{Counter, Histogram};
use parking_lot::Mutex;
use plugin_api::{Error, ErrorKind, Result};

use crate::Kind;

/// The calls of one provider; shared by all of its generations.
pub(super) struct Meter {
    labels: [(&'static str, String); 2],
    operations: Mutex<Vec<Arc<Operation>>>,
    last: Mutex<Option<LastError>>,
}

/// The calls of one name.
pub(super) struct Operation {
    name: &'static str,
    meter: Arc<Meter>,
    times: Times,
    milliseconds: Histogram,
    errors: AtomicU64,
}

/// The last call that failed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LastError {
    /// The call: `get`.
    pub operation: &'static str,
    /// Why.
    pub error: Error,
    /// When.
    pub time: Timestamp,
}

/// The calls of one name, as numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Calls {
    /// The call: `get`.
    pub operation: &'static str,
    /// How many there were.
    pub count: u64,
    /// How many of them failed.
    pub errors: u64,
    /// Half of them took no longer.
    pub p50: Duration,
    /// Of a hundred, ninety-nine took no longer.
    pub p99: Duration,
}

/// Durations, counted in classes that are a quarter of their size wide.
struct Times([AtomicU64; CLASSES]);

/// Four for each power of two of nanoseconds.
const CLASSES: usize = 256;

// === impl Meter ===

impl Meter {
    pub(super) fn new(kind: Kind, name: &str) -> Arc<Self> {
        Arc::new(Self {
            labels: [("kind", kind.to_string()), ("plugin", name.to_owned())],
            operations: Mutex::default(),
            last: Mutex::default(),
        })
    }

    /// The calls of one name, from now on.
    pub(super) fn operation(self: &Arc<Self>, name: &'static str) -> Arc<Operation> {
        let [kind, plugin] = self.labels.clone();
        let labels = [kind, plugin, ("operation", name.to_owned())];
        let operation = Arc::new(Operation {
            name,
            meter: Arc::clone(self),
            times: Times(std::array::from_fn(|_| AtomicU64::new(0))),
            milliseconds: metrics::histogram!("vault.plugin.call", &labels),
            errors: AtomicU64::new(0),
        });
        self.operations.lock().push(Arc::clone(&operation));
        operation
    }

    /// The calls so far, by name; those that nobody made are left out.
    pub(super) fn calls(&self) -> Vec<Calls> {
        let operations = self.operations.lock();
        operations.iter().map(|it| it.calls()).filter(|calls| calls.count > 0).collect()
    }

    /// The last call that failed.
    pub(super) fn last_error(&self) -> Option<LastError> {
        self.last.lock().clone()
    }

    #[cold]
    fn fail(&self, operation: &'static str, error: &Error) {
        let [kind, plugin] = self.labels.clone();
        let code = format!("{:?}", error.kind);
        let labels = [kind, plugin, ("operation", operation.to_owned()), ("code", code)];
        let errors: Counter = metrics::counter!("vault.plugin.call.errors", &labels);
        errors.increment(1);
        let last = LastError { operation, error: error.clone(), time: Timestamp::now() };
        *self.last.lock() = Some(last);
    }
}

// === impl Operation ===

impl Operation {
    /// Counts a call that has ended.
    pub(super) fn record<T>(&self, start: Instant, result: Result<T>) -> Result<T> {
        let time = start.elapsed();
        self.times.add(time);
        self.milliseconds.record(time.as_secs_f64() * 1_000.0);
        if let Err(error) = &result
            && is_fault(error.kind)
        {
            self.errors.fetch_add(1, Ordering::Relaxed);
            self.meter.fail(self.name, error);
        }
        result
    }

    fn calls(&self) -> Calls {
        Calls {
            operation: self.name,
            count: self.times.count(),
            errors: self.errors.load(Ordering::Relaxed),
            p50: self.times.quantile(50),
            p99: self.times.quantile(99),
        }
    }
}

/// Whether an error is a fault; a check that did not hold and what is not claimed are answers.
const fn is_fault(kind: ErrorKind) -> bool {
    !matches!(kind, ErrorKind::Conflict | ErrorKind::Unsupported)
}

// === impl Times ===

impl Times {
    fn add(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if let Some(class) = self.0.get(class(nanoseconds)) {
            class.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|class| class.load(Ordering::Relaxed)).sum()
    }

    /// The time that so many of a hundred calls did not exceed, to a quarter.
    fn quantile(&self, of_hundred: u64) -> Duration {
        let wanted = self.count().saturating_mul(of_hundred).div_ceil(100).max(1);
        let mut seen = 0;
        for (number, class) in self.0.iter().enumerate() {
            seen += class.load(Ordering::Relaxed);
            if seen >= wanted {
                return Duration::from_nanos(longest(number));
            }
        }
        Duration::ZERO
    }
}

/// The class of a time: its highest bit and the two below it.
const fn class(nanoseconds: u64) -> usize {
    let exponent = (nanoseconds | 1).ilog2();
    let below = if exponent < 2 { 0 } else { (nanoseconds >> (exponent - 2)) & 3 };
    exponent as usize * 4 + below as usize
}

/// The longest time of a class, in nanoseconds.
const fn longest(class: usize) -> u64 {
    let (exponent, below) = (class / 4, (class % 4) as u64);
    if exponent < 2 {
        return (2 << exponent) - 1;
    }
    let width = 1_u64 << (exponent - 2);
    (4 + below).saturating_mul(width).saturating_add(width - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_the_class_that_it_is_no_longer_than() {
        for nanoseconds in [0, 1, 2, 3, 4, 5, 7, 8, 1_000, 123_456, 1 << 40, u64::MAX] {
            let class = class(nanoseconds);
            assert!(longest(class) >= nanoseconds, "{nanoseconds}");
            assert!(class == 0 || longest(class - 1) < nanoseconds || nanoseconds < 4);
        }
    }

    #[test]
    fn quantiles_are_those_of_the_calls_to_a_quarter() {
        let times = Times(std::array::from_fn(|_| AtomicU64::new(0)));
        assert_eq!(times.quantile(50), Duration::ZERO);
        for micros in 1..=1_000 {
            times.add(Duration::from_micros(micros));
        }
        let about = |it: Duration, micros: u64| {
            (micros..micros * 5 / 4 + 1).contains(&u64::try_from(it.as_micros()).unwrap())
        };
        assert!(about(times.quantile(50), 500), "{:?}", times.quantile(50));
        assert!(about(times.quantile(99), 990), "{:?}", times.quantile(99));
    }
}
