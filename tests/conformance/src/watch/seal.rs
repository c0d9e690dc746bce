//! A seal, watched.

use std::time::Instant;

use async_trait::async_trait;
use plugin_api::{Blob, Op, Result, Seal, SealStatus, Secret};

use super::Watched;

#[async_trait]
impl Seal for Watched<dyn Seal> {
    async fn status(&self, op: Op) -> Result<SealStatus> {
        let begun = Instant::now();
        let result = self.inner.status(op).await;
        self.record.note("status", begun, &result);
        result
    }

    async fn wrap(&self, op: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob> {
        let begun = Instant::now();
        let result = self.inner.wrap(op, plaintext, aad).await;
        self.record.note("wrap", begun, &result);
        result
    }

    async fn unwrap(&self, op: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>> {
        let begun = Instant::now();
        let result = self.inner.unwrap(op, blob, aad).await;
        self.record.note("unwrap", begun, &result);
        result
    }

    async fn random(&self, op: Op, length: usize) -> Result<Secret<Vec<u8>>> {
        let begun = Instant::now();
        let result = self.inner.random(op, length).await;
        self.record.note("random", begun, &result);
        result
    }
}
