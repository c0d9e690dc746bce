//! How the suite gets at the storage under test.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plugin_api::{HaLock, Result, Storage};

use crate::{Network, Nothing, Surroundings};

/// How the suite gets at the storage under test.
///
/// Every handle is on the same data. The storage may hold data of its own: each case stays below a
/// prefix that it makes up and removes. All but [`open`](Self::open) is optional.
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

    /// Opens the storage with one more setting; `None` if it is opened without settings.
    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Storage>>> {
        let _ = (name, value);
        None
    }

    /// The lock whose fences the storage honours. The storage of [`open`](Self::open) honours them.
    async fn lock(&self) -> Result<Option<Arc<dyn HaLock>>> {
        Ok(None)
    }

    /// A time to live that the lock can keep, as short as possible.
    fn lock_ttl(&self) -> Duration {
        Duration::from_secs(2)
    }

    /// The service behind the storage, if there is one and it is reached by TCP.
    fn network(&self) -> Option<&dyn Network<dyn Storage>> {
        None
    }

    /// What else the runner knows and can do.
    fn surroundings(&self) -> &dyn Surroundings {
        &Nothing
    }
}
