//! The permission to call an engine, as a thing that only a decision can make.

use std::sync::Arc;

use crate::ListFilter;

/// Proof that a policy, or the path itself, allows a request.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    policies: Option<Arc<[String]>>,
    root: bool,
    page_limit: Option<u64>,
    list_filter: Option<Arc<ListFilter>>,
}

impl Grant {
    /// For a path that needs no token.
    pub fn unauthenticated() -> Self {
        Self::default()
    }

    /// For the root policy.
    pub(crate) fn root(policies: Arc<[String]>) -> Self {
        Self { policies: Some(policies), root: true, ..Self::default() }
    }

    /// For a rule.
    pub(crate) fn by(
        policies: Option<Arc<[String]>>,
        page_limit: Option<u64>,
        list_filter: Option<Arc<ListFilter>>,
    ) -> Self {
        Self { policies, root: false, page_limit, list_filter }
    }

    /// Whether it was granted by the root policy.
    pub fn is_root(&self) -> bool {
        self.root
    }

    /// The names of the policies that granted it.
    pub fn policies(&self) -> &[String] {
        self.policies.as_deref().unwrap_or_default()
    }

    /// The `limit` that a list must be answered with, in place of the one that was asked for.
    pub fn page_limit(&self) -> Option<u64> {
        self.page_limit
    }

    /// How to take out of a list what the caller may not see (see
    /// [`Acl::shows`](crate::Acl::shows)).
    pub fn list_filter(&self) -> Option<&ListFilter> {
        self.list_filter.as_deref()
    }
}
