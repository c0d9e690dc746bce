//! The tenant that a request belongs to. At first there is only the root.

use std::sync::Arc;

/// A node of the tenant tree.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Namespace {
    /// Six letters, or `root`.
    pub id: Arc<str>,
    /// Empty for the root, else `a/b/`.
    pub path: Arc<str>,
}

impl Namespace {
    /// The root of the tree.
    pub fn root() -> Self {
        Self { id: Arc::from("root"), path: Arc::from("") }
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.path.is_empty()
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self::root()
    }
}
