//! The words of the contracts, from WIT to Rust and back.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    Acquired, Blob, Capabilities, Changes, Check, Error, ErrorKind, Fence, Holder, Op, Page,
    Result, SealStatus, Write,
    wasm::bindings::{ha_lock, host::types, seal, storage, storage_changes},
};

pub(crate) fn op(op: types::Op) -> Op {
    Op::within(Duration::from_millis(op.remaining_ms.into()))
}

/// A number of the contract in Rust, where a component's words hold less.
pub(crate) fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl From<ErrorKind> for types::ErrorKind {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidArgument => Self::InvalidArgument,
            ErrorKind::ConfigInvalid => Self::ConfigInvalid,
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Cancelled => Self::Cancelled,
            ErrorKind::Conflict => Self::Conflict,
            ErrorKind::Fenced => Self::Fenced,
            ErrorKind::TooLarge => Self::TooLarge,
            ErrorKind::Unauthenticated => Self::Unauthenticated,
            ErrorKind::PermissionDenied => Self::PermissionDenied,
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::Corrupt => Self::Corrupt,
            ErrorKind::Internal => Self::Internal,
            ErrorKind::Panicked => Self::Panicked,
        }
    }
}

impl From<Error> for types::Error {
    fn from(error: Error) -> Self {
        Self {
            kind: error.kind.into(),
            message: error.message,
            retryable: error.retryable,
            maybe_applied: error.maybe_applied,
        }
    }
}

impl From<Capabilities> for types::Capabilities {
    fn from(caps: Capabilities) -> Self {
        Self {
            atomic_batch: caps.atomic_batch,
            max_batch_ops: narrow(caps.max_batch_ops),
            max_batch_bytes: narrow(caps.max_batch_bytes),
            checks: caps.checks,
            fencing: caps.fencing,
            changes: caps.changes,
            max_key_bytes: narrow(caps.max_key_bytes),
            max_value_bytes: narrow(caps.max_value_bytes),
            clustered: caps.clustered,
        }
    }
}

impl From<types::Fence> for Fence {
    fn from(fence: types::Fence) -> Self {
        Self { lock_key: fence.lock_key, token: fence.token, epoch: fence.epoch }
    }
}

impl From<Fence> for types::Fence {
    fn from(fence: Fence) -> Self {
        Self { lock_key: fence.lock_key, token: fence.token, epoch: fence.epoch }
    }
}

impl From<Page> for storage::Page {
    fn from(page: Page) -> Self {
        Self { keys: page.keys, more: page.more }
    }
}

impl TryFrom<storage::Check> for Check {
    type Error = Error;

    fn try_from(check: storage::Check) -> Result<Self> {
        match check {
            storage::Check::Absent(key) => Ok(Self::Absent(key)),
            storage::Check::ValueIs((key, digest)) => {
                let digest = digest.try_into().map_err(|_wrong| {
                    Error::new(ErrorKind::InvalidArgument, "a digest has 32 bytes")
                })?;
                Ok(Self::ValueIs(key, digest))
            }
        }
    }
}

impl From<storage::Write> for Write {
    fn from(write: storage::Write) -> Self {
        match write {
            storage::Write::Put((key, value)) => Self::Put(key, Bytes::from(value)),
            storage::Write::Delete(key) => Self::Delete(key),
        }
    }
}

impl From<Changes> for storage_changes::Changes {
    fn from(changes: Changes) -> Self {
        Self { cursor: changes.cursor, keys: changes.keys, overflow: changes.overflow }
    }
}

impl From<Holder> for ha_lock::Holder {
    fn from(holder: Holder) -> Self {
        Self { value: holder.value, epoch: holder.epoch }
    }
}

impl From<Acquired> for ha_lock::Acquired {
    fn from(acquired: Acquired) -> Self {
        match acquired {
            Acquired::Acquired(fence) => Self::Acquired(fence.into()),
            Acquired::Held(holder) => Self::Held(holder.into()),
        }
    }
}

impl From<SealStatus> for seal::SealStatus {
    fn from(status: SealStatus) -> Self {
        Self { healthy: status.healthy, key_id: status.key_id, detail: status.detail }
    }
}

impl From<Blob> for seal::Blob {
    fn from(blob: Blob) -> Self {
        Self {
            ciphertext: blob.ciphertext,
            iv: blob.iv,
            key_id: blob.key_id,
            mechanism: blob.mechanism,
        }
    }
}

impl From<seal::Blob> for Blob {
    fn from(blob: seal::Blob) -> Self {
        Self {
            ciphertext: blob.ciphertext,
            iv: blob.iv,
            key_id: blob.key_id,
            mechanism: blob.mechanism,
        }
    }
}
