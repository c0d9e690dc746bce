//! Several policies compiled into one table: the permissions of a path are found by one look-up,
//! and a request is decided by them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::Timestamp;

use crate::{
    Ask, Capability, CapabilitySet, Decision, Grant, ListFilter, Policy,
    acl::{pattern::Pattern, permissions::Permissions, prefixes::Prefixes},
};

mod pattern;
mod permissions;
mod prefixes;
mod resultant;

/// What the holder of some policies may do. Built once for a set of policies and then shared.
#[derive(Debug)]
pub struct Acl {
    table: Table,
    expires: Option<Timestamp>,
}

/// Closed: either everything is allowed, or rules say what.
#[derive(Debug)]
enum Table {
    Root(Arc<[String]>),
    Rules(Rules),
}

/// The rules by the kind of their pattern.
#[derive(Debug, Default)]
struct Rules {
    exact: HashMap<String, Permissions>,
    prefixes: Prefixes,
    /// Patterns with `+` segments, the most specific first.
    patterns: Vec<(Pattern, Permissions)>,
}

impl Acl {
    /// Compiles policies as of now. Templates must have been filled in: a rule that still has one
    /// grants nothing.
    pub fn new(policies: &[Arc<Policy>]) -> Self {
        Self::at(policies, Timestamp::now())
    }

    /// Compiles policies as of some time: rules that have expired by then do not count.
    pub fn at(policies: &[Arc<Policy>], now: Timestamp) -> Self {
        if policies.iter().any(|policy| policy.name == "root") {
            return Self { table: Table::Root(Arc::from(["root".to_owned()])), expires: None };
        }
        let mut build = Build::default();
        for policy in policies {
            build.add(policy, now);
        }
        let expires = build.expires;
        Self { table: Table::Rules(build.finish()), expires }
    }

    /// When the first of its rules expires, and so when it must be built anew.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// Whether everything is allowed.
    pub fn is_root(&self) -> bool {
        matches!(self.table, Table::Root(_))
    }

    /// Decides a request.
    pub fn decide(&self, ask: &Ask<'_>) -> Decision {
        match &self.table {
            Table::Root(policies) => Decision::Granted(Grant::root(Arc::clone(policies))),
            Table::Rules(rules) => match rules.decide(ask) {
                Some(grant) => Decision::Granted(grant),
                None => Decision::Denied,
            },
        }
    }

    /// The sorted words for what may be done with a path: `["root"]`, `["deny"]`, or capabilities.
    pub fn capabilities(&self, path: &str) -> Vec<&'static str> {
        match &self.table {
            Table::Root(_) => vec!["root"],
            Table::Rules(rules) => match rules.set(path) {
                Some(set) if set.allows_any() => set.words(),
                Some(_) | None => vec![Capability::Deny.word()],
            },
        }
    }

    /// Whether anything at all is allowed at a path or below it, `kv/`.
    pub fn grants_below(&self, prefix: &str) -> bool {
        match &self.table {
            Table::Root(_) => true,
            Table::Rules(rules) => rules.grants_below(prefix),
        }
    }

    /// Whether a key of a list is shown to a caller whose list is filtered.
    pub fn shows(&self, filter: &ListFilter, listed: &str, key: &str) -> bool {
        match &self.table {
            Table::Root(_) => true,
            Table::Rules(rules) => {
                rules.set(&filter.path(listed, key)).is_some_and(CapabilitySet::allows_any)
            }
        }
    }
}

// === impl Rules ===

impl Rules {
    fn decide(&self, ask: &Ask<'_>) -> Option<Grant> {
        let permissions = self.find(ask.path, ask.capability)?;
        let set = permissions.set;
        if set.denies()
            || ask.capability == Capability::Deny
            || !set.contains(ask.capability)
            || (ask.needs_sudo && !set.contains(Capability::Sudo))
        {
            return None;
        }
        let page_limit = permissions.restrictions.check(ask).ok()?;
        let list_filter = match ask.capability {
            Capability::List | Capability::Scan => permissions.restrictions.list_filter.clone(),
            Capability::Create
            | Capability::Read
            | Capability::Update
            | Capability::Delete
            | Capability::Patch
            | Capability::Sudo
            | Capability::Deny => None,
        };
        Some(Grant::by(permissions.granting(ask.capability), page_limit, list_filter))
    }

    /// The capabilities at a path, looked up as for a list.
    fn set(&self, path: &str) -> Option<CapabilitySet> {
        self.find(path, Capability::List).map(|permissions| permissions.set)
    }

    /// The permissions of the most specific pattern that fits, and of no other.
    fn find(&self, path: &str, capability: Capability) -> Option<&Permissions> {
        let path = path.trim_start_matches('/');
        if let Some(permissions) = self.exact.get(path) {
            return Some(permissions);
        }
        // A list is asked for with a slash at its end, but its rule is often written without.
        let bare = path.strip_suffix('/');
        match (capability, bare) {
            (Capability::List, Some(bare)) => self
                .exact
                .get(bare)
                .or_else(|| self.find_wild(bare))
                .or_else(|| self.find_wild(path)),
            (Capability::Scan, Some(bare)) => self.exact.get(bare).or_else(|| self.find_wild(path)),
            // Endpoints overlook a slash at the end: a rule for the path without it holds too, so
            // that nobody evades it by adding one.
            (_, Some(bare)) => match (self.find_wild(path), self.exact_or_wild(bare)) {
                (Some(slashed), _) if slashed.set.denies() => Some(slashed),
                (slashed, bare) => bare.or(slashed),
            },
            _ => self.find_wild(path),
        }
    }

    fn exact_or_wild(&self, path: &str) -> Option<&Permissions> {
        self.exact.get(path).or_else(|| self.find_wild(path))
    }

    fn find_wild(&self, path: &str) -> Option<&Permissions> {
        let prefix = self.prefixes.longest(path);
        let pattern = self.patterns.iter().find(|(pattern, _)| pattern.matches(path));
        match (prefix, pattern) {
            (Some((prefix, by_prefix)), Some((pattern, by_pattern))) => {
                let pattern_wins = pattern.priority() > pattern::priority_of_prefix(prefix);
                Some(if pattern_wins { by_pattern } else { by_prefix })
            }
            (prefix, pattern) => pattern.map(|(_, found)| found).or(prefix.map(|(_, found)| found)),
        }
    }

    fn grants_below(&self, prefix: &str) -> bool {
        let grants = |permissions: &Permissions| permissions.set.allows_any();
        self.set(prefix).is_some_and(CapabilitySet::allows_any)
            || self.exact.iter().any(|(path, found)| path.starts_with(prefix) && grants(found))
            || self.prefixes.iter().any(|(path, found)| path.starts_with(prefix) && grants(found))
            || self
                .patterns
                .iter()
                .any(|(pattern, found)| pattern.may_match_below(prefix) && grants(found))
    }
}

// === impl Build ===

/// The rules while policies are added.
#[derive(Default)]
struct Build {
    exact: HashMap<String, Permissions>,
    prefixes: BTreeMap<String, Permissions>,
    patterns: BTreeMap<String, Permissions>,
    expires: Option<Timestamp>,
}

impl Build {
    fn add(&mut self, policy: &Policy, now: Timestamp) {
        for rule in policy.rules.iter().filter(|rule| !rule.is_templated()) {
            if let Some(expiration) = rule.expiration {
                if expiration <= now {
                    continue;
                }
                self.expires = Some(self.expires.map_or(expiration, |first| first.min(expiration)));
            }
            let permissions = if pattern::has_wildcard_segment(&rule.path) {
                self.patterns.entry(rule.path.clone()).or_default()
            } else if let Some(prefix) = rule.path.strip_suffix('*') {
                self.prefixes.entry(prefix.to_owned()).or_default()
            } else {
                self.exact.entry(rule.path.clone()).or_default()
            };
            permissions.add(&policy.name, rule);
        }
    }

    fn finish(self) -> Rules {
        let mut patterns: Vec<_> =
            self.patterns.into_iter().map(|(path, found)| (Pattern::new(&path), found)).collect();
        patterns.sort_by(|(one, _), (other, _)| other.priority().cmp(&one.priority()));
        Rules { exact: self.exact, prefixes: Prefixes::new(self.prefixes), patterns }
    }
}

#[cfg(test)]
mod tests;
