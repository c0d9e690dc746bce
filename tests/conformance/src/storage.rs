//! The suite for storages: groups of cases, gated by what the storage claims.
//!
//! `S` basic · `L` listings · `B` batches · `U` what is not claimed · `C` consistency ·
//! `D` durability. What is claimed must work; what is not claimed must answer `unsupported`.

use std::{
    collections::BTreeSet,
    ops::Deref,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use plugin_api::{Capabilities, Op, Result, Storage};

use crate::{
    Case, Outcome, Random, Report,
    case::{Stop, Verdict, fail},
    seed,
};

mod basic;
mod batch;
mod consistency;
mod durability;
mod linearizability;
mod list;
mod model;
mod unclaimed;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(30);
/// How long one case may take.
const CASE: Duration = Duration::from_secs(600);

/// How the suite gets at the storage under test.
///
/// Every handle is on the same data. The storage may hold data of its own: each case stays below a
/// prefix that it makes up and removes.
#[async_trait]
pub trait Factory: Send + Sync {
    /// Opens the storage.
    async fn open(&self) -> Result<Arc<dyn Storage>>;

    /// Opens a second handle beside the first; `None` if the storage is one process's alone.
    async fn second(&self) -> Result<Option<Arc<dyn Storage>>> {
        Ok(None)
    }

    /// Drops the handle without closing it, as a crash does, and opens the storage again; `None`
    /// if nothing outlives a handle.
    async fn reopen(&self, storage: Arc<dyn Storage>) -> Result<Option<Arc<dyn Storage>>> {
        drop(storage);
        Ok(None)
    }
}

/// How much time a run may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// Under a minute on a local storage.
    Quick,
    /// Larger data, longer histories, more rounds.
    Full,
}

/// Runs all groups: [`Class::Quick`], or [`Class::Full`] if `CONFORMANCE_FULL` is set.
pub async fn all(factory: &dyn Factory) -> Report {
    let full = std::env::var_os("CONFORMANCE_FULL").is_some();
    all_of(factory, if full { Class::Full } else { Class::Quick }).await
}

/// Runs all groups in the given class.
pub async fn all_of(factory: &dyn Factory, class: Class) -> Report {
    let mut suite = Suite { factory, class, report: Report { seed: seed(), cases: Vec::new() } };
    basic::run(&mut suite).await;
    list::run(&mut suite).await;
    batch::run(&mut suite).await;
    unclaimed::run(&mut suite).await;
    consistency::run(&mut suite).await;
    durability::run(&mut suite).await;
    suite.report
}

/// A run under way.
struct Suite<'a> {
    factory: &'a dyn Factory,
    class: Class,
    report: Report,
}

/// Where a case works, and what it may count on.
struct Place<'a> {
    factory: &'a dyn Factory,
    class: Class,
    caps: Capabilities,
    /// The case's own place, ending in `/`.
    prefix: String,
    seed: u64,
}

/// What a case is given: its place, and a handle.
struct Context<'a> {
    storage: Arc<dyn Storage>,
    place: Place<'a>,
}

// === impl Suite ===

impl Suite<'_> {
    /// Runs one case, and removes what it has left.
    async fn case(
        &mut self,
        id: &'static str,
        title: &'static str,
        body: impl AsyncFn(&Context<'_>) -> Verdict,
    ) {
        let body = async |place: Place<'_>, storage: Arc<dyn Storage>| {
            body(&Context { storage, place }).await
        };
        self.timed(id, title, body).await;
    }

    /// Runs a case that may drop the handle it is given, and opens others itself.
    async fn case_of_handles(
        &mut self,
        id: &'static str,
        title: &'static str,
        body: impl AsyncFn(&Place<'_>, Arc<dyn Storage>) -> Verdict,
    ) {
        let body = async |place: Place<'_>, storage: Arc<dyn Storage>| body(&place, storage).await;
        self.timed(id, title, body).await;
    }

    async fn timed(
        &mut self,
        id: &'static str,
        title: &'static str,
        body: impl AsyncFnOnce(Place<'_>, Arc<dyn Storage>) -> Verdict,
    ) {
        let start = Instant::now();
        let verdict = match tokio::time::timeout(CASE, self.attempt(id, body)).await {
            Ok(verdict) => verdict,
            Err(_elapsed) => fail(format!("not done after {CASE:?}")),
        };
        let outcome = match verdict {
            Ok(()) => Outcome::Pass,
            Err(Stop::Skip(why)) => Outcome::Skip(why),
            Err(Stop::Fail(why)) => Outcome::Fail(why),
        };
        self.report.cases.push(Case { id, title, outcome, time: start.elapsed() });
    }

    async fn attempt(
        &self,
        id: &str,
        body: impl AsyncFnOnce(Place<'_>, Arc<dyn Storage>) -> Verdict,
    ) -> Verdict {
        let storage = self.factory.open().await?;
        let all = format!("conformance/{:08x}/", self.report.seed as u32);
        let seed = id
            .bytes()
            .fold(self.report.seed, |seed, byte| Random::new(seed ^ u64::from(byte)).next_u64());
        let place = Place {
            factory: self.factory,
            class: self.class,
            caps: storage.capabilities(),
            prefix: format!("{all}{id}/"),
            seed,
        };
        let verdict = body(place, storage).await;
        let storage = self.factory.open().await?;
        let cleaned = clean(&*storage, &all).await;
        verdict.and(cleaned)
    }
}

/// Removes everything below a prefix.
async fn clean(storage: &dyn Storage, prefix: &str) -> Verdict {
    let mut folders = vec![prefix.to_owned()];
    while let Some(folder) = folders.pop() {
        for name in walk(storage, &folder, 0).await? {
            if name.ends_with('/') {
                folders.push(format!("{folder}{name}"));
            } else {
                storage.delete(op(), &format!("{folder}{name}"), None).await?;
            }
        }
    }
    let left = walk(storage, prefix, 0).await?;
    if left.is_empty() { Ok(()) } else { fail(format!("{left:?} are left after cleaning up")) }
}

/// The context of one call.
fn op() -> Op {
    Op::within(CALL)
}

/// All names below a prefix, page by page; checks that the pages go on in byte order.
async fn walk(storage: &dyn Storage, prefix: &str, limit: usize) -> Verdict<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let after = names.last().cloned().unwrap_or_default();
        let page = storage.list(op(), prefix, &after, limit).await?;
        if limit > 0 && page.keys.len() > limit {
            return fail(format!("a page of limit {limit} has {} names", page.keys.len()));
        }
        if page.more && page.keys.is_empty() {
            return fail(format!("an empty page after {after:?} says that there are more"));
        }
        for name in page.keys {
            if names.last().is_some_and(|last| *last >= name) {
                return fail(format!("{name:?} is listed after {:?}", names.last()));
            }
            names.push(name);
        }
        if !page.more {
            return Ok(names);
        }
    }
}

/// What the listing of `prefix` must be, given all keys.
fn children<'a>(keys: impl Iterator<Item = &'a str>, prefix: &str) -> Vec<String> {
    let names: BTreeSet<String> = keys
        .filter_map(|key| key.strip_prefix(prefix))
        .map(|rest| match rest.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => rest.to_owned(),
        })
        .collect();
    names.into_iter().collect()
}

// === impl Place ===

impl Place<'_> {
    /// A key in the case's own place.
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn random(&self) -> Random {
        Random::new(self.seed)
    }

    /// `quick` or `full`, by the class of the run.
    fn sized(&self, quick: usize, full: usize) -> usize {
        match self.class {
            Class::Quick => quick,
            Class::Full => full,
        }
    }
}

// === impl Context ===

impl<'a> Deref for Context<'a> {
    type Target = Place<'a>;

    fn deref(&self) -> &Place<'a> {
        &self.place
    }
}

impl Context<'_> {
    async fn get(&self, name: &str) -> Result<Option<Bytes>> {
        self.storage.get(op(), &self.key(name)).await
    }

    async fn put(&self, name: &str, value: impl Into<Vec<u8>>) -> Result<()> {
        self.storage.put(op(), &self.key(name), Bytes::from(value.into()), None).await
    }

    async fn delete(&self, name: &str) -> Result<()> {
        self.storage.delete(op(), &self.key(name), None).await
    }

    /// All names below a folder of the case's own place.
    async fn list(&self, folder: &str) -> Verdict<Vec<String>> {
        walk(&*self.storage, &self.key(folder), 0).await
    }
}
