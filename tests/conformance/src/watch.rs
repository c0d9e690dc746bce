//! Providers that are looked over the shoulder: how long each call takes, and whether an error
//! tells a secret.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use plugin_api::{HaLock, Result, Seal, Storage};

use crate::{Latency, canary::Canaries};

mod lock;
mod seal;
mod storage;

/// The most samples of one call that are kept.
const SAMPLES_MAX: usize = 100_000;
/// The most leaks that are told.
const LEAKS_MAX: usize = 10;

/// What was seen.
pub(crate) struct Record {
    canaries: Canaries,
    samples: Mutex<BTreeMap<&'static str, Vec<Duration>>>,
    leaks: Mutex<Vec<String>>,
}

/// A provider, watched.
pub(crate) struct Watched<T: ?Sized> {
    inner: Arc<T>,
    record: Arc<Record>,
}

impl Record {
    pub(crate) fn new(secrets: Vec<String>) -> Self {
        let canaries = Canaries::new(secrets);
        Self { canaries, samples: Mutex::default(), leaks: Mutex::default() }
    }

    /// A storage that this record hears of.
    pub(crate) fn storage(self: &Arc<Self>, inner: Arc<dyn Storage>) -> Arc<dyn Storage> {
        Arc::new(Watched { inner, record: self.clone() })
    }

    /// A lock that this record hears of.
    pub(crate) fn lock(self: &Arc<Self>, inner: Arc<dyn HaLock>) -> Arc<dyn HaLock> {
        Arc::new(Watched { inner, record: self.clone() })
    }

    /// A seal that this record hears of.
    pub(crate) fn seal(self: &Arc<Self>, inner: Arc<dyn Seal>) -> Arc<dyn Seal> {
        Arc::new(Watched { inner, record: self.clone() })
    }

    /// What is secret in this run.
    pub(crate) fn canaries(&self) -> &Canaries {
        &self.canaries
    }

    /// Where a secret was told.
    pub(crate) fn leaks(&self) -> Vec<String> {
        self.leaks.lock().clone()
    }

    /// The latencies of all calls.
    pub(crate) fn latencies(&self) -> Vec<Latency> {
        let mut samples = self.samples.lock();
        samples.iter_mut().map(|(call, times)| latency(call, times)).collect()
    }

    /// Writes down one call.
    fn note<T>(&self, call: &'static str, begun: Instant, result: &Result<T>) {
        let time = begun.elapsed();
        {
            let mut samples = self.samples.lock();
            let times = samples.entry(call).or_default();
            if times.len() < SAMPLES_MAX {
                times.push(time);
            }
        }
        let Err(error) = result else { return };
        if let Some(secret) = self.canaries.found_in(&error.message) {
            let mut leaks = self.leaks.lock();
            if leaks.len() < LEAKS_MAX {
                leaks.push(format!("an error {:?} of {call} tells {secret}", error.kind));
            }
        }
    }
}

/// The middle and the slow end of some times.
pub(crate) fn latency(call: &'static str, times: &mut [Duration]) -> Latency {
    times.sort_unstable();
    let at = |percent: usize| {
        let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(place).copied().unwrap_or_default()
    };
    Latency { call, count: times.len() as u64, p50: at(50), p99: at(99) }
}
