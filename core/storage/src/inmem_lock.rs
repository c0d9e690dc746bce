//! An HA lock in memory: shared by cloning the handle, and honoured by an [`Inmem`](crate::Inmem)
//! that was made with it. For development and for tests.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::{Mutex, MutexGuard};
use plugin_api::{Acquired, Error, ErrorKind, Fence, HaLock, Holder, Op, Result, key};

#[cfg(test)]
mod tests;

/// The longest value that a holder stores, in bytes.
const VALUE_BYTES_MAX: usize = 64 << 10;

/// A lock in memory. Clones are handles on the same locks, as several nodes have them.
#[derive(Clone, Default)]
pub struct InmemLock {
    locks: Arc<Mutex<Locks>>,
}

/// All locks by their keys. A lock that nobody holds is kept: its epoch must go on growing.
#[derive(Default)]
pub(crate) struct Locks {
    by_key: BTreeMap<Box<str>, Lock>,
}

#[derive(Default)]
struct Lock {
    epoch: u64,
    tenure: Option<Tenure>,
}

struct Tenure {
    value: String,
    until: Instant,
}

// === impl InmemLock ===

impl InmemLock {
    /// Locks that nobody holds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets nobody take or lose a lock for as long as the guard lives; for a write that must be
    /// atomic with the check of its fence.
    pub(crate) fn frozen(&self) -> MutexGuard<'_, Locks> {
        self.locks.lock()
    }
}

#[async_trait]
impl HaLock for InmemLock {
    async fn acquire(&self, _op: Op, key: &str, value: &str, ttl: Duration) -> Result<Acquired> {
        key::check_key(key)?;
        if value.len() > VALUE_BYTES_MAX {
            let message =
                format!("the value has {} bytes, the limit is {VALUE_BYTES_MAX}", value.len());
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let mut locks = self.locks.lock();
        let lock = locks.by_key.entry(key.into()).or_default();
        if let Some(holder) = lock.holder() {
            return Ok(Acquired::Held(holder));
        }
        lock.epoch += 1;
        lock.tenure = Some(Tenure { value: value.to_owned(), until: Instant::now() + ttl });
        Ok(Acquired::Acquired(Fence {
            lock_key: key.to_owned(),
            token: token(lock.epoch),
            epoch: lock.epoch,
        }))
    }

    async fn renew(&self, _op: Op, fence: &Fence, ttl: Duration) -> Result<bool> {
        let mut locks = self.locks.lock();
        let tenure = locks.tenure_of(fence);
        Ok(tenure.map(|tenure| tenure.until = Instant::now() + ttl).is_some())
    }

    async fn release(&self, _op: Op, fence: &Fence) -> Result<()> {
        let mut locks = self.locks.lock();
        if locks.tenure_of(fence).is_some()
            && let Some(lock) = locks.by_key.get_mut(fence.lock_key.as_str())
        {
            lock.tenure = None;
        }
        Ok(())
    }

    async fn current(&self, _op: Op, key: &str) -> Result<Option<Holder>> {
        key::check_key(key)?;
        Ok(self.locks.lock().by_key.get(key).and_then(Lock::holder))
    }
}

// === impl Locks ===

impl Locks {
    /// Refuses a fence that is not that of the present holder.
    pub(crate) fn check(&mut self, fence: &Fence) -> Result<()> {
        match self.tenure_of(fence) {
            Some(_) => Ok(()),
            None => {
                let message = format!("epoch {} does not hold the lock any more", fence.epoch);
                Err(Error::new(ErrorKind::Fenced, message))
            }
        }
    }

    /// The tenure that this fence stands for, if it lasts.
    fn tenure_of(&mut self, fence: &Fence) -> Option<&mut Tenure> {
        let lock = self.by_key.get_mut(fence.lock_key.as_str())?;
        if lock.epoch != fence.epoch || token(fence.epoch) != fence.token {
            return None;
        }
        lock.tenure.as_mut().filter(|tenure| tenure.lasts())
    }
}

impl Lock {
    fn holder(&self) -> Option<Holder> {
        let tenure = self.tenure.as_ref().filter(|tenure| tenure.lasts())?;
        Some(Holder { value: tenure.value.clone(), epoch: self.epoch })
    }
}

impl Tenure {
    fn lasts(&self) -> bool {
        Instant::now() < self.until
    }
}

/// The token of an acquisition. Whoever can call this lock is inside the process already, so that
/// it has to be unique and not secret.
fn token(epoch: u64) -> String {
    format!("inmem-{epoch}")
}
