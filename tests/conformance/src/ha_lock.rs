//! The suite for HA locks: `H01` to `H12`. Who gets the lock, for how long, and that nobody who has
//! lost it can do harm.

use std::{ops::Deref, sync::Arc, time::Duration};

use plugin_api::{Acquired, Fence, HaLock, Op};
use tokio::time::{Instant, sleep};

pub use crate::ha_lock::factory::Factory;
use crate::{
    Class, Options, Report,
    case::{Verdict, fail},
    runner::Runner,
};

mod contention;
mod factory;
mod faults;
mod holding;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(10);

/// Runs all cases, with the options of the environment ([`Options::from_environment`]).
pub async fn all(factory: &dyn Factory) -> Report {
    run(factory, &Options::from_environment()).await
}

/// Runs what the options ask for.
pub async fn run(factory: &dyn Factory, options: &Options) -> Report {
    let runner = Runner::new("ha-lock", options, factory.surroundings().secrets());
    let mut suite = Suite { factory, runner };
    holding::run(&mut suite).await;
    contention::run(&mut suite).await;
    faults::run(&mut suite).await;
    suite.runner.finish()
}

/// A run under way.
struct Suite<'a> {
    factory: &'a dyn Factory,
    runner: Runner<'a>,
}

/// What a case is given: a lock nobody holds, seen from two nodes.
struct Context<'a> {
    place: Place<'a>,
    lock: Arc<dyn HaLock>,
    /// Another node; the same handle where there is no second one.
    other: Arc<dyn HaLock>,
}

struct Place<'a> {
    factory: &'a dyn Factory,
    class: Class,
    seed: u64,
    /// The key of the lock.
    key: String,
    ttl: Duration,
}

// === impl Suite ===

impl Suite<'_> {
    /// Runs one case on a lock of its own.
    async fn case(
        &mut self,
        id: &'static str,
        title: &'static str,
        body: impl AsyncFn(&Context<'_>) -> Verdict,
    ) {
        let (factory, record) = (self.factory, self.runner.record.clone());
        let place = Place {
            factory,
            class: self.runner.options.class,
            seed: self.runner.seed(id),
            key: format!("{}lock", self.runner.prefix(id)),
            ttl: factory.ttl(),
        };
        let attempt = async move {
            let lock = record.lock(factory.open().await?);
            let other = factory.second().await?.map(|other| record.lock(other));
            let other = other.unwrap_or_else(|| lock.clone());
            body(&Context { place, lock, other }).await
        };
        self.runner.case(id, title, attempt).await;
    }
}

impl<'a> Deref for Context<'a> {
    type Target = Place<'a>;

    fn deref(&self) -> &Place<'a> {
        &self.place
    }
}

impl Context<'_> {
    /// Takes the lock for the usual time, waiting for who holds it.
    async fn take(&self, lock: &Arc<dyn HaLock>, value: &str) -> Verdict<Fence> {
        taken(lock, &self.key, value, self.ttl).await
    }

    /// One attempt to take the lock.
    async fn attempt(&self, lock: &Arc<dyn HaLock>, value: &str) -> Verdict<Acquired> {
        Ok(lock.acquire(op(), &self.key, value, self.ttl).await?)
    }
}

/// The context of one call.
fn op() -> Op {
    Op::within(CALL)
}

/// Takes a lock, again and again until whoever holds it has given it up or let it run out.
pub(crate) async fn taken(
    lock: &Arc<dyn HaLock>,
    key: &str,
    value: &str,
    ttl: Duration,
) -> Verdict<Fence> {
    let start = Instant::now();
    let patience = ttl * 10 + Duration::from_secs(10);
    loop {
        match lock.acquire(op(), key, value, ttl).await? {
            Acquired::Acquired(fence) => return Ok(fence),
            Acquired::Held(holder) if start.elapsed() > patience => {
                let value = holder.value;
                return fail(format!("{value:?} still holds the lock after {patience:?}"));
            }
            Acquired::Held(_) => sleep((ttl / 50).max(Duration::from_millis(1))).await,
        }
    }
}
