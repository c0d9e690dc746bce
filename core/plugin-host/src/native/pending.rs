//! The calls that a plugin has not answered yet, by number. A number is never used twice, so that
//! an answer that comes twice, or to nothing, is noticed and harms nobody.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;

const SHARDS: usize = 16;

/// The calls under way in one plugin.
pub(super) struct Pending<T> {
    next: AtomicU64,
    shards: [Mutex<HashMap<u64, Arc<T>>>; SHARDS],
    /// Those that nobody waits for any more.
    abandoned: AtomicUsize,
}

impl<T> Default for Pending<T> {
    fn default() -> Self {
        Self {
            next: AtomicU64::new(1),
            shards: std::array::from_fn(|_| Mutex::default()),
            abandoned: AtomicUsize::new(0),
        }
    }
}

impl<T> Pending<T> {
    pub(super) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn insert(&self, number: u64, call: Arc<T>) {
        if let Some(shard) = self.shard(number) {
            shard.lock().insert(number, call);
        }
    }

    /// Takes a call out; `None` if it was answered before, or never was.
    pub(super) fn take(&self, number: u64) -> Option<Arc<T>> {
        self.shard(number)?.lock().remove(&number)
    }

    pub(super) fn abandon(&self) {
        self.abandoned.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answered_late(&self) {
        self.abandoned.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn abandoned(&self) -> usize {
        self.abandoned.load(Ordering::Relaxed)
    }

    fn shard(&self, number: u64) -> Option<&Mutex<HashMap<u64, Arc<T>>>> {
        self.shards.get((number % SHARDS as u64) as usize)
    }
}
