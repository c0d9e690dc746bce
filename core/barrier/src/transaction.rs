//! One request's view of the barrier: reads as it goes, writes kept back, one commit at the end.
//!
//! Everything it reads it remembers, so that the commit can refuse if somebody changed it
//! meanwhile. A listing is not remembered: a name that appears in a folder is no conflict.

use std::{collections::BTreeMap, mem, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use plugin_api::{Fence, Page, Write};

use crate::{
    Barrier, Claim, Result,
    detached::detached,
    listing::{self, Span},
    store::Batch,
};

/// Something to do once the commit has succeeded.
pub type Effect = Box<dyn FnOnce() + Send>;

/// Reads and writes that take effect together or not at all.
///
/// It may be used from several tasks at once. Dropping it undoes it.
pub struct Transaction {
    barrier: Barrier,
    fence: Option<Arc<Fence>>,
    claim: Option<Claim>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    reads: BTreeMap<String, Found>,
    writes: BTreeMap<String, Option<Bytes>>,
    effects: Vec<Effect>,
}

/// What the store held when a key was first read.
enum Found {
    Absent,
    Present { stored: Bytes, plaintext: Bytes },
}

// === impl Transaction ===

impl Transaction {
    pub(crate) fn new(barrier: Barrier, fence: Option<Arc<Fence>>) -> Self {
        Self { barrier, fence, claim: None, state: Mutex::default() }
    }

    /// Lets the commit fail once a newer claim was made.
    #[must_use]
    pub fn under(self, claim: Option<Claim>) -> Self {
        Self { claim, ..self }
    }

    /// The value of a key: as this transaction wrote it, else as it first read it.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>> {
        if let Some(known) = self.state.lock().known(key) {
            return Ok(known);
        }
        let found = match self.barrier.load(key).await? {
            None => Found::Absent,
            Some((stored, plaintext)) => Found::Present { stored, plaintext },
        };
        let mut state = self.state.lock();
        if !state.reads.contains_key(key) {
            state.reads.insert(key.to_owned(), found);
        }
        // Another task of this transaction may have written or read it meanwhile.
        Ok(state.known(key).flatten())
    }

    /// The same, but that the transaction does not keep what it has read: the next read may give
    /// another value, and the commit does not check this one.
    pub async fn peek(&self, key: &str) -> Result<Option<Bytes>> {
        if let Some(known) = self.state.lock().known(key) {
            return Ok(known);
        }
        let found = self.barrier.get(key).await?;
        // Another task of this transaction may have written it meanwhile.
        Ok(self.state.lock().known(key).unwrap_or(found))
    }

    /// Writes a value, at the commit.
    pub fn put(&self, key: &str, value: impl Into<Bytes>) {
        self.state.lock().writes.insert(key.to_owned(), Some(value.into()));
    }

    /// Removes a key, at the commit.
    pub fn delete(&self, key: &str) {
        self.state.lock().writes.insert(key.to_owned(), None);
    }

    /// The names below a prefix, as they will be after the commit; as
    /// [`Storage::list`](plugin_api::Storage::list) gives them.
    pub async fn list(&self, prefix: &str, after: &str, limit: usize) -> Result<Page> {
        let changes = listing::changes(&self.state.lock().writes, prefix);
        let span = Span { prefix, after, limit };
        listing::merged(self.barrier.lister()?, &changes, span).await
    }

    /// Keeps something to do, in order, once the commit has succeeded; else it is dropped.
    ///
    /// It runs on the task of the commit and must neither block nor panic.
    pub fn on_commit(&self, effect: Effect) {
        self.state.lock().effects.push(effect);
    }

    /// Whether the commit would write anything.
    pub fn has_writes(&self) -> bool {
        !self.state.lock().writes.is_empty()
    }

    /// Does all of it or nothing of it; then runs the effects.
    ///
    /// [`Error::Conflict`](crate::Error::Conflict): something that was read has changed, and the
    /// handler is to run again, in a new transaction. Once begun, a commit goes on even if this
    /// future is dropped.
    ///
    /// After [`Error::Storage`](crate::Error::Storage) with `maybe_applied` nobody knows: the
    /// effects have not run, and what is cached of the written keys is to be dropped.
    pub async fn commit(self) -> Result<()> {
        let Self { barrier, fence, claim, state } = self;
        let state = state.into_inner();
        if state.writes.is_empty() {
            state.effects.into_iter().for_each(|effect| effect());
            return Ok(());
        }
        detached(commit(barrier, fence, claim, state)).await
    }
}

async fn commit(
    barrier: Barrier,
    fence: Option<Arc<Fence>>,
    claim: Option<Claim>,
    mut state: State,
) -> Result<()> {
    let claimed = claim.map(|claim| (claim.key.to_string(), Some(claim.stored)));
    let reads = mem::take(&mut state.reads).into_iter().map(expected);
    let batch = Batch {
        expected: claimed.into_iter().chain(reads).collect(),
        writes: barrier.seal_writes(mem::take(&mut state.writes))?,
    };
    barrier.commit(batch, fence.as_deref()).await?;
    state.effects.into_iter().for_each(|effect| effect());
    Ok(())
}

fn expected((key, found): (String, Found)) -> (String, Option<Bytes>) {
    match found {
        Found::Absent => (key, None),
        Found::Present { stored, .. } => (key, Some(stored)),
    }
}

// === impl State ===

impl State {
    /// The value of a key that was written or read before.
    fn known(&self, key: &str) -> Option<Option<Bytes>> {
        if let Some(written) = self.writes.get(key) {
            return Some(written.clone());
        }
        self.reads.get(key).map(|found| match found {
            Found::Absent => None,
            Found::Present { plaintext, .. } => Some(plaintext.clone()),
        })
    }
}

impl Barrier {
    fn seal_writes(&self, writes: BTreeMap<String, Option<Bytes>>) -> Result<Vec<Write>> {
        let seal = |(key, value): (String, Option<Bytes>)| self.seal_write(key, value);
        writes.into_iter().map(seal).collect()
    }
}
