//! The trait of everything that is mounted.

use std::time::Duration;

use async_trait::async_trait;

use crate::{Call, Data, Error, LeaseTerms, Mounted, Operation, PathAuth, Response, Result, View};

/// A secrets engine, an auth method or a part of the server behind a path.
#[async_trait]
pub trait Backend: Send + Sync {
    /// What a request to this path (below the mount) must bring.
    fn auth(&self, path: &str, operation: Operation) -> PathAuth;

    /// Whether the thing that a write aims at exists: `None` where the path does not ask, and the
    /// write counts as an update.
    async fn exists(&self, call: Call<'_>) -> Result<Option<bool>> {
        let _ = call;
        Ok(None)
    }

    /// Answers a request.
    async fn handle(&self, call: Call<'_>) -> Result<Response>;

    /// Prolongs a lease by up to `increment`; gives the new terms.
    async fn renew(&self, leased: Leased<'_>, increment: Duration) -> Result<LeaseTerms> {
        let _ = (leased, increment);
        Err(Error::invalid("lease is not renewable"))
    }

    /// Ends what a lease stands for.
    async fn revoke(&self, leased: Leased<'_>) -> Result<()> {
        let _ = leased;
        Ok(())
    }
}

/// A lease that its backend is asked about.
#[derive(Clone, Copy)]
pub struct Leased<'a> {
    /// The path of the request that made it, below the mount.
    pub path: &'a str,
    /// What the backend kept with it.
    pub internal: &'a Data,
    /// The mount.
    pub mount: &'a Mounted,
    /// The backend's part of the store.
    pub view: &'a dyn View,
}
