//! The storage contract: an ordered, durable, untrusted map from keys to ciphertext.
//!
//! - Keys obey [`crate::key`]; `a` and `a/b` may both exist. Values are opaque bytes.
//! - Every call is linearizable per key: what was acknowledged is seen by the next call, through
//!   every handle of every node. An acknowledged write is durable.
//! - All methods may be called at once, from any task.
//! - A write whose outcome is unknown is an error with `maybe_applied` set.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Capabilities, ClusteredStorage, Error, Fence, Op, Result};

/// A storage provider, opened.
#[async_trait]
pub trait Storage: Send + Sync {
    /// What this storage can do. Constant for as long as it is open.
    fn capabilities(&self) -> Capabilities;

    /// The value of a key, or `None`; a missing key is never an error.
    async fn get(&self, op: Op, key: &str) -> Result<Option<Bytes>>;

    /// Writes a value, replacing what was there.
    async fn put(&self, op: Op, key: &str, value: Bytes, fence: Option<&Fence>) -> Result<()>;

    /// Removes a key; removing a missing key is fine.
    async fn delete(&self, op: Op, key: &str, fence: Option<&Fence>) -> Result<()>;

    /// The immediate children of `prefix` (empty, or ending in `/`), in byte order, as names
    /// relative to it: a key as `name`, a subtree once as `name/`.
    ///
    /// Only names greater than `after` (empty: from the start; it need not exist), at most `limit`
    /// of them (0: as many as the storage likes to give at once). Values are not read.
    async fn list(&self, op: Op, prefix: &str, after: &str, limit: usize) -> Result<Page>;

    /// Does all the writes, in order, or none; and none unless every check holds (`conflict`).
    async fn apply(
        &self,
        op: Op,
        checks: &[Check],
        writes: &[Write],
        fence: Option<&Fence>,
    ) -> Result<()> {
        let _ = (op, checks, writes, fence);
        Err(Error::unsupported("apply"))
    }

    /// Keys that other nodes changed since `cursor` (`None`: from now on); waits up to `wait` for
    /// one. The cursor survives restarts.
    async fn changes(&self, op: Op, cursor: Option<&str>, wait: Duration) -> Result<Changes> {
        let _ = (op, cursor, wait);
        Err(Error::unsupported("changes"))
    }

    /// Whether the store answers.
    ///
    /// `corrupt` says of all of the store what it says of one entry elsewhere: it cannot be relied
    /// on any more, as after a failed sync. Only opening it anew can tell what is in it, so the
    /// host ends the process; a storage never does that itself, and refuses writes meanwhile.
    async fn health(&self, op: Op) -> Result<()> {
        let _ = op;
        Ok(())
    }

    /// Gives up connections and files. No call follows.
    async fn close(&self) -> Result<()> {
        Ok(())
    }

    /// The cluster calls, if the storage lives on the nodes themselves.
    fn clustered(&self) -> Option<&dyn ClusteredStorage> {
        None
    }
}

/// One page of a listing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// Names relative to the prefix, in byte order.
    pub keys: Vec<String>,
    /// Whether there may be further names after the last one.
    pub more: bool,
}

/// A condition of a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Check {
    /// The key does not exist.
    Absent(String),
    /// The key exists and the SHA-256 of its value is this.
    ValueIs(String, [u8; 32]),
}

/// One write of a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Write {
    /// Writes a value.
    Put(String, Bytes),
    /// Removes a key.
    Delete(String),
}

impl Write {
    /// The key that is written.
    pub fn key(&self) -> &str {
        match self {
            Self::Put(key, _) | Self::Delete(key) => key,
        }
    }

    /// What it adds to the size of a batch, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Put(key, value) => key.len() + value.len(),
            Self::Delete(key) => key.len(),
        }
    }
}

/// What other nodes changed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Changes {
    /// Where to go on from.
    pub cursor: String,
    /// The keys, in no particular order.
    pub keys: Vec<String>,
    /// Some changes were lost: drop every cached entry.
    pub overflow: bool,
}
