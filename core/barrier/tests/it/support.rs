//! A storage in memory that claims what it is told to, and whose power can be cut at any write.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
    sync::{Arc, atomic::AtomicUsize, atomic::Ordering::SeqCst},
};

use barrier::Barrier;
use bytes::Bytes;
use crypto::{RootKey, Secret};
use jiff::Timestamp;
use parking_lot::Mutex;
use plugin_api::{
    Capabilities, Check, Error, ErrorKind, Fence, Op, Page, Result, Storage, Write, async_trait,
};

/// The three kinds of storage, by what they claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Checked,
    Batched,
    Plain,
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Checked, Kind::Batched, Kind::Plain];

/// The storage.
pub(crate) struct Torn {
    capabilities: Capabilities,
    state: Mutex<State>,
    reads: AtomicUsize,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<String, Bytes>,
    power: Power,
    epoch: u64,
}

/// What becomes of the next calls.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Power {
    /// All is well.
    #[default]
    On,
    /// This many writes are done; the next one is not, and nothing is after it.
    CutAfter(usize),
    /// As many; the next one is done, but its answer is lost, and nothing is after it.
    LostAfter(usize),
    /// Nothing answers.
    Off,
}

impl Torn {
    pub(crate) fn new(kind: Kind) -> Arc<Self> {
        Self::with_values(kind, 1 << 20)
    }

    pub(crate) fn with_values(kind: Kind, max_value_bytes: usize) -> Arc<Self> {
        let basic = Capabilities::basic().with_entry_limits(1024, max_value_bytes);
        let capabilities = match kind {
            Kind::Plain => basic,
            Kind::Batched => basic.with_batches(64, 1 << 20),
            Kind::Checked => basic.with_batches(64, 1 << 20).with_checks(),
        };
        Arc::new(Self { capabilities, state: Mutex::default(), reads: AtomicUsize::new(0) })
    }

    pub(crate) fn power(&self, power: Power) {
        self.state.lock().power = power;
    }

    /// Another storage with the same entries.
    pub(crate) fn copy(&self) -> Arc<Self> {
        let entries = self.entries();
        let state = Mutex::new(State { entries, ..State::default() });
        Arc::new(Self { capabilities: self.capabilities, state, reads: AtomicUsize::new(0) })
    }

    pub(crate) fn entries(&self) -> BTreeMap<String, Bytes> {
        self.state.lock().entries.clone()
    }

    pub(crate) fn set(&self, key: &str, value: impl Into<Bytes>) {
        self.state.lock().entries.insert(key.to_owned(), value.into());
    }

    pub(crate) fn raw(&self, key: &str) -> Option<Bytes> {
        self.state.lock().entries.get(key).cloned()
    }

    pub(crate) fn reads(&self) -> usize {
        self.reads.load(SeqCst)
    }

    /// Refuses every fence of an earlier epoch from now on.
    pub(crate) fn fence(&self, epoch: u64) {
        self.state.lock().epoch = epoch;
    }

    fn write(&self, checks: &[Check], writes: &[Write], fence: Option<&Fence>) -> Result<()> {
        let mut state = self.state.lock();
        let lost = match state.power {
            Power::On => false,
            Power::Off | Power::CutAfter(0) => {
                state.power = Power::Off;
                return Err(gone());
            }
            Power::LostAfter(0) => {
                state.power = Power::Off;
                true
            }
            Power::CutAfter(n) => {
                state.power = Power::CutAfter(n - 1);
                false
            }
            Power::LostAfter(n) => {
                state.power = Power::LostAfter(n - 1);
                false
            }
        };
        if fence.is_some_and(|fence| fence.epoch < state.epoch) {
            return Err(Error::new(ErrorKind::Fenced, "another holds the lock"));
        }
        let holds = |check: &Check| match check {
            Check::Absent(key) => !state.entries.contains_key(key),
            Check::ValueIs(key, hash) => {
                state.entries.get(key).is_some_and(|value| crypto::sha256(value) == *hash)
            }
        };
        if !checks.iter().all(holds) {
            return Err(Error::new(ErrorKind::Conflict, "a check does not hold"));
        }
        for write in writes {
            match write.clone() {
                Write::Put(key, value) => drop(state.entries.insert(key, value)),
                Write::Delete(key) => drop(state.entries.remove(&key)),
            }
        }
        if lost { Err(gone().maybe_applied()) } else { Ok(()) }
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Unavailable, "the power is off")
}

#[async_trait]
impl Storage for Torn {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    async fn get(&self, _: Op, key: &str) -> Result<Option<Bytes>> {
        tokio::task::yield_now().await;
        self.reads.fetch_add(1, SeqCst);
        let state = self.state.lock();
        if state.power == Power::Off { Err(gone()) } else { Ok(state.entries.get(key).cloned()) }
    }

    async fn put(&self, _: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()> {
        tokio::task::yield_now().await;
        assert!(value.len() <= self.capabilities.max_value_bytes);
        self.write(&[], &[Write::Put(key.to_owned(), value)], fence)
    }

    async fn delete(&self, _: Op, key: &str, fence: Option<&Fence>) -> Result<()> {
        tokio::task::yield_now().await;
        self.write(&[], &[Write::Delete(key.to_owned())], fence)
    }

    async fn list(&self, _: Op, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        tokio::task::yield_now().await;
        // Small pages, so that the paging of every caller is tested.
        let limit = if limit == 0 { 3 } else { limit.min(3) };
        let state = self.state.lock();
        if state.power == Power::Off {
            return Err(gone());
        }
        let mut keys: Vec<String> = Vec::new();
        let below = state.entries.range::<str, _>((Excluded(prefix), Unbounded));
        let mut names: Vec<String> = below
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter_map(|(key, _)| key.strip_prefix(prefix))
            .map(|rest| rest.find('/').map_or(rest, |at| &rest[..=at]).to_owned())
            .filter(|name| name.as_str() > after)
            .collect();
        names.sort();
        names.dedup();
        keys.extend(names.iter().take(limit).cloned());
        Ok(Page { more: names.len() > keys.len(), keys })
    }

    async fn apply(
        &self,
        _: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        tokio::task::yield_now().await;
        assert!(self.capabilities.atomic_batch);
        assert!(checks.is_empty() || self.capabilities.checks);
        self.write(checks, writes, fence)
    }
}

pub(crate) fn root() -> RootKey {
    RootKey::new(Secret::new(vec![1; 32])).unwrap()
}

pub(crate) fn other_root() -> RootKey {
    RootKey::new(Secret::new(vec![2; 32])).unwrap()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(crate) async fn fresh(kind: Kind) -> (Arc<Torn>, Barrier) {
    let storage = Torn::new(kind);
    let barrier = Barrier::initialize(storage.clone(), &root(), now()).await.unwrap();
    (storage, barrier)
}
