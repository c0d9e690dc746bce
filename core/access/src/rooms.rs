//! What lies behind the paths of leases: the mounts, which only the node knows.

use std::time::Duration;

use async_trait::async_trait;
use logical::{Data, LeaseTerms, Result, View};

use crate::Limits;

/// The mounts as leases and tokens need them. The view is always that of the whole barrier.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// The times to live of the mount that a request path leads to; `None` if there is none.
    fn limits(&self, path: &str) -> Option<Limits>;

    /// The cubbyhole's part of the store, `logical/<uuid>/`: below it each token has its own.
    fn cubbyhole(&self) -> String;

    /// Asks the backend behind a request path to prolong what it gave; gives the new terms.
    async fn renew(
        &self,
        view: &dyn View,
        path: &str,
        internal: &Data,
        increment: Duration,
    ) -> Result<LeaseTerms>;

    /// Asks the backend behind a request path to take back what it gave. Done again where it is
    /// not certain that it was done. A path that leads nowhere any more has nothing to take back.
    async fn revoke(&self, view: &dyn View, path: &str, internal: &Data) -> Result<()>;
}
