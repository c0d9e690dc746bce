//! Who may commit: an entry that the present activation has written, and that its commits expect.
//!
//! A storage may do a write long after its caller stopped waiting. If the store was read anew in
//! between, such a write would change it behind the back of the new caches. It carries the claim of
//! its own time, which the newer one has replaced: it is refused, or was done before the reading.

use std::sync::Arc;

use bytes::Bytes;
use plugin_api::Fence;

use crate::{Barrier, Error, Result};

/// A claim to a store, until the next one is made.
#[derive(Clone, Debug)]
pub struct Claim {
    pub(crate) key: Arc<str>,
    /// The entry as it is stored.
    pub(crate) stored: Bytes,
}

impl Barrier {
    /// Makes a claim, which ends every earlier one that was made with this key.
    pub async fn claim(&self, key: &str, fence: Option<Arc<Fence>>) -> Result<Claim> {
        let mine: [u8; 16] = crypto::random::bytes();
        self.put(key, Bytes::copy_from_slice(&mine), fence).await?;
        match self.load(key).await? {
            Some((stored, plaintext)) if plaintext == mine.as_slice() => {
                Ok(Claim { key: key.into(), stored })
            }
            // Somebody else makes one at the same time.
            _ => Err(Error::Conflict),
        }
    }
}
