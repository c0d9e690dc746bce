//! The snapshot that requests are routed by: all mounts, sorted by path.

use std::sync::Arc;

use crate::{Class, Mount};

#[cfg(test)]
mod tests;

/// All mounts at one time.
///
/// No mount lies below another, so the mount of a path is the last one that sorts at or before it,
/// if it is a prefix at all: one binary search.
#[derive(Clone, Default)]
pub struct Routes {
    mounts: Vec<Arc<Mount>>,
    generation: u64,
}

impl Routes {
    /// The snapshot of these mounts, as of this generation of the stored table.
    pub(crate) fn new(mut mounts: Vec<Arc<Mount>>, generation: u64) -> Self {
        mounts.sort_by(|a, b| a.path().cmp(b.path()));
        Self { mounts, generation }
    }

    /// The generation of the stored table.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// The mount that answers a path, and what is left of the path.
    pub fn resolve<'p>(&self, path: &'p str) -> Option<(&Arc<Mount>, &'p str)> {
        let after = self.mounts.partition_point(|mount| mount.path() <= path);
        let found = after.checked_sub(1).and_then(|at| self.mounts.get(at));
        if let Some(mount) = found
            && let Some(rest) = path.strip_prefix(mount.path())
        {
            return Some((mount, rest));
        }
        // `kv` is the root of `kv/`.
        self.at(path).map(|mount| (mount, ""))
    }

    /// The mount at this full path; its trailing `/` may be left out.
    pub fn at(&self, path: &str) -> Option<&Arc<Mount>> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let slashed = || path.bytes().chain(std::iter::once(b'/'));
        let at = self.mounts.binary_search_by(|mount| mount.path().bytes().cmp(slashed())).ok()?;
        self.mounts.get(at)
    }

    /// A mount that this full path (with a trailing `/`) would lie below or above.
    pub fn conflict(&self, path: &str) -> Option<&Arc<Mount>> {
        let from = self.mounts.partition_point(|mount| mount.path() < path);
        let above = from.checked_sub(1).and_then(|at| self.mounts.get(at));
        above
            .filter(|mount| path.starts_with(mount.path()))
            .or_else(|| self.mounts.get(from).filter(|mount| mount.path().starts_with(path)))
    }

    /// The mounts of a class, sorted by path.
    pub fn class(&self, class: Class) -> impl Iterator<Item = &Arc<Mount>> {
        self.mounts.iter().filter(move |mount| mount.class == class)
    }

    /// The mount with this accessor.
    pub fn by_accessor(&self, accessor: &str) -> Option<&Arc<Mount>> {
        self.mounts.iter().find(|mount| mount.record.accessor == accessor)
    }

    /// All mounts, sorted by path.
    pub fn all(&self) -> &[Arc<Mount>] {
        &self.mounts
    }

    /// The next snapshot: with `mount` in place of the one at `path`, or without that one.
    pub(crate) fn replaced(&self, path: &str, mount: Option<Arc<Mount>>) -> Self {
        let kept = self.mounts.iter().filter(|mount| mount.path() != path).cloned();
        Self::new(kept.chain(mount).collect(), self.generation + 1)
    }
}
