//! A seal in a sandbox: each call goes to an instance, each answer is checked.

use std::sync::Arc;

use async_trait::async_trait;
use plugin_api::{Blob, Op, Result, Seal, SealStatus, Secret};

use crate::wasm::{
    instance::{Live, calling},
    pool::{Effect, Pool},
    words,
};

/// A seal whose provider is a component.
pub(crate) struct WasmSeal {
    pool: Arc<Pool>,
}

impl WasmSeal {
    pub(crate) fn new(pool: Arc<Pool>) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl Seal for WasmSeal {
    async fn status(&self, op: Op) -> Result<SealStatus> {
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move { exports.seal()?.call_status(store, op).await })
        });
        words::seal_status(self.pool.call(op, Effect::Read, call).await?)
    }

    async fn wrap(&self, op: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob> {
        let (plaintext, aad) = (plaintext.clone(), aad.to_vec());
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(
                async move { exports.seal()?.call_wrap(store, op, plaintext.expose(), &aad).await },
            )
        });
        words::wrapped(self.pool.call(op, Effect::Read, call).await?)
    }

    async fn unwrap(&self, op: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>> {
        let (blob, aad) = (words::blob(blob), aad.to_vec());
        let call = calling(move |Live { store, exports, .. }, op| {
            Box::pin(async move { exports.seal()?.call_unwrap(store, op, &blob, &aad).await })
        });
        words::secret(self.pool.call(op, Effect::Read, call).await?)
    }

    async fn random(&self, op: Op, length: usize) -> Result<Secret<Vec<u8>>> {
        let call = calling(move |Live { store, exports, .. }, op| {
            let length = words::number(length);
            Box::pin(async move { exports.seal()?.call_random(store, op, length).await })
        });
        let bytes = words::secret(self.pool.call(op, Effect::Read, call).await?)?;
        if bytes.expose().len() != length {
            return Err(words::wrong(
                "it gave another number of random bytes than it was asked for",
            ));
        }
        Ok(bytes)
    }
}
