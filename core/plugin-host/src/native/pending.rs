//! The calls that a plugin has not answered yet, by number. A number is never used twice, so that
//! an answer that comes twice, or to nothing, is noticed and harms nobody.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
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
    shards: [Mutex<Shard<T>>; SHARDS],
    /// Those that nobody waits for any more.
    abandoned: AtomicUsize,
}

type Shard<T> = HashMap<u64, Arc<T>, BuildHasherDefault<Spread>>;

/// Numbers that we count up need no defence against whoever might choose them.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        // The odd number next to 2^64 divided by the golden ratio: neighbours end up far apart.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
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

    fn shard(&self, number: u64) -> Option<&Mutex<Shard<T>>> {
        self.shards.get((number % SHARDS as u64) as usize)
    }
}
