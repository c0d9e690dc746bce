//! The words of the contracts, from Rust to WIT and back. What a guest answers is checked here.

use std::time::Duration;

use bytes::Bytes;
use plugin_api::{
    Acquired, Blob, Capabilities, Changes, Check, Error, ErrorKind, Fence, Holder, Page, Result,
    SealStatus, Secret, Write, key,
};

use crate::{
    voice::{clean, cut},
    wasm::{
        bindings::{ha_lock, seal, storage, storage_changes, types},
        limits::{CHANGES_MAX, LIST_MAX, MESSAGE_BYTES_MAX, SECRET_BYTES_MAX, TEXT_BYTES_MAX},
    },
};

/// A number in milliseconds; what is less than one is one.
pub(crate) fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(u32::MAX)
}

pub(crate) fn op(remaining: Duration) -> types::Op {
    types::Op { remaining_ms: milliseconds(remaining) }
}

pub(crate) fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(crate) fn fence(fence: &Fence) -> types::Fence {
    let Fence { lock_key, token, epoch } = fence.clone();
    types::Fence { lock_key, token, epoch }
}

pub(crate) fn check(check: &Check) -> storage::Check {
    match check {
        Check::Absent(key) => storage::Check::Absent(key.clone()),
        Check::ValueIs(key, digest) => storage::Check::ValueIs((key.clone(), digest.to_vec())),
    }
}

pub(crate) fn write(write: &Write) -> storage::Write {
    match write {
        Write::Put(key, value) => storage::Write::Put((key.clone(), value.to_vec())),
        Write::Delete(key) => storage::Write::Delete(key.clone()),
    }
}

pub(crate) fn blob(blob: &Blob) -> seal::Blob {
    let Blob { ciphertext, iv, key_id, mechanism } = blob.clone();
    seal::Blob { ciphertext, iv, key_id, mechanism }
}

// === from the guest ===

/// A message of the guest's: one line, not too long.
pub(crate) fn message(text: &str) -> String {
    clean(cut(text, MESSAGE_BYTES_MAX))
}

pub(crate) fn error(error: types::Error) -> Error {
    let mut answer = Error::new(kind(error.kind), message(&error.message));
    answer.retryable = error.retryable;
    answer.maybe_applied = error.maybe_applied;
    answer
}

fn kind(kind: types::ErrorKind) -> ErrorKind {
    match kind {
        types::ErrorKind::InvalidArgument => ErrorKind::InvalidArgument,
        types::ErrorKind::ConfigInvalid => ErrorKind::ConfigInvalid,
        types::ErrorKind::Unavailable => ErrorKind::Unavailable,
        types::ErrorKind::Timeout => ErrorKind::Timeout,
        types::ErrorKind::Cancelled => ErrorKind::Cancelled,
        types::ErrorKind::Conflict => ErrorKind::Conflict,
        types::ErrorKind::Fenced => ErrorKind::Fenced,
        types::ErrorKind::TooLarge => ErrorKind::TooLarge,
        types::ErrorKind::Unauthenticated => ErrorKind::Unauthenticated,
        types::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        types::ErrorKind::RateLimited => ErrorKind::RateLimited,
        types::ErrorKind::Unsupported => ErrorKind::Unsupported,
        types::ErrorKind::Corrupt => ErrorKind::Corrupt,
        types::ErrorKind::Internal => ErrorKind::Internal,
        types::ErrorKind::Panicked => ErrorKind::Panicked,
    }
}

/// The plugin broke the contract.
pub(crate) fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the plugin broke the contract: {why}"))
}

fn ensure(holds: bool, why: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(wrong(why)) }
}

fn text(what: &str, text: &str) -> Result<()> {
    ensure(text.len() <= TEXT_BYTES_MAX, &format!("its {what} is too long"))
}

/// The claims of a storage, cut down to what the host itself can do.
pub(crate) fn capabilities(caps: types::Capabilities) -> Result<Capabilities> {
    ensure(!caps.clustered, "a storage in a sandbox cannot be clustered")?;
    let mut answer = Capabilities::basic().with_entry_limits(
        (caps.max_key_bytes as usize).min(key::KEY_BYTES_MAX),
        caps.max_value_bytes as usize,
    );
    answer.atomic_batch = caps.atomic_batch;
    answer.max_batch_ops = caps.max_batch_ops as usize;
    answer.max_batch_bytes = caps.max_batch_bytes as usize;
    answer.checks = caps.checks;
    answer.fencing = caps.fencing;
    answer.changes = caps.changes;
    Ok(answer)
}

pub(crate) fn value(value: Option<Vec<u8>>, bytes_max: usize) -> Result<Option<Bytes>> {
    let length = value.as_ref().map_or(0, Vec::len);
    let why = || format!("a value has {length} bytes, more than the {bytes_max} that it claims");
    if length > bytes_max {
        return Err(wrong(&why()));
    }
    Ok(value.map(Bytes::from))
}

/// A page of a listing: names in order, after what was asked for, no more than were asked for, each
/// of which makes a key together with the prefix.
pub(crate) fn page(page: storage::Page, prefix: &str, after: &str, limit: usize) -> Result<Page> {
    let most = if limit == 0 { LIST_MAX } else { limit.min(LIST_MAX) };
    let found = page.keys.len();
    ensure(found <= most, &format!("a listing has {found} names, the limit is {most}"))?;
    ensure(!page.more || found > 0, "a listing has more, and no names")?;
    let mut last = after;
    for name in &page.keys {
        ensure(name.as_str() > last, "a listing is not in byte order")?;
        let child = name.strip_suffix('/').unwrap_or(name);
        ensure(!child.contains('/'), "a listing names what is not an immediate child")?;
        let whole = format!("{prefix}{child}");
        ensure(key::check_key(&whole).is_ok(), "a listing has a name that is no key")?;
        last = name;
    }
    Ok(Page { keys: page.keys, more: page.more })
}

pub(crate) fn changes(changes: storage_changes::Changes) -> Result<Changes> {
    text("cursor", &changes.cursor)?;
    ensure(changes.keys.len() <= CHANGES_MAX, "a poll names too many keys")?;
    let keys = changes.keys.iter();
    ensure(keys.clone().all(|it| key::check_key(it).is_ok()), "a poll names what is no key")?;
    Ok(Changes { cursor: changes.cursor, keys: changes.keys, overflow: changes.overflow })
}

pub(crate) fn holder(holder: ha_lock::Holder) -> Result<Holder> {
    text("holder's value", &holder.value)?;
    Ok(Holder { value: holder.value, epoch: holder.epoch })
}

pub(crate) fn acquired(acquired: ha_lock::Acquired, key: &str) -> Result<Acquired> {
    match acquired {
        ha_lock::Acquired::Held(found) => Ok(Acquired::Held(holder(found)?)),
        ha_lock::Acquired::Acquired(fence) => {
            ensure(fence.lock_key == key, "the fence is that of another lock")?;
            ensure(!fence.token.is_empty(), "the fence has no token")?;
            text("fence's token", &fence.token)?;
            let types::Fence { lock_key, token, epoch } = fence;
            Ok(Acquired::Acquired(Fence { lock_key, token, epoch }))
        }
    }
}

pub(crate) fn seal_status(status: seal::SealStatus) -> Result<SealStatus> {
    text("key id", &status.key_id)?;
    let detail = message(&status.detail);
    Ok(SealStatus { healthy: status.healthy, key_id: status.key_id, detail })
}

pub(crate) fn wrapped(blob: seal::Blob) -> Result<Blob> {
    text("key id", &blob.key_id)?;
    let bytes = blob.ciphertext.len().max(blob.iv.len());
    ensure(bytes <= SECRET_BYTES_MAX, "a wrapped secret is too long")?;
    ensure(!blob.ciphertext.is_empty(), "a wrapped secret is empty")?;
    let seal::Blob { ciphertext, iv, key_id, mechanism } = blob;
    Ok(Blob { ciphertext, iv, key_id, mechanism })
}

pub(crate) fn secret(bytes: Vec<u8>) -> Result<Secret<Vec<u8>>> {
    let secret = Secret::new(bytes);
    ensure(secret.expose().len() <= SECRET_BYTES_MAX, "a secret is too long")?;
    Ok(secret)
}

#[cfg(test)]
mod tests;
