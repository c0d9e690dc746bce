//! What a call gave, as the structs and buffers of the ABI.

use std::{ffi::c_void, ptr, sync::Arc};

use crate::{
    Acquired, Blob, Bytes, Capabilities, Changes, Error, ErrorKind, Holder, Page, Result,
    SealStatus, Secret,
    abi::{
        self, SrAcquired, SrAnswer, SrBuf, SrChanges, SrHolder, SrOpened, SrPage, SrRenewed,
        SrSealStatus, SrSecret, SrValue, SrWrapped, struct_size,
    },
    native::{Completion, Effect, handle, instance::Instance, share},
};

/// From this size on a value goes to the server without a copy; copying less is cheaper.
const SHARED_BYTES_MIN: usize = 4 << 10;

/// What a call gives. It is lent to the server, which copies it meanwhile.
pub(super) trait Gives {
    /// Hands it over; called once.
    fn send(&self, to: &Completion);
}

/// Answers a call.
pub(super) fn send<T: Gives>(to: &Completion, result: &Result<T>) {
    match result {
        Ok(given) => given.send(to),
        Err(error) => fail(to, error),
    }
}

/// Answers a call that failed.
pub(super) fn fail(to: &Completion, error: &Error) {
    let mut flags = 0;
    if error.retryable {
        flags |= abi::RETRYABLE;
    }
    // A call that panicked half way has maybe written.
    let panicked = error.kind == ErrorKind::Panicked && to.effect == Effect::Writes;
    if error.maybe_applied || panicked {
        flags |= abi::MAYBE_APPLIED;
    }
    let message = SrBuf::lent(error.message.as_bytes());
    answer(to, error.kind as i32, flags, message, ptr::null());
}

impl Gives for () {
    fn send(&self, to: &Completion) {
        ok::<()>(to, None);
    }
}

impl Gives for Option<Bytes> {
    fn send(&self, to: &Completion) {
        let struct_size = struct_size::<SrValue>();
        let (found, value) = match self {
            None => (0, SrBuf::EMPTY),
            Some(value) if value.len() < SHARED_BYTES_MIN => (1, SrBuf::lent(value)),
            Some(value) => (1, share(value.clone())),
        };
        ok(to, Some(&SrValue { struct_size, found, value }));
    }
}

impl Gives for Page {
    fn send(&self, to: &Completion) {
        let (struct_size, more) = (struct_size::<SrPage>(), self.more.into());
        packed(to, &self.keys, |count, packed| {
            ok(to, Some(&SrPage { struct_size, count, more, reserved: 0, packed }));
        });
    }
}

impl Gives for Changes {
    fn send(&self, to: &Completion) {
        let (struct_size, overflow) = (struct_size::<SrChanges>(), self.overflow.into());
        packed(to, &self.keys, |count, packed| {
            let cursor = SrBuf::lent(self.cursor.as_bytes());
            let given = SrChanges { struct_size, count, overflow, reserved: 0, cursor, packed };
            ok(to, Some(&given));
        });
    }
}

impl Gives for Acquired {
    fn send(&self, to: &Completion) {
        let (acquired, epoch, text) = match self {
            Self::Acquired(fence) => (1, fence.epoch, &fence.token),
            Self::Held(holder) => (0, holder.epoch, &holder.value),
        };
        let (struct_size, text) = (struct_size::<SrAcquired>(), SrBuf::lent(text.as_bytes()));
        ok(to, Some(&SrAcquired { struct_size, acquired, epoch, text }));
    }
}

/// Whether a lock is still held.
impl Gives for bool {
    fn send(&self, to: &Completion) {
        let (struct_size, held) = (struct_size::<SrRenewed>(), (*self).into());
        ok(to, Some(&SrRenewed { struct_size, held }));
    }
}

impl Gives for Option<Holder> {
    fn send(&self, to: &Completion) {
        let (struct_size, found) = (struct_size::<SrHolder>(), self.is_some().into());
        let holder = self.as_ref().map_or((&[][..], 0), |it| (it.value.as_bytes(), it.epoch));
        let (value, epoch) = (SrBuf::lent(holder.0), holder.1);
        ok(to, Some(&SrHolder { struct_size, found, epoch, value }));
    }
}

impl Gives for SealStatus {
    fn send(&self, to: &Completion) {
        let (struct_size, healthy) = (struct_size::<SrSealStatus>(), self.healthy.into());
        let key_id = SrBuf::lent(self.key_id.as_bytes());
        let detail = SrBuf::lent(self.detail.as_bytes());
        ok(to, Some(&SrSealStatus { struct_size, healthy, key_id, detail }));
    }
}

impl Gives for Blob {
    fn send(&self, to: &Completion) {
        let given = SrWrapped {
            struct_size: struct_size::<SrWrapped>(),
            reserved: 0,
            mechanism: self.mechanism,
            ciphertext: SrBuf::lent(&self.ciphertext),
            iv: SrBuf::lent(&self.iv),
            key_id: SrBuf::lent(self.key_id.as_bytes()),
        };
        ok(to, Some(&given));
    }
}

impl Gives for Secret<Vec<u8>> {
    fn send(&self, to: &Completion) {
        let (struct_size, bytes) = (struct_size::<SrSecret>(), SrBuf::lent(self.expose()));
        ok(to, Some(&SrSecret { struct_size, reserved: 0, bytes }));
    }
}

/// The server gets the handle, and with it a reference that `close` takes back.
impl Gives for Arc<Instance> {
    fn send(&self, to: &Completion) {
        ok(to, Some(&opened(self)));
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

fn opened(instance: &Arc<Instance>) -> SrOpened {
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
        handle: handle(instance.clone()),
    }
}

/// Lends keys to the server, as one buffer and their number.
fn packed(to: &Completion, keys: &[String], send: impl FnOnce(u32, SrBuf)) {
    match pack(keys) {
        Ok((count, packed)) => send(count, SrBuf::lent(&packed)),
        Err(error) => fail(to, &error),
    }
}

/// How many keys, and all of them in one buffer.
fn pack(keys: &[String]) -> Result<(u32, Vec<u8>)> {
    let too_long = |_| Error::new(ErrorKind::Internal, "a list is too long to be handed over");
    let count = u32::try_from(keys.len()).map_err(too_long)?;
    let mut packed = Vec::with_capacity(keys.iter().map(|key| key.len() + 4).sum());
    for key in keys {
        let length = u32::try_from(key.len()).map_err(too_long)?;
        packed.extend_from_slice(&length.to_le_bytes());
        packed.extend_from_slice(key.as_bytes());
    }
    Ok((count, packed))
}
