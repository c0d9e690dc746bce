//! What a provider has opened: what a handle points to.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::task::AbortHandle;

use crate::{Error, HaLock, Opened, Result, Seal, Storage};

/// An opened provider.
pub(crate) struct Instance {
    pub(super) opened: Opened,
    /// The calls that wait, so that they can be cancelled.
    running: Mutex<HashMap<u64, AbortHandle>>,
}

impl Instance {
    pub(super) fn new(opened: Opened) -> Self {
        Self { opened, running: Mutex::default() }
    }

    pub(super) fn running(&self) -> MutexGuard<'_, HashMap<u64, AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn storage(&self) -> Result<&dyn Storage> {
        self.opened.storage.as_deref().ok_or_else(|| Error::unsupported("storage"))
    }

    pub(super) fn ha_lock(&self) -> Result<&dyn HaLock> {
        self.opened.ha_lock.as_deref().ok_or_else(|| Error::unsupported("ha-lock"))
    }

    pub(super) fn seal(&self) -> Result<&dyn Seal> {
        self.opened.seal.as_deref().ok_or_else(|| Error::unsupported("seal"))
    }
}
