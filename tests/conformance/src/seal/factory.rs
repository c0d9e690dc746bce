//! How the suite gets at the seal under test.

use std::sync::Arc;

use async_trait::async_trait;
use plugin_api::{Blob, Result, Seal};

use crate::{Network, Nothing, Surroundings};

/// How the suite gets at the seal under test. All but [`open`](Self::open) is optional.
#[async_trait]
pub trait Factory: Send + Sync {
    /// Opens the seal, always with the same key.
    async fn open(&self) -> Result<Arc<dyn Seal>>;

    /// Opens the seal with one more setting; `None` if it is opened without settings.
    async fn open_with(&self, name: &str, value: &str) -> Option<Result<Arc<dyn Seal>>> {
        let _ = (name, value);
        None
    }

    /// Opens the seal with settings that refer to a file or a variable that it was not granted;
    /// `None` if nothing is granted to it one by one.
    async fn open_ungranted(&self) -> Option<Result<Arc<dyn Seal>>> {
        None
    }

    /// Whether a wrong aad must fail. The answer may never change from one release to the next.
    fn binds_aad(&self) -> Option<bool> {
        None
    }

    /// Blobs that earlier releases have made under the key of [`open`](Self::open).
    fn golden(&self) -> Vec<Golden> {
        Vec::new()
    }

    /// Gives the key a new version, and the seal as it is opened from then on; `None` if the runner
    /// cannot.
    async fn rotate(&self) -> Result<Option<Arc<dyn Seal>>> {
        Ok(None)
    }

    /// Disables the key at its service, or enables it again; `false` if the runner cannot.
    async fn disable(&self, disabled: bool) -> Result<bool> {
        let _ = disabled;
        Ok(false)
    }

    /// The service behind the seal, if there is one and it is reached by TCP.
    fn network(&self) -> Option<&dyn Network<dyn Seal>> {
        None
    }

    /// What else the runner knows and can do.
    fn surroundings(&self) -> &dyn Surroundings {
        &Nothing
    }
}

/// A blob of an earlier release, and what it must open to.
#[derive(Clone, Debug)]
pub struct Golden {
    /// Which release made it: `0.1.0`.
    pub release: String,
    /// The blob.
    pub blob: Blob,
    /// The aad that it was made with.
    pub aad: Vec<u8>,
    /// What it opens to. A made-up secret: it is in the sources of the test.
    pub plaintext: Vec<u8>,
}
