//! How the suite gets at the lock under test.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plugin_api::{HaLock, Result, Storage};

use crate::{Network, Nothing, Surroundings};

/// How the suite gets at the lock under test. Every handle is on the same locks; the keys are the
/// suite's own. All but [`open`](Self::open) is optional.
#[async_trait]
pub trait Factory: Send + Sync {
    /// Opens the lock, as one node does.
    async fn open(&self) -> Result<Arc<dyn HaLock>>;

    /// Opens it as another node does, beside the first; `None`: the first handle plays both.
    async fn second(&self) -> Result<Option<Arc<dyn HaLock>>> {
        Ok(None)
    }

    /// Drops the handle as a crash does, and opens the lock again; `None` if nothing outlives it.
    async fn reopen(&self, lock: Arc<dyn HaLock>) -> Result<Option<Arc<dyn HaLock>>> {
        drop(lock);
        Ok(None)
    }

    /// A storage that honours this lock's fences.
    async fn storage(&self) -> Result<Option<Arc<dyn Storage>>> {
        Ok(None)
    }

    /// A time to live that the lock can keep, as short as possible: the cases wait for it.
    fn ttl(&self) -> Duration {
        Duration::from_secs(2)
    }

    /// The service behind the lock, if there is one and it is reached by TCP.
    fn network(&self) -> Option<&dyn Network<dyn HaLock>> {
        None
    }

    /// What else the runner knows and can do.
    fn surroundings(&self) -> &dyn Surroundings {
        &Nothing
    }
}
