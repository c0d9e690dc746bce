//! The suite for storages: groups of cases, gated by what the storage claims.
//!
//! `S` basic · `L` listings · `B` batches · `U` what is not claimed · `C` consistency ·
//! `D` durability · `X` fencing · `G` changes · `Y` lifecycle · `F` faults of the network.
//! What is claimed must work; what is not claimed must answer `unsupported`.

use std::{collections::BTreeSet, ops::Deref, sync::Arc, time::Duration};

use bytes::Bytes;
use plugin_api::{Capabilities, Op, Result, Storage};

pub use crate::storage::factory::Factory;
use crate::{
    Class, Options, Random, Report,
    case::{Verdict, fail},
    runner::Runner,
};

mod basic;
mod batch;
mod changes;
mod consistency;
mod durability;
mod factory;
mod faults;
mod fencing;
mod lifecycle;
mod linearizability;
mod list;
mod model;
mod unclaimed;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(30);

/// Runs all groups, with the options of the environment ([`Options::from_environment`]).
pub async fn all(factory: &dyn Factory) -> Report {
    run(factory, &Options::from_environment()).await
}

/// Runs what the options ask for.
pub async fn run(factory: &dyn Factory, options: &Options) -> Report {
    let runner = Runner::new("storage", options, factory.surroundings().secrets());
    let mut suite = Suite { factory, runner };
    basic::run(&mut suite).await;
    list::run(&mut suite).await;
    batch::run(&mut suite).await;
    unclaimed::run(&mut suite).await;
    consistency::run(&mut suite).await;
    durability::run(&mut suite).await;
    fencing::run(&mut suite).await;
    changes::run(&mut suite).await;
    faults::run(&mut suite).await;
    // Last: it also looks back on what all the others have heard.
    lifecycle::run(&mut suite).await;
    suite.runner.finish()
}

/// A run under way.
struct Suite<'a> {
    factory: &'a dyn Factory,
    runner: Runner<'a>,
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
        self.attempt(id, title, body).await;
    }

    /// Runs a case that may drop the handle it is given, and opens others itself.
    async fn case_of_handles(
        &mut self,
        id: &'static str,
        title: &'static str,
        body: impl AsyncFn(&Place<'_>, Arc<dyn Storage>) -> Verdict,
    ) {
        let body = async |place: Place<'_>, storage: Arc<dyn Storage>| body(&place, storage).await;
        self.attempt(id, title, body).await;
    }

    async fn attempt(
        &mut self,
        id: &'static str,
        title: &'static str,
        body: impl AsyncFnOnce(Place<'_>, Arc<dyn Storage>) -> Verdict,
    ) {
        let (factory, record) = (self.factory, self.runner.record.clone());
        let (class, seed) = (self.runner.options.class, self.runner.seed(id));
        let (prefix, all) = (self.runner.prefix(id), self.runner.all());
        let mut claimed = None;
        let attempt = async {
            let storage = factory.open().await?;
            let caps = storage.capabilities();
            claimed = Some(caps);
            let place = Place { factory, class, caps, prefix, seed };
            let verdict = body(place, record.storage(storage)).await;
            let storage = factory.open().await?;
            let cleaned = clean(&*storage, &all).await;
            verdict.and(cleaned)
        };
        self.runner.case(id, title, attempt).await;
        self.runner.report.capabilities = self.runner.report.capabilities.or(claimed);
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
        self.class.sized(quick, full)
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
