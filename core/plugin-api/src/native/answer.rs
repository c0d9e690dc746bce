//! What a call gave, as the structs and buffers of the ABI.

use std::{ffi::c_void, ptr, sync::Arc};

use zeroize::Zeroizing;

use crate::{
    Acquired, Blob, Bytes, Capabilities, Changes, Error, ErrorKind, Holder, Page, Result,
    SealStatus, Secret,
    abi::{
        self, SrAcquired, SrAnswer, SrBuf, SrChanges, SrHolder, SrOpened, SrPage, SrRenewed,
        SrSealStatus, SrSecret, SrValue, SrWrapped, struct_size,
    },
    native::{Completion, Effect, Memory, instance::Instance},
};

/// What a call gave.
pub(super) enum Out {
    Nothing,
    Opened(Arc<Instance>),
    Value(Option<Bytes>),
    Page(Page),
    Changes(Changes),
    Acquired(Acquired),
    Renewed(bool),
    Holder(Option<Holder>),
    Status(SealStatus),
    Wrapped(Blob),
    Secret(Secret<Vec<u8>>),
}

/// Answers a call.
pub(super) fn send(to: &Completion, result: Result<Out>) {
    match result {
        Ok(out) => out.send(to),
        Err(error) => {
            let mut flags = 0;
            if error.retryable {
                flags |= abi::RETRYABLE;
            }
            // A call that panicked half way has maybe written.
            let panicked = error.kind == ErrorKind::Panicked && to.effect == Effect::Writes;
            if error.maybe_applied || panicked {
                flags |= abi::MAYBE_APPLIED;
            }
            answer(to, error.kind as i32, flags, text(error.message), ptr::null());
        }
    }
}

impl Out {
    fn send(self, to: &Completion) {
        match self {
            Self::Nothing => ok::<()>(to, None),
            Self::Opened(instance) => ok(to, Some(&opened(instance))),
            Self::Value(value) => {
                let found = value.is_some().into();
                let value = value.map_or(SrBuf::EMPTY, |value| Memory::Shared(value).into_buf());
                ok(to, Some(&SrValue { struct_size: struct_size::<SrValue>(), found, value }));
            }
            Self::Page(page) => match pack(&page.keys) {
                Err(error) => send(to, Err(error)),
                Ok((count, packed)) => ok(
                    to,
                    Some(&SrPage {
                        struct_size: struct_size::<SrPage>(),
                        count,
                        more: page.more.into(),
                        reserved: 0,
                        packed,
                    }),
                ),
            },
            Self::Changes(changes) => match pack(&changes.keys) {
                Err(error) => send(to, Err(error)),
                Ok((count, packed)) => ok(
                    to,
                    Some(&SrChanges {
                        struct_size: struct_size::<SrChanges>(),
                        count,
                        overflow: changes.overflow.into(),
                        reserved: 0,
                        cursor: text(changes.cursor),
                        packed,
                    }),
                ),
            },
            Self::Renewed(held) => {
                let held = held.into();
                ok(to, Some(&SrRenewed { struct_size: struct_size::<SrRenewed>(), held }));
            }
            Self::Acquired(acquired) => ok(to, Some(&acquired_of(acquired))),
            Self::Holder(holder) => ok(to, Some(&holder_of(holder))),
            Self::Status(status) => ok(to, Some(&status_of(status))),
            Self::Wrapped(blob) => ok(to, Some(&wrapped(blob))),
            Self::Secret(secret) => {
                let bytes = own(secret.expose().clone());
                let struct_size = struct_size::<SrSecret>();
                ok(to, Some(&SrSecret { struct_size, reserved: 0, bytes }));
            }
        }
    }
}

fn ok<T>(to: &Completion, out: Option<&T>) {
    let out: *const c_void = out.map_or(ptr::null(), |out| ptr::from_ref(out).cast());
    answer(to, abi::OK, 0, SrBuf::EMPTY, out);
}

fn answer(to: &Completion, kind: i32, flags: u32, message: SrBuf, out: *const c_void) {
    let struct_size = struct_size::<SrAnswer>();
    to.done(&SrAnswer { struct_size, kind, flags, reserved: 0, message, out });
}

fn opened(instance: Arc<Instance>) -> SrOpened {
    let opened = &instance.opened;
    let mut interfaces = 0;
    let mut capabilities = Capabilities::basic();
    if let Some(storage) = &opened.storage {
        interfaces |= abi::STORAGE;
        capabilities = storage.capabilities();
    }
    if opened.ha_lock.is_some() {
        interfaces |= abi::HA_LOCK;
    }
    if opened.seal.is_some() {
        interfaces |= abi::SEAL;
    }
    let claims = [
        (capabilities.atomic_batch, abi::CAP_ATOMIC_BATCH),
        (capabilities.checks, abi::CAP_CHECKS),
        (capabilities.fencing, abi::CAP_FENCING),
        (capabilities.changes, abi::CAP_CHANGES),
    ];
    SrOpened {
        struct_size: struct_size::<SrOpened>(),
        interfaces,
        caps: claims.iter().filter(|(claimed, _)| *claimed).map(|(_, bit)| bit).sum(),
        reserved: 0,
        max_batch_ops: capabilities.max_batch_ops as u64,
        max_batch_bytes: capabilities.max_batch_bytes as u64,
        max_key_bytes: capabilities.max_key_bytes as u64,
        max_value_bytes: capabilities.max_value_bytes as u64,
        handle: Out::handle(instance),
    }
}

fn acquired_of(acquired: Acquired) -> SrAcquired {
    let (acquired, epoch, text_of) = match acquired {
        Acquired::Acquired(fence) => (1, fence.epoch, fence.token),
        Acquired::Held(holder) => (0, holder.epoch, holder.value),
    };
    SrAcquired { struct_size: struct_size::<SrAcquired>(), acquired, epoch, text: text(text_of) }
}

fn holder_of(holder: Option<Holder>) -> SrHolder {
    let found = holder.is_some().into();
    let holder = holder.unwrap_or(Holder { value: String::new(), epoch: 0 });
    let struct_size = struct_size::<SrHolder>();
    SrHolder { struct_size, found, epoch: holder.epoch, value: text(holder.value) }
}

fn status_of(status: SealStatus) -> SrSealStatus {
    SrSealStatus {
        struct_size: struct_size::<SrSealStatus>(),
        healthy: status.healthy.into(),
        key_id: text(status.key_id),
        detail: text(status.detail),
    }
}

fn wrapped(blob: Blob) -> SrWrapped {
    SrWrapped {
        struct_size: struct_size::<SrWrapped>(),
        reserved: 0,
        mechanism: blob.mechanism,
        ciphertext: own(blob.ciphertext),
        iv: own(blob.iv),
        key_id: text(blob.key_id),
    }
}

/// How many keys, and all of them in one buffer.
fn pack(keys: &[String]) -> Result<(u32, SrBuf)> {
    let too_long = |_| Error::new(ErrorKind::Internal, "a list is too long to be handed over");
    let count = u32::try_from(keys.len()).map_err(too_long)?;
    let mut packed = Vec::with_capacity(keys.iter().map(|key| key.len() + 4).sum());
    for key in keys {
        let length = u32::try_from(key.len()).map_err(too_long)?;
        packed.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(key.as_bytes());
    }
    Ok((count, own(packed)))
}

fn text(text: String) -> SrBuf {
    own(text.into_bytes())
}

fn own(bytes: Vec<u8>) -> SrBuf {
    if bytes.is_empty() {
        return SrBuf::EMPTY;
    }
    Memory::Own(Zeroizing::new(bytes)).into_buf()
}
