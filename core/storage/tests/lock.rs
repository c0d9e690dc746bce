//! The lock in memory, and the storage in memory that honours it, under the conformance suites.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use conformance::{Outcome, Report, ha_lock};
use plugin_api::{Acquired, Fence, HaLock, Holder, Op, Result, Storage};
use storage::{Inmem, InmemLock};

const TTL: Duration = Duration::from_millis(400);

/// One service, as all nodes see it: the lock as it is, or with a fault around it.
struct Service {
    lock: InmemLock,
    inmem: Arc<Inmem>,
    fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    /// Whoever asks gets the lock.
    GivesToAll,
    /// Everybody has the same epoch.
    SameEpoch,
    /// Whoever has lost the lock may renew it.
    RenewsTheLost,
    /// Gives the lock to the next one before its time.
    ExpiresEarly,
    /// Anybody may release it.
    ReleasesForAll,
    /// Cuts long values.
    CutsValues,
}

impl Service {
    fn new(fault: Option<Fault>) -> Self {
        let lock = InmemLock::new();
        let inmem = Arc::new(Inmem::new().with_lock(lock.clone()));
        Self { lock, inmem, fault }
    }

    fn handle(&self) -> Arc<dyn HaLock> {
        match self.fault {
            None => Arc::new(self.lock.clone()),
            Some(fault) => Arc::new(Faulty { lock: self.lock.clone(), fault }),
        }
    }
}

#[async_trait]
impl conformance::storage::Factory for Service {
    async fn open(&self) -> Result<Arc<dyn Storage>> {
        Ok(self.inmem.clone())
    }

    async fn second(&self) -> Result<Option<Arc<dyn Storage>>> {
        Ok(Some(self.inmem.clone()))
    }

    async fn lock(&self) -> Result<Option<Arc<dyn HaLock>>> {
        Ok(Some(self.handle()))
    }

    fn lock_ttl(&self) -> Duration {
        TTL
    }
}

#[async_trait]
impl ha_lock::Factory for Service {
    async fn open(&self) -> Result<Arc<dyn HaLock>> {
        Ok(self.handle())
    }

    async fn second(&self) -> Result<Option<Arc<dyn HaLock>>> {
        Ok(Some(self.handle()))
    }

    async fn reopen(&self, lock: Arc<dyn HaLock>) -> Result<Option<Arc<dyn HaLock>>> {
        drop(lock);
        Ok(Some(self.handle()))
    }

    async fn storage(&self) -> Result<Option<Arc<dyn Storage>>> {
        Ok(Some(self.inmem.clone()))
    }

    fn ttl(&self) -> Duration {
        TTL
    }
}

/// The lock with one fault.
struct Faulty {
    lock: InmemLock,
    fault: Fault,
}

#[async_trait]
impl HaLock for Faulty {
    async fn acquire(&self, op: Op, key: &str, value: &str, ttl: Duration) -> Result<Acquired> {
        let value = match self.fault {
            Fault::CutsValues => value.get(..value.len().min(1_000)).unwrap_or_default(),
            _ => value,
        };
        let ttl = if self.fault == Fault::ExpiresEarly { ttl / 2 } else { ttl };
        let mut acquired = self.lock.acquire(op, key, value, ttl).await?;
        if let (Fault::GivesToAll, Acquired::Held(holder)) = (self.fault, &acquired) {
            let token = format!("stolen-{}", holder.epoch);
            acquired = Acquired::Acquired(Fence { lock_key: key.into(), token, epoch: 1 });
        }
        if let (Fault::SameEpoch, Acquired::Acquired(fence)) = (self.fault, &mut acquired) {
            fence.epoch = 1;
        }
        Ok(acquired)
    }

    async fn renew(&self, op: Op, fence: &Fence, ttl: Duration) -> Result<bool> {
        let renewed = self.lock.renew(op, fence, ttl).await?;
        Ok(renewed || matches!(self.fault, Fault::RenewsTheLost) && !fence.token.ends_with('x'))
    }

    async fn release(&self, op: Op, fence: &Fence) -> Result<()> {
        let mut fence = fence.clone();
        if self.fault == Fault::ReleasesForAll {
            fence.token = fence.token.trim_end_matches('x').to_owned();
        }
        self.lock.release(op, &fence).await
    }

    async fn current(&self, op: Op, key: &str) -> Result<Option<Holder>> {
        self.lock.current(op, key).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_conforms() {
    let report = ha_lock::all(&Service::new(None)).await;
    println!("{report}");
    report.assert_ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fenced_storage_conforms() {
    let report = conformance::storage::all(&Service::new(None)).await;
    println!("{report}");
    report.assert_ok();
    let passed =
        |id| report.cases.iter().any(|case| case.id == id && case.outcome == Outcome::Pass);
    assert!(["X01", "X02", "X03", "X04", "X05"].into_iter().all(passed), "{report}");
}

/// A lock with this fault is found by this case.
async fn check(fault: Fault, id: &str) {
    let mut options = conformance::Options::from_environment();
    options.only = vec![id.to_owned()];
    let report: Report = ha_lock::run(&Service::new(Some(fault)), &options).await;
    assert_eq!(report.failures().count(), 1, "{fault:?} in {id}: {report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_found() {
    check(Fault::GivesToAll, "H02").await;
    check(Fault::GivesToAll, "H07").await;
    check(Fault::SameEpoch, "H03").await;
    check(Fault::RenewsTheLost, "H04").await;
    check(Fault::RenewsTheLost, "H08").await;
    check(Fault::ExpiresEarly, "H06").await;
    check(Fault::ReleasesForAll, "H05").await;
    check(Fault::CutsValues, "H10").await;
}
