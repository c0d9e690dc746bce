//! The HA lock contract: which node is active, and the fence that its writes carry.
//!
//! A provider does no background work: the host owns the waiting, the renewing and the giving up.

use std::time::Duration;

use async_trait::async_trait;

use crate::{Op, Result};

/// A lock provider, opened.
#[async_trait]
pub trait HaLock: Send + Sync {
    /// Tries once to take the lock `key` for `ttl`, storing `value` for others to read.
    async fn acquire(&self, op: Op, key: &str, value: &str, ttl: Duration) -> Result<Acquired>;

    /// Prolongs a held lock; `false` once it is lost, and then for ever.
    async fn renew(&self, op: Op, fence: &Fence, ttl: Duration) -> Result<bool>;

    /// Gives the lock up. Releasing a lock that is not held any more is fine.
    async fn release(&self, op: Op, fence: &Fence) -> Result<()>;

    /// Who holds the lock, if anybody does.
    async fn current(&self, op: Op, key: &str) -> Result<Option<Holder>>;
}

/// What an attempt to take the lock came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Acquired {
    /// The lock is ours.
    Acquired(Fence),
    /// Somebody holds it.
    Held(Holder),
}

/// Proof of holding a lock, carried by each write.
///
/// A write with a fence is refused (`fenced`), atomically with the write, once another fence has
/// been handed out for the same lock.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Fence {
    /// The key of the lock.
    pub lock_key: String,
    /// Unique to this acquisition.
    pub token: String,
    /// Grows with every acquisition: across release, expiry and restart.
    pub epoch: u64,
}

/// The present holder of a lock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holder {
    /// What the holder stored.
    pub value: String,
    /// The epoch of its acquisition.
    pub epoch: u64,
}
