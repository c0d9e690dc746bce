//! What a storage can do, as data: claimed means tested, unclaimed means `unsupported`.

use serde::Serialize;

/// The abilities and limits of one opened storage.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Capabilities {
    /// [`apply`](crate::Storage::apply) takes effect whole or not at all.
    pub atomic_batch: bool,
    /// The most writes in one batch.
    pub max_batch_ops: usize,
    /// The most bytes of keys and values in one batch.
    pub max_batch_bytes: usize,
    /// [`apply`](crate::Storage::apply) honours its checks, atomically with its writes.
    pub checks: bool,
    /// Each write is refused, atomically in the store, unless its fence is that of the lock holder.
    pub fencing: bool,
    /// [`changes`](crate::Storage::changes) reports what other nodes wrote.
    pub changes: bool,
    /// The longest key, in bytes.
    pub max_key_bytes: usize,
    /// The longest value, in bytes.
    pub max_value_bytes: usize,
    /// The storage lives on the nodes themselves ([`ClusteredStorage`](crate::ClusteredStorage)).
    pub clustered: bool,
}

impl Capabilities {
    /// Reads, writes and listings of single keys, with the default limits; nothing else claimed.
    pub const fn basic() -> Self {
        Self {
            atomic_batch: false,
            max_batch_ops: 0,
            max_batch_bytes: 0,
            checks: false,
            fencing: false,
            changes: false,
            max_key_bytes: crate::key::KEY_BYTES_MAX,
            max_value_bytes: 1 << 20,
            clustered: false,
        }
    }

    /// Claims atomic batches of up to this many writes and bytes.
    #[must_use]
    pub const fn with_batches(mut self, max_ops: usize, max_bytes: usize) -> Self {
        self.atomic_batch = true;
        self.max_batch_ops = max_ops;
        self.max_batch_bytes = max_bytes;
        self
    }

    /// Claims that a batch honours its checks.
    #[must_use]
    pub const fn with_checks(mut self) -> Self {
        self.checks = true;
        self
    }

    /// Sets the limits of one entry, in bytes.
    #[must_use]
    pub const fn with_entry_limits(mut self, max_key: usize, max_value: usize) -> Self {
        self.max_key_bytes = max_key;
        self.max_value_bytes = max_value;
        self
    }
}
