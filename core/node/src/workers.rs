//! What an active node does without being asked: ends leases that are due, works off what requests
//! left to be done, rotates the keyring, writes down its counters, settles doubts.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use access::LeaseId;
use barrier::Persist;
use jiff::Timestamp;
use logical::{Error, Result, View};
use mount::{TransactionView, view::is_conflict};
use tokio::task::JoinHandle;

use crate::{Node, active::Active, meters};

/// How many leases are ended, or records read, between two looks at the clock.
const BATCH_MAX: usize = 256;

/// Steps of a sweep between two batches of leases.
const SWEEPS_BETWEEN: usize = 8;

/// How often the keyring is looked at: whether to rotate it, and to write down its counters.
const KEYRING_PERIOD: Duration = Duration::from_secs(60);

/// How long to wait after a failure of the store before the next attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the lease worker sleeps at most when nothing is due.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// The running work; it ends when this is dropped.
pub(crate) struct Workers {
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts all of it.
    pub(crate) fn start(active: &Arc<Active>, node: Weak<Node>) -> Self {
        let tasks = vec![
            tokio::spawn(absorb_leases(Arc::clone(active))),
            tokio::spawn(end_leases(Arc::clone(active))),
            tokio::spawn(keep_keyring(Arc::clone(active))),
            tokio::spawn(settle_doubt(Arc::clone(active), node)),
        ];
        Self { tasks }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Reads the records of the leases that were found at activation.
async fn absorb_leases(active: Arc<Active>) {
    loop {
        let transaction = active.begin();
        match active.access.leases.absorb(&TransactionView(&transaction), BATCH_MAX).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::error!(%error, "cannot read the leases of the store; trying again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Ends each lease when its time has come.
async fn end_leases(active: Arc<Active>) {
    let leases = &active.access.leases;
    loop {
        let now = active.clock.now();
        let due = leases.due(now, BATCH_MAX);
        for id in &due {
            if let Err(error) = take(&active, Step::Expire(id), now).await {
                tracing::warn!(lease = %id, %error, "a lease could not be ended; trying again");
                if take(&active, Step::Failed(id, &error), now).await.is_err() {
                    leases.again(id, now.saturating_add(PAUSE).unwrap_or(now));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        if due.is_empty() {
            finish_work(&active, now).await;
            wait(&active).await;
        } else {
            sweep(&active, now).await;
        }
    }
}

/// Waits for the next lease to end, or for work that a request leaves behind.
async fn wait(active: &Active) {
    let next = active.access.leases.next_due();
    let until = next.map(|at| at.duration_since(active.clock.now()));
    let most = until.and_then(|wait| Duration::try_from(wait).ok()).unwrap_or(IDLE_MAX);
    tokio::select! {
        () = tokio::time::sleep(most.min(IDLE_MAX)) => {}
        () = active.access.leases.changed() => {}
        () = active.work.notified() => {}
    }
}

/// Some steps of the ending of large trees of tokens: however many leases end meanwhile, the
/// children of a revoked token must not wait for them all.
async fn sweep(active: &Active, now: Timestamp) {
    for _ in 0..SWEEPS_BETWEEN {
        if !matches!(take(active, Step::Sweep, now).await, Ok(true)) {
            return;
        }
    }
}

/// Works off what was more than one transaction could do.
async fn finish_work(active: &Active, now: Timestamp) {
    for step in [Step::Sweep, Step::Purge] {
        loop {
            match take(active, step, now).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "work left by requests cannot go on; trying again");
                    break;
                }
            }
        }
    }
}

/// Has the activation read anew when nobody knows what became of one of its commits, also when no
/// request comes that would ask for it.
async fn settle_doubt(active: Arc<Active>, node: Weak<Node>) {
    active.gate.raised().await;
    while let Some(node) = node.upgrade() {
        match node.reopen(&active).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "cannot read the state anew; trying again"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Rotates the keyring when that is due, and writes down its counters.
async fn keep_keyring(active: Arc<Active>) {
    let mut ticks = tokio::time::interval(KEYRING_PERIOD);
    ticks.tick().await;
    meters::gauges(&active);
    loop {
        ticks.tick().await;
        meters::gauges(&active);
        if let Err(error) = tend_keyring(&active).await {
            tracing::error!(%error, "the keyring could not be looked after; trying again");
        }
    }
}

async fn tend_keyring(active: &Active) -> barrier::Result<()> {
    active.barrier.persist_counters(Persist::Running, active.fence.clone()).await?;
    let now = active.clock.now();
    if let Some(reason) = active.barrier.rotation_due(now)? {
        let term = active.barrier.rotate(now, active.fence.clone()).await?;
        tracing::info!(?reason, %term, "the keyring was rotated");
    }
    Ok(())
}

/// What is done in one transaction.
#[derive(Clone, Copy)]
enum Step<'s> {
    /// End a lease.
    Expire(&'s LeaseId),
    /// Note that it could not be ended.
    Failed(&'s LeaseId, &'s Error),
    /// Go on ending what tokens and prefixes left behind.
    Sweep,
    /// Go on removing the data of mounts that are gone.
    Purge,
}

impl Step<'_> {
    /// Says whether there may be more of it.
    async fn run(self, active: &Active, view: &dyn View, now: Timestamp) -> Result<bool> {
        let leases = &active.access.leases;
        match self {
            Self::Expire(id) => leases.expire(view, id, now).await.map(|()| false),
            Self::Failed(id, error) => leases.failed(view, id, error, now).await.map(|()| false),
            Self::Sweep => leases.sweep(view, now).await,
            Self::Purge => mount::purge(view).await,
        }
    }
}

/// Takes a step in a transaction, and again if requests got in between.
async fn take(active: &Active, step: Step<'_>, now: Timestamp) -> Result<bool> {
    loop {
        let transaction = active.begin();
        let taken = step.run(active, &TransactionView(&transaction), now).await;
        let taken = match taken {
            Ok(more) => active.commit(transaction).await.map(|()| more),
            Err(error) => Err(error),
        };
        match taken {
            Err(error) if is_conflict(&error) => tokio::task::yield_now().await,
            other => return other,
        }
    }
}
