//! One shard of the cache: a bounded map, and the rules of who may install what.
//!
//! Eviction is the clock: a hit marks its entry with one relaxed store under the read lock, and the
//! hand passes over marked entries once.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use hashbrown::HashTable;
use parking_lot::RwLock;

/// What an entry costs besides its key and value.
const ENTRY_BYTES: usize = 128;
/// How long a write of unknown outcome may still land; no call has a deadline longer than this.
const DOUBT: Duration = Duration::from_secs(120);
/// From this many records of writes on, those that no longer matter are looked for.
const WRITES_SWEEP: usize = 256;

/// A part of the cache, with a lock of its own.
pub(super) struct Shard {
    state: RwLock<State>,
    entries_max: usize,
    bytes_max: usize,
}

/// What a lookup found.
pub(super) enum Lookup {
    Hit(Option<Bytes>),
    Miss(Ticket),
}

/// When a read set out.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Ticket(u64);

/// How a write ended.
pub(super) enum Outcome {
    /// The storage has this value now.
    Written(Option<Bytes>),
    /// Nothing is to be remembered.
    Gone,
    /// It may take effect yet.
    Unknown,
}

#[derive(Default)]
struct State {
    index: HashTable<usize>,
    slots: Vec<Option<Slot>>,
    free: Vec<usize>,
    hand: usize,
    bytes: usize,
    version: u64,
    /// By the hash of the key: two keys of one hash count as overlapping, which is only careful.
    writes: HashMap<u64, Writes>,
    sweep_at: usize,
}

struct Slot {
    hash: u64,
    key: Arc<str>,
    value: Option<Bytes>,
    used: AtomicBool,
}

/// The writes of one key that are under way or in doubt.
#[derive(Default)]
struct Writes {
    under_way: usize,
    /// They overlapped, or the key was changed by another node: their order is unknown.
    overlapped: bool,
    doubt_until: Option<Instant>,
}

// === impl Shard ===

impl Shard {
    pub(super) fn new(entries_max: usize, bytes_max: usize) -> Self {
        Self { state: RwLock::default(), entries_max, bytes_max }
    }

    pub(super) fn lookup(&self, hash: u64, key: &str) -> Lookup {
        let state = self.state.read();
        match state.find(hash, key).and_then(|slot| state.slot(slot)) {
            Some(slot) => {
                slot.used.store(true, Ordering::Relaxed);
                Lookup::Hit(slot.value.clone())
            }
            None => Lookup::Miss(Ticket(state.version)),
        }
    }

    /// Installs what a read found, unless anything happened since the read set out.
    pub(super) fn install(&self, hash: u64, key: &str, value: Option<Bytes>, ticket: Ticket) {
        let mut state = self.state.write();
        if Ticket(state.version) == ticket && !state.is_being_written(hash) {
            self.insert(&mut state, hash, key, value);
        }
    }

    pub(super) fn begin(&self, hash: u64, key: &str) {
        let mut state = self.state.write();
        state.version += 1;
        state.remove(hash, key);
        if state.writes.len() >= state.sweep_at {
            state.writes.retain(|_, writes| writes.matter());
            // Doubling keeps the cost of looking in proportion to the writes.
            state.sweep_at = WRITES_SWEEP.max(state.writes.len() * 2);
        }
        let writes = state.writes.entry(hash).or_default();
        writes.overlapped |= writes.matter();
        writes.under_way += 1;
    }

    pub(super) fn end(&self, hash: u64, key: &str, outcome: Outcome) {
        let mut state = self.state.write();
        state.version += 1;
        let Some(writes) = state.writes.get_mut(&hash) else {
            return;
        };
        writes.under_way = writes.under_way.saturating_sub(1);
        let alone = !writes.overlapped;
        if matches!(outcome, Outcome::Unknown) {
            writes.doubt_until = Some(Instant::now() + DOUBT);
        }
        if !writes.matter() {
            state.writes.remove(&hash);
        }
        if let (Outcome::Written(value), true) = (outcome, alone) {
            self.insert(&mut state, hash, key, value);
        }
    }

    pub(super) fn forget(&self, hash: u64, key: &str) {
        let mut state = self.state.write();
        state.version += 1;
        state.remove(hash, key);
        if let Some(writes) = state.writes.get_mut(&hash) {
            writes.overlapped = true;
        }
    }

    pub(super) fn purge(&self) {
        let mut state = self.state.write();
        let version = state.version + 1;
        let mut writes = std::mem::take(&mut state.writes);
        writes.values_mut().for_each(|writes| writes.overlapped = true);
        let sweep_at = state.sweep_at;
        *state = State { version, writes, sweep_at, ..State::default() };
    }

    pub(super) fn entries(&self) -> usize {
        self.state.read().index.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.state.read().bytes
    }

    fn insert(&self, state: &mut State, hash: u64, key: &str, value: Option<Bytes>) {
        let slot = Slot { hash, key: key.into(), value, used: AtomicBool::new(false) };
        // One large value must not push out everything else.
        if self.entries_max == 0 || slot.bytes() > self.bytes_max / 4 {
            return;
        }
        state.remove(hash, key);
        while state.index.len() >= self.entries_max || state.bytes + slot.bytes() > self.bytes_max {
            if !state.evict() {
                return;
            }
        }
        state.add(slot);
    }
}

// === impl State ===

impl State {
    fn find(&self, hash: u64, key: &str) -> Option<usize> {
        let is_key = |&at: &usize| self.slot(at).is_some_and(|slot| &*slot.key == key);
        self.index.find(hash, is_key).copied()
    }

    fn slot(&self, at: usize) -> Option<&Slot> {
        self.slots.get(at)?.as_ref()
    }

    fn is_being_written(&mut self, hash: u64) -> bool {
        match self.writes.get(&hash) {
            None => false,
            Some(writes) if writes.matter() => true,
            Some(_) => {
                self.writes.remove(&hash);
                false
            }
        }
    }

    fn add(&mut self, slot: Slot) {
        let (hash, bytes) = (slot.hash, slot.bytes());
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.slots.push(None);
                self.slots.len() - 1
            }
        };
        if let Some(place) = self.slots.get_mut(at) {
            *place = Some(slot);
        }
        self.bytes += bytes;
        let Self { index, slots, .. } = self;
        index.insert_unique(hash, at, |&other| {
            slots.get(other).and_then(Option::as_ref).map_or(0, |slot| slot.hash)
        });
    }

    fn remove(&mut self, hash: u64, key: &str) {
        if let Some(at) = self.find(hash, key) {
            self.clear(hash, at);
        }
    }

    fn clear(&mut self, hash: u64, at: usize) {
        if let Ok(entry) = self.index.find_entry(hash, |&other| other == at) {
            entry.remove();
        }
        if let Some(slot) = self.slots.get_mut(at).and_then(Option::take) {
            self.bytes = self.bytes.saturating_sub(slot.bytes());
            self.free.push(at);
        }
    }

    /// Evicts the next entry that was not used since the hand last passed.
    fn evict(&mut self) -> bool {
        // Two rounds are enough: the first clears every mark that it meets.
        for _ in 0..self.slots.len() * 2 {
            let at = self.hand;
            self.hand = (self.hand + 1) % self.slots.len();
            let victim = match self.slot(at) {
                Some(slot) if !slot.used.swap(false, Ordering::Relaxed) => slot.hash,
                _ => continue,
            };
            self.clear(victim, at);
            return true;
        }
        false
    }
}

// === impl Slot ===

impl Slot {
    fn bytes(&self) -> usize {
        ENTRY_BYTES + self.key.len() + self.value.as_ref().map_or(0, Bytes::len)
    }
}

// === impl Writes ===

impl Writes {
    /// Whether one of them may still take effect.
    fn matter(&self) -> bool {
        self.under_way > 0 || self.doubt_until.is_some_and(|until| Instant::now() < until)
    }
}
