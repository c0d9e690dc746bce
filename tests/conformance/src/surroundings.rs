//! What a runner can do around a provider: reach its service, restart it, read its log.
//!
//! All of it is optional. A case that needs what is not there is skipped, and says so.

use std::sync::Arc;

use async_trait::async_trait;
use plugin_api::Result;

/// What a runner knows of the provider's world, and can do to it.
#[async_trait]
pub trait Surroundings: Send + Sync {
    /// Secrets of the provider's settings. They must be in no error and in no line of the log.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    /// Everything that the provider has logged since the run began; `None` if nobody listens.
    fn logs(&self) -> Option<String> {
        None
    }

    /// Restarts the service behind the provider; `false` if the runner cannot.
    async fn restart(&self) -> Result<bool> {
        Ok(false)
    }

    /// Sets the clock that the provider sees forward by so many seconds (backward if negative);
    /// `false` if the runner cannot.
    async fn shift_clock(&self, seconds: i64) -> Result<bool> {
        let _ = seconds;
        Ok(false)
    }
}

/// A runner that knows and can do nothing of this.
pub struct Nothing;

impl Surroundings for Nothing {}

/// A provider (`T` is `dyn Storage`, `dyn HaLock` or `dyn Seal`) whose service is reached by TCP.
///
/// The suite puts a proxy between the two that cuts, delays and swallows (see [`crate::Proxy`]).
#[async_trait]
pub trait Network<T: ?Sized + Send + Sync>: Send + Sync {
    /// Where the service listens, `host:port`.
    fn upstream(&self) -> String;

    /// Opens the provider with this address in place of the service's own.
    async fn open_at(&self, address: &str) -> Result<Arc<T>>;

    /// The same, with a password that is wrong; `None` if the service asks for none.
    async fn open_denied(&self, address: &str, password: &str) -> Option<Result<Arc<T>>> {
        let _ = (address, password);
        None
    }

    /// The same, expecting a certificate of another name; `None` without TLS.
    async fn open_misnamed(&self, address: &str) -> Option<Result<Arc<T>>> {
        let _ = address;
        None
    }

    /// The most connections that one opened provider keeps; `None` if it makes no promise.
    fn connections_max(&self) -> Option<usize> {
        None
    }
}
