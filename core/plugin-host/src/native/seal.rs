//! A seal in a library.

use std::sync::Arc;

use async_trait::async_trait;
use plugin_api::{Blob, Error, ErrorKind, Op, Result, Seal, SealStatus, Secret};

use crate::native::{
    call::{Call, Output},
    check::ensure,
    instance::Instance,
    storage::another,
};

/// The largest secret that is wrapped, in bytes: a seal wraps keys, and envelopes are the host's.
const PLAINTEXT_BYTES_MAX: usize = 64 << 10;

/// An opened seal.
pub(super) struct NativeSeal {
    instance: Arc<Instance>,
}

impl NativeSeal {
    pub(super) fn new(instance: Arc<Instance>) -> Self {
        Self { instance }
    }

    async fn secret(&self, op: Op, call: Call) -> Result<Secret<Vec<u8>>> {
        match self.instance.call(op, call)?.await? {
            Output::Secret(secret) => Ok(*secret),
            _ => Err(another()),
        }
    }
}

#[async_trait]
impl Seal for NativeSeal {
    async fn status(&self, op: Op) -> Result<SealStatus> {
        match self.instance.call(op, Call::Status)?.await? {
            Output::Status(status) => Ok(*status),
            _ => Err(another()),
        }
    }

    async fn wrap(&self, op: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob> {
        let bytes = plaintext.expose().len();
        if bytes > PLAINTEXT_BYTES_MAX {
            let message =
                format!("the secret has {bytes} bytes, the limit is {PLAINTEXT_BYTES_MAX}");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let call = Call::Wrap { plaintext: plaintext.clone(), aad: aad.to_vec() };
        match self.instance.call(op, call)?.await? {
            Output::Wrapped(blob) => Ok(*blob),
            _ => Err(another()),
        }
    }

    async fn unwrap(&self, op: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>> {
        self.secret(op, Call::Unwrap { blob: Box::new(blob.clone()), aad: aad.to_vec() }).await
    }

    async fn random(&self, op: Op, length: usize) -> Result<Secret<Vec<u8>>> {
        let secret = self.secret(op, Call::Random { length: length as u64 }).await?;
        let right = secret.expose().len() == length;
        ensure(right, "it gave another number of random bytes than was asked for")?;
        Ok(secret)
    }
}
