//! The gate that every commit of an activation passes, and that closes when its memory is in doubt.
//!
//! A storage may lose its answer after it has done the writes. Then the effects of the commit on
//! caches, tables and timers have not run, and what is kept in memory may be older than the store.
//! The activation is read anew; this one is retired, so that no commit of it, which would tell only
//! its own memory, slips in after the new one was read.

use std::sync::atomic::{AtomicBool, Ordering};

use barrier::Transaction;
use logical::{Error, Result};
use mount::view::{is_uncertain, translate};
use tokio::sync::{Notify, RwLock};

/// The gate of one activation.
pub(crate) struct Gate {
    standing: RwLock<Standing>,
    doubtful: AtomicBool,
    raised: Notify,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Standing {
    Open,
    /// Another activation has taken over, or is about to.
    Retired,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self {
            standing: RwLock::new(Standing::Open),
            doubtful: AtomicBool::new(false),
            raised: Notify::new(),
        }
    }

    /// Commits a transaction, unless the activation is retired.
    pub(crate) async fn commit(&self, transaction: Transaction) -> Result<()> {
        if !transaction.has_writes() {
            return transaction.commit().await.map_err(translate);
        }
        let standing = self.standing.read().await;
        if *standing == Standing::Retired {
            let why = "the server is reading its state anew; try again";
            return Err(Error::unavailable(why, "the activation is retired"));
        }
        let committed = transaction.commit().await.map_err(translate);
        if committed.as_ref().is_err_and(is_uncertain) {
            self.doubtful.store(true, Ordering::Release);
            self.raised.notify_one();
        }
        committed
    }

    /// Whether the memory may be older than the store.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.doubtful.load(Ordering::Acquire)
    }

    /// Waits until it may be.
    pub(crate) async fn raised(&self) {
        self.raised.notified().await;
    }

    /// Lets the commits that run come to their end, and no further one begin.
    pub(crate) async fn retire(&self) {
        *self.standing.write().await = Standing::Retired;
    }
}
