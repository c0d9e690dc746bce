//! How much memory an instance may have, and the sizes of what passes between it and the host.

use wasmtime::ResourceLimiter;

/// The most names in one page of a listing.
pub(crate) const LIST_MAX: usize = 100_000;
/// The most keys that one poll of `changes` may name.
pub(crate) const CHANGES_MAX: usize = 100_000;
/// The longest text in an answer that is not a key: a token, a cursor, a key id.
pub(crate) const TEXT_BYTES_MAX: usize = 32 << 10;
/// The longest message of an error; the rest is cut off.
pub(crate) const MESSAGE_BYTES_MAX: usize = 1 << 10;
/// The largest wrapped or unwrapped secret, in bytes.
pub(crate) const SECRET_BYTES_MAX: usize = 1 << 20;
/// The most resources (files, streams, requests) that an instance may hold: each may be a descriptor
/// of the server's, or a whole listing.
pub(crate) const RESOURCES_MAX: usize = 128;
/// The most elements in the tables of an instance.
const TABLE_ELEMENTS_MAX: usize = 1_000_000;
/// The most core instances and tables that a component may be made of.
const PARTS_MAX: usize = 1_000;
/// The most memories of an instance.
const MEMORIES_MAX: usize = 64;

/// The memory of one instance.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    used: usize,
    table_elements: usize,
    exhausted: bool,
}

impl Memory {
    /// A new instance's memory, of at most so many bytes.
    pub(crate) fn new(limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { limit, used: 0, table_elements: 0, exhausted: false }
    }

    /// The limit, if the instance has run into it.
    pub(crate) fn exhausted(&self) -> Option<usize> {
        self.exhausted.then_some(self.limit)
    }

    /// Whether more than three quarters are in use: a good time for a new instance.
    pub(crate) fn is_tight(&self) -> bool {
        self.used > self.limit / 4 * 3
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            self.exhausted = true;
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let elements = self.table_elements.saturating_add(desired.saturating_sub(current));
        if elements > TABLE_ELEMENTS_MAX {
            return Ok(false);
        }
        self.table_elements = elements;
        Ok(true)
    }

    fn instances(&self) -> usize {
        PARTS_MAX
    }

    fn tables(&self) -> usize {
        PARTS_MAX
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX
    }
}
