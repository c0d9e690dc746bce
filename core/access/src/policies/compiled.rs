//! Parsed policies and compiled ACLs in memory: copies that a change throws away.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use parking_lot::RwLock;
use policy::{Acl, Policy};

/// How many parsed policies are kept; then all are thrown away.
const POLICIES_MAX: usize = 4096;

/// How many ACLs are kept; then all are thrown away. Identities keep theirs besides.
const ACLS_MAX: usize = 1024;

/// What some policies allow.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    /// The generation of the library that it was made in.
    pub generation: u64,
    /// When the first of the policies, or of their rules, ends.
    pub expires: Option<Timestamp>,
    pub acl: Arc<Acl>,
}

/// A policy that was parsed.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub policy: Arc<Policy>,
    pub expiration: Option<Timestamp>,
}

/// The copies.
#[derive(Debug, Default)]
pub(crate) struct Library {
    /// Grows with each change of any policy.
    generation: AtomicU64,
    shelves: RwLock<Shelves>,
}

#[derive(Debug, Default)]
struct Shelves {
    /// `None` for a name that no policy has.
    policies: HashMap<String, Option<Parsed>>,
    acls: HashMap<Vec<String>, Compiled>,
}

impl Compiled {
    /// Whether it still says what the policies say.
    pub(crate) fn is_good(&self, generation: u64, now: Timestamp) -> bool {
        self.generation == generation && self.expires.is_none_or(|end| end > now)
    }
}

impl Parsed {
    /// Whether the policy counts.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expiration.is_none_or(|end| end > now)
    }
}

impl Library {
    /// Taken before something is read that is to be kept.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The policy of a name, if it was parsed before; the inner `None` says that there is none.
    #[expect(clippy::option_option, reason = "not known, known not to be, known")]
    pub(crate) fn parsed(&self, name: &str) -> Option<Option<Parsed>> {
        self.shelves.read().policies.get(name).cloned()
    }

    /// What these policies allow, if it was compiled before.
    pub(crate) fn compiled(&self, names: &[String], now: Timestamp) -> Option<Compiled> {
        let shelves = self.shelves.read();
        let compiled = shelves.acls.get(names)?;
        compiled.is_good(self.generation(), now).then(|| compiled.clone())
    }

    /// Keeps a policy, unless some policy was changed since `generation`.
    pub(crate) fn keep_parsed(&self, name: &str, parsed: &Option<Parsed>, generation: u64) {
        let mut shelves = self.shelves.write();
        if generation != self.generation() {
            return;
        }
        if shelves.policies.len() >= POLICIES_MAX {
            shelves.policies.clear();
        }
        shelves.policies.insert(name.to_owned(), parsed.clone());
    }

    /// Keeps an ACL, unless some policy was changed since it was begun.
    pub(crate) fn keep_compiled(&self, names: &[String], compiled: &Compiled) {
        let mut shelves = self.shelves.write();
        if compiled.generation != self.generation() {
            return;
        }
        if shelves.acls.len() >= ACLS_MAX {
            shelves.acls.clear();
        }
        shelves.acls.insert(names.to_owned(), compiled.clone());
    }

    /// Throws away what was made of a policy: it was changed.
    pub(crate) fn forget(&self, name: &str) {
        let mut shelves = self.shelves.write();
        self.generation.fetch_add(1, Ordering::AcqRel);
        shelves.policies.remove(name);
        shelves.acls.clear();
    }
}

/// The earlier of two times.
pub(crate) fn first(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
