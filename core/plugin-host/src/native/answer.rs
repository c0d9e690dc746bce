//! What a plugin answered, from the ABI's structs, checked. Buffers that are ours go back when they
//! are dropped; those that are lent are read here and not kept.

use std::sync::Arc;

use plugin_api::{
    Acquired, Blob, Bytes, Capabilities, Changes, Fence, Holder, Page, Result, SealStatus,
    abi::{
        self, SrAcquired, SrChanges, SrHolder, SrOpened, SrPage, SrSealStatus, SrValue, SrWrapped,
    },
    key::KEY_BYTES_MAX,
};

use crate::native::{
    Buf, Handle, Library,
    call::{Opening, Output},
    check::{self, wrong},
    instance::Instance,
};

/// From this size on a value stays in the plugin's memory; copying less is cheaper than sharing it.
const SHARED_BYTES_MIN: usize = 4 << 10;

pub(super) fn opened(library: &'static Library, it: SrOpened) -> Result<Output> {
    // First of all, so that it is closed if anything is wrong with it.
    let instance = Arc::new(Instance::new(library, Handle(it.handle)));
    let Some(tables) = library.tables.get() else { return Err(wrong("it opened too early")) };
    let has = |bit: u32| it.caps & bit != 0;
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let mut capabilities = Capabilities::basic()
        .with_entry_limits(size(it.max_key_bytes).min(KEY_BYTES_MAX), size(it.max_value_bytes));
    if has(abi::CAP_ATOMIC_BATCH) {
        let (ops, bytes) = (size(it.max_batch_ops), size(it.max_batch_bytes));
        capabilities = capabilities.with_batches(ops, bytes);
    }
    capabilities.checks = has(abi::CAP_CHECKS);
    capabilities.fencing = has(abi::CAP_FENCING);
    capabilities.changes = has(abi::CAP_CHANGES);
    let misses = |claimed: bool, slot: bool| claimed && !slot;
    let (apply, changes) = tables
        .storage
        .map_or((false, false), |table| (table.apply.is_some(), table.changes.is_some()));
    if misses(capabilities.atomic_batch, apply) || misses(capabilities.changes, changes) {
        return Err(wrong("it claims what it has no function for"));
    }
    Ok(Output::Opened(Box::new(Opening { instance, interfaces: it.interfaces, capabilities })))
}

/// A value that is the plugin's until `done` returns.
#[inline(always)]
pub(super) fn lent(found: bool, bytes: &[u8]) -> Output {
    if found { Output::Copied(bytes.into()) } else { Output::Missing }
}

/// A value that is ours.
pub(super) fn value(it: &SrValue) -> Result<Output> {
    let value = Buf(it.value);
    let bytes = value.bytes()?;
    // What is lent is gone once `done` has returned.
    let ours = it.value.drop.is_some();
    if ours && it.found != 0 && bytes.len() >= SHARED_BYTES_MIN {
        return Ok(Output::Shared(Box::new(Bytes::from_owner(value))));
    }
    Ok(lent(it.found != 0, bytes))
}

pub(super) fn page_of(it: SrPage) -> Result<Page> {
    let keys = check::unpack(Buf(it.packed).bytes()?, it.count)?;
    Ok(Page { keys, more: it.more != 0 })
}

pub(super) fn changes_of(it: SrChanges) -> Result<Output> {
    let (cursor, packed) = (Buf(it.cursor), Buf(it.packed));
    let cursor = check::text("cursor", cursor.bytes()?)?;
    let keys = check::unpack(packed.bytes()?, it.count)?;
    let changes = Changes { cursor, keys, overflow: it.overflow != 0 };
    check::changes(&changes)?;
    Ok(Output::Changes(Box::new(changes)))
}

pub(super) fn acquired_of(key: &str, it: SrAcquired) -> Result<Output> {
    let text = Buf(it.text);
    if it.acquired == 0 {
        let value = check::text("holder's value", text.bytes()?)?;
        return Ok(Output::Acquired(Box::new(Acquired::Held(Holder { value, epoch: it.epoch }))));
    }
    let token = check::text("fence's token", text.bytes()?)?;
    check::ensure(!token.is_empty(), "the fence has no token")?;
    let fence = Fence { lock_key: key.to_owned(), token, epoch: it.epoch };
    Ok(Output::Acquired(Box::new(Acquired::Acquired(fence))))
}

pub(super) fn holder_of(it: SrHolder) -> Result<Output> {
    let value = check::text("holder's value", Buf(it.value).bytes()?)?;
    Ok(Output::Holder((it.found != 0).then(|| Box::new(Holder { value, epoch: it.epoch }))))
}

pub(super) fn status_of(it: SrSealStatus) -> Result<Output> {
    let (key_id, detail) = (Buf(it.key_id), Buf(it.detail));
    let key_id = check::text("key id", key_id.bytes()?)?;
    let detail = check::message(detail.bytes()?);
    Ok(Output::Status(Box::new(SealStatus { healthy: it.healthy != 0, key_id, detail })))
}

pub(super) fn wrapped_of(it: SrWrapped) -> Result<Output> {
    let (ciphertext, iv, key_id) = (Buf(it.ciphertext), Buf(it.iv), Buf(it.key_id));
    let blob = Blob {
        ciphertext: ciphertext.bytes()?.to_vec(),
        iv: iv.bytes()?.to_vec(),
        key_id: check::text("key id", key_id.bytes()?)?,
        mechanism: it.mechanism,
    };
    check::wrapped(&blob)?;
    Ok(Output::Wrapped(Box::new(blob)))
}
