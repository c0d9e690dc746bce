//! Patterns that end in `*`, sorted so that the longest one that fits is found quickly.

use std::collections::BTreeMap;

use crate::acl::permissions::Permissions;

/// Prefixes, without their `*`, in byte order.
#[derive(Debug, Default)]
pub(super) struct Prefixes(Vec<(String, Permissions)>);

impl Prefixes {
    pub(super) fn new(sorted: BTreeMap<String, Permissions>) -> Self {
        Self(sorted.into_iter().collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Permissions)> {
        self.0.iter().map(|(prefix, permissions)| (prefix.as_str(), permissions))
    }

    /// The longest prefix of a path.
    ///
    /// Each prefix of the path sorts at or before it. So the nearest entry at or before the path
    /// is the answer, or it differs at some byte; then the answer is a prefix of what both have in
    /// common, and the search goes on from there.
    pub(super) fn longest(&self, path: &str) -> Option<(&str, &Permissions)> {
        let path = path.as_bytes();
        let mut end = path.len();
        loop {
            let upper = path.get(..end)?;
            let after = self.0.partition_point(|(prefix, _)| prefix.as_bytes() <= upper);
            let (prefix, permissions) = self.0.get(after.checked_sub(1)?)?;
            let common = common_length(prefix.as_bytes(), upper);
            if common == prefix.len() {
                return Some((prefix, permissions));
            }
            end = common;
        }
    }
}

fn common_length(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
