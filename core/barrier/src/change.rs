//! A change of the keyring: one at a time, on the keyring that is stored and no older one.
//!
//! The stored keyring is read again before each change and expected unchanged by its commit. So a
//! change whose answer was lost, or one of another node, is taken over and never written away.

use std::{mem, sync::Arc};

use bytes::Bytes;
use crypto::RootKey;
use plugin_api::{Fence, Write};
use tokio::sync::MutexGuard;

use crate::{
    Barrier, Error, Persist, Result, Term,
    keyring::{KEYRING, Keyring, ROOT_KEY, UPGRADES},
    open::put,
    store::Batch,
};

/// What is known of the stored keyring.
pub(crate) struct KeyState {
    /// It, as it was last read or written.
    stored: Bytes,
    /// What a failed change of the root key left to undo, first thing first.
    undo: Vec<Write>,
}

/// A change under way.
pub(crate) struct Change<'a> {
    pub(crate) barrier: &'a Barrier,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) fence: Option<&'a Fence>,
    state: MutexGuard<'a, KeyState>,
}

// === impl KeyState ===

impl KeyState {
    pub(crate) fn new(stored: Bytes) -> Self {
        Self { stored, undo: Vec::new() }
    }
}

// === impl Barrier ===

impl Barrier {
    /// Takes over what another node has done to the keys: its rotations and its root key. Answers
    /// the active term. For a standby; the active node is the one that does it.
    pub async fn refresh(&self) -> Result<Term> {
        let mut state = self.inner.change.lock().await;
        let keyring = self.reread(&mut state).await?;
        Ok(keyring.info().term)
    }

    /// Begins a change.
    pub(crate) async fn change<'a>(&'a self, fence: Option<&'a Fence>) -> Result<Change<'a>> {
        let mut state = self.inner.change.lock().await;
        for step in mem::take(&mut state.undo) {
            if state.undo.is_empty()
                && let Ok(()) = self.step(&step, fence).await
            {
                continue;
            }
            state.undo.push(step);
        }
        if !state.undo.is_empty() {
            return Err(Error::Storage(unfinished()));
        }
        let keyring = self.reread(&mut state).await?;
        Ok(Change { barrier: self, keyring, fence, state })
    }

    /// One write of a change that takes several, each by itself.
    pub(crate) async fn step(&self, step: &Write, fence: Option<&Fence>) -> Result<()> {
        self.commit(Batch { expected: Vec::new(), writes: vec![step.clone()] }, fence).await
    }

    async fn reread(&self, state: &mut KeyState) -> Result<Arc<Keyring>> {
        let current = self.keyring()?;
        let stored = self.inner.store.get(KEYRING).await?.ok_or(Error::NotInitialized)?;
        if stored == state.stored {
            return Ok(current);
        }
        let next = match Keyring::open(current.root_key(), KEYRING, &stored) {
            Err(Error::WrongRootKey) => {
                let root_key = self.follow(&current).await?;
                Keyring::open(&root_key, KEYRING, &stored)?
            }
            other => other?,
        };
        next.adopt_counts(&current);
        state.stored = stored;
        self.install(next)
    }

    /// The root key that another node has changed to, read through the terms that it has added.
    async fn follow(&self, current: &Keyring) -> Result<RootKey> {
        let mut keyring = current.clone();
        loop {
            let key = format!("{UPGRADES}{}", keyring.info().term);
            let Some(stored) = self.inner.store.get(&key).await? else { break };
            keyring = keyring.with_upgrade(&key, &stored)?;
        }
        let stored = self.inner.store.get(ROOT_KEY).await?.ok_or(Error::WrongRootKey)?;
        keyring.open_root_key(&stored)
    }

    /// Uses another keyring from now on, unless the barrier was sealed meanwhile.
    fn install(&self, next: Keyring) -> Result<Arc<Keyring>> {
        let next = Arc::new(next);
        let before = self.inner.keyring.rcu(|now| now.as_ref().map(|_| Arc::clone(&next)));
        if before.is_some() { Ok(next) } else { Err(Error::Sealed) }
    }
}

// === impl Change ===

impl Change<'_> {
    /// Commits another keyring, with the writes that belong to it, and uses it from now on.
    pub(crate) async fn replace(
        &mut self,
        next: Keyring,
        mut writes: Vec<Write>,
        persist: Persist,
    ) -> Result<()> {
        let stored = next.sealed(persist)?;
        writes.push(put(KEYRING, stored.clone()));
        let expected = vec![(KEYRING.to_owned(), Some(self.state.stored.clone()))];
        self.barrier.commit(Batch { expected, writes }, self.fence).await?;
        self.replaced(next, stored)
    }

    /// Uses another keyring that has been stored.
    pub(crate) fn replaced(&mut self, next: Keyring, stored: Bytes) -> Result<()> {
        self.state.stored = stored;
        self.keyring = self.barrier.install(next)?;
        Ok(())
    }

    /// The keyring as it is stored before the change.
    pub(crate) fn stored(&self) -> Bytes {
        self.state.stored.clone()
    }

    /// Gives the change up. The steps are done before the next change begins.
    pub(crate) fn give_up(mut self, undo: Vec<Write>) {
        self.state.undo = undo;
    }
}

fn unfinished() -> plugin_api::Error {
    plugin_api::Error::new(
        plugin_api::ErrorKind::Unavailable,
        "a failed change of the root key could not be undone yet",
    )
}
