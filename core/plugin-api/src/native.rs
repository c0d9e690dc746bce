//! The plugin's half of the C ABI: a provider behind the function tables. The crate's only unsafe
//! code.
//!
//! A call is polled once on the server's thread; if it has to wait, it moves to the runtime that
//! the plugin owns. Whatever happens to it (an answer, a panic, a cancel), its [`Completion`]
//! tells the server exactly once. A panic never leaves this file.
//!
//! - `answer.rs`: what a call gave, as the structs and buffers of the ABI.
//! - `instance.rs`: what a handle points to. `task.rs`: a call as a future that catches panics.
//! - `log.rs`: `tracing` and panics, into the server's log.

#![expect(unsafe_code, reason = "raw pointers and function tables are what a C ABI is")]

use std::{
    cell::Cell,
    collections::BTreeMap,
    ffi::{CStr, c_char, c_void},
    mem::MaybeUninit,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{Arc, OnceLock},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::runtime;

use crate::{
    Blob, Check, Error, ErrorKind, Fence, Op, Provider, Result, Secret, Settings, Write,
    abi::{
        self, SrAnswer, SrBatch, SrBlob, SrBuf, SrBytes, SrCall, SrFence, SrHaLock, SrHost,
        SrPlugin, SrSeal, SrSetting, SrStorage, struct_size,
    },
    native::{
        answer::Gives,
        instance::Instance,
        task::{Task, Work},
    },
};

#[deny(unsafe_code)]
mod answer;
#[deny(unsafe_code)]
mod instance;
#[deny(unsafe_code)]
mod log;
#[deny(unsafe_code)]
mod task;

/// The most threads of a plugin's runtime.
const WORKER_THREADS_MAX: u32 = 16;

/// The one plugin that this library is.
static GUEST: OnceLock<Guest> = OnceLock::new();

struct Guest {
    host: Host,
    provider: Box<dyn Provider>,
    runtime: runtime::Runtime,
    /// One moment on the server's clock and on ours: both run alike, so that no call has to ask.
    origin: (u64, Instant),
}

/// What the server offers to a plugin.
pub struct Host(SrHost);

/// What a call does if it runs: a write that ends without an answer may have been done.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Effect {
    Reads,
    Writes,
}

/// The duty to answer a call.
struct Completion {
    guest: &'static Guest,
    op_id: u64,
    effect: Effect,
    answered: Cell<bool>,
}

static STORAGE: SrStorage = SrStorage {
    struct_size: struct_size::<SrStorage>(),
    reserved: 0,
    get: Some(get),
    put: Some(put),
    delete: Some(delete),
    list: Some(list),
    apply: Some(apply),
    changes: Some(changes),
    health: Some(health),
};

static HA_LOCK: SrHaLock = SrHaLock {
    struct_size: struct_size::<SrHaLock>(),
    reserved: 0,
    acquire: Some(acquire),
    renew: Some(renew),
    release: Some(release),
    current: Some(current),
};

static SEAL: SrSeal = SrSeal {
    struct_size: struct_size::<SrSeal>(),
    reserved: 0,
    status: Some(status),
    wrap: Some(wrap),
    unwrap: Some(unwrap),
    random: Some(random),
};

// === the entry ===

/// The body of the entry that [`export!`](crate::export) makes: a table, or null.
///
/// # Safety
///
/// `host` is null or a host table that stays for the life of the process.
#[doc(hidden)]
pub unsafe fn enter(
    host: *const SrHost,
    manifest: &'static [u8],
    provider: fn() -> Box<dyn Provider>,
) -> *const SrPlugin {
    let start = || {
        // SAFETY: the caller's promise.
        let host = Host(unsafe { read(host) }?);
        GUEST.set(Guest::new(host, provider())?).ok()?;
        log::begin();
        let plugin = SrPlugin {
            struct_size: struct_size::<SrPlugin>(),
            abi_major: abi::ABI_MAJOR,
            abi_minor: abi::ABI_MINOR,
            flags: 0,
            reserved: 0,
            manifest: SrBytes::of(manifest),
            open: Some(open),
            close: Some(close),
            cancel: Some(cancel),
            query: Some(query),
        };
        Some(ptr::from_ref(Box::leak(Box::new(plugin))))
    };
    catch_unwind(AssertUnwindSafe(start)).ok().flatten().unwrap_or(ptr::null())
}

/// The server that has loaded this library; `None` elsewhere.
pub fn host() -> Option<&'static Host> {
    GUEST.get().map(|guest| &guest.host)
}

unsafe extern "C" fn query(name: *const c_char, major: u32) -> *const c_void {
    if name.is_null() || major != u32::from(abi::ABI_MAJOR) {
        return ptr::null();
    }
    // SAFETY: a name of the server's ends in NUL.
    match unsafe { CStr::from_ptr(name) }.to_bytes() {
        b"storage" => ptr::from_ref(&STORAGE).cast(),
        b"ha-lock" => ptr::from_ref(&HA_LOCK).cast(),
        b"seal" => ptr::from_ref(&SEAL).cast(),
        _ => ptr::null(),
    }
}

unsafe extern "C" fn open(settings: *const SrSetting, n: usize, call: *const SrCall) {
    guarded(|| {
        // SAFETY: R3, the arguments of a call.
        let (begun, settings) = unsafe { (Completion::of(call), settings_of(settings, n)) };
        let Some((completion, _)) = begun else { return };
        let guest = completion.guest;
        let work = async move {
            let opened = guest.provider.open(Settings::new(settings?)).await?;
            Ok(Arc::new(Instance::new(opened)))
        };
        completion.run(None, Box::pin(work));
    });
}

unsafe extern "C" fn close(h: *mut c_void, call: *const SrCall) {
    guarded(|| {
        // SAFETY: R3, and R7: no other call of the instance follows, so its reference is ours.
        let (begun, instance) =
            unsafe { (Completion::of(call), Arc::from_raw(h.cast::<Instance>())) };
        let Some((completion, _)) = begun else { return };
        let work = async move {
            let closed = match &instance.opened.storage {
                Some(storage) => storage.close().await,
                None => Ok(()),
            };
            drop(instance);
            closed
        };
        completion.run(None, Box::pin(work));
    });
}

unsafe extern "C" fn cancel(h: *mut c_void, op_id: u64) {
    guarded(|| {
        if h.is_null() {
            return;
        }
        // SAFETY: the server keeps the instance open while it calls.
        let instance = unsafe { &*h.cast::<Instance>() };
        let task = instance.running().remove(&op_id);
        if let Some(task) = task {
            task.abort();
        }
    });
}

// === storage ===

unsafe extern "C" fn get(h: *mut c_void, key: SrBytes, call: *const SrCall) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let key = text(key);
        start(h, call, Effect::Reads, move |it, op| Ok(it.storage()?.get(op, key?)));
    }
}

unsafe extern "C" fn put(
    h: *mut c_void,
    key: SrBytes,
    value: SrBytes,
    fence: *const SrFence,
    call: *const SrCall,
) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let (key, value, fence) =
            (text(key), Bytes::copy_from_slice(slice(value)), fence_of(fence));
        start(h, call, Effect::Writes, move |it, op| {
            let (storage, key, fence) = (it.storage()?, key?, fence?);
            Ok(Box::pin(async move { storage.put(op, key, value, fence.as_ref()).await }))
        });
    }
}

unsafe extern "C" fn delete(
    h: *mut c_void,
    key: SrBytes,
    fence: *const SrFence,
    call: *const SrCall,
) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let (key, fence) = (text(key), fence_of(fence));
        start(h, call, Effect::Writes, move |it, op| {
            let (storage, key, fence) = (it.storage()?, key?, fence?);
            Ok(Box::pin(async move { storage.delete(op, key, fence.as_ref()).await }))
        });
    }
}

unsafe extern "C" fn list(
    h: *mut c_void,
    prefix: SrBytes,
    after: SrBytes,
    limit: u32,
    call: *const SrCall,
) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let (prefix, after) = (text(prefix), text(after));
        start(h, call, Effect::Reads, move |it, op| {
            Ok(it.storage()?.list(op, prefix?, after?, limit as usize))
        });
    }
}

unsafe extern "C" fn apply(h: *mut c_void, batch: *const SrBatch, call: *const SrCall) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let batch = batch_of(batch);
        start(h, call, Effect::Writes, move |it, op| {
            let (storage, (checks, writes, fence)) = (it.storage()?, batch?);
            Ok(Box::pin(async move { storage.apply(op, &checks, &writes, fence.as_ref()).await }))
        });
    }
}

unsafe extern "C" fn changes(
    h: *mut c_void,
    cursor: *const SrBytes,
    wait_ms: u64,
    call: *const SrCall,
) {
    // SAFETY: R3, the arguments of a call; a null cursor is none.
    unsafe {
        let cursor = cursor.as_ref().map(|cursor| text(*cursor)).transpose();
        start(h, call, Effect::Reads, move |it, op| {
            Ok(it.storage()?.changes(op, cursor?, Duration::from_millis(wait_ms)))
        });
    }
}

unsafe extern "C" fn health(h: *mut c_void, call: *const SrCall) {
    // SAFETY: R3, the arguments of a call.
    unsafe { start(h, call, Effect::Reads, |it, op| Ok(it.storage()?.health(op))) };
}

// === HA lock ===

unsafe extern "C" fn acquire(
    h: *mut c_void,
    key: SrBytes,
    value: SrBytes,
    ttl_ms: u64,
    call: *const SrCall,
) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let (key, value) = (text(key), text(value));
        start(h, call, Effect::Writes, move |it, op| {
            Ok(it.ha_lock()?.acquire(op, key?, value?, Duration::from_millis(ttl_ms)))
        });
    }
}

unsafe extern "C" fn renew(
    h: *mut c_void,
    fence: *const SrFence,
    ttl_ms: u64,
    call: *const SrCall,
) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let fence = fence_of(fence);
        start(h, call, Effect::Writes, move |it, op| {
            let (lock, fence) = (it.ha_lock()?, fence?.ok_or_else(no_fence)?);
            let ttl = Duration::from_millis(ttl_ms);
            Ok(Box::pin(async move { lock.renew(op, &fence, ttl).await }))
        });
    }
}

unsafe extern "C" fn release(h: *mut c_void, fence: *const SrFence, call: *const SrCall) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let fence = fence_of(fence);
        start(h, call, Effect::Writes, move |it, op| {
            let (lock, fence) = (it.ha_lock()?, fence?.ok_or_else(no_fence)?);
            Ok(Box::pin(async move { lock.release(op, &fence).await }))
        });
    }
}

unsafe extern "C" fn current(h: *mut c_void, key: SrBytes, call: *const SrCall) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let key = text(key);
        start(h, call, Effect::Reads, |it, op| Ok(it.ha_lock()?.current(op, key?)));
    }
}

// === seal ===

unsafe extern "C" fn status(h: *mut c_void, call: *const SrCall) {
    // SAFETY: R3, the arguments of a call.
    unsafe { start(h, call, Effect::Reads, |it, op| Ok(it.seal()?.status(op))) };
}

unsafe extern "C" fn wrap(h: *mut c_void, plaintext: SrBytes, aad: SrBytes, call: *const SrCall) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let (plaintext, aad) = (Secret::new(slice(plaintext).to_vec()), slice(aad));
        start(h, call, Effect::Reads, move |it, op| {
            let seal = it.seal()?;
            Ok(Box::pin(async move { seal.wrap(op, &plaintext, aad).await }))
        });
    }
}

unsafe extern "C" fn unwrap(
    h: *mut c_void,
    blob: *const SrBlob,
    aad: SrBytes,
    call: *const SrCall,
) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        let (blob, aad) = (blob_of(blob), slice(aad));
        start(h, call, Effect::Reads, move |it, op| {
            let (seal, blob) = (it.seal()?, blob?);
            Ok(Box::pin(async move { seal.unwrap(op, &blob, aad).await }))
        });
    }
}

unsafe extern "C" fn random(h: *mut c_void, length: u64, call: *const SrCall) {
    // SAFETY: R3, the arguments of a call.
    unsafe {
        start(h, call, Effect::Reads, move |it, op| {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            Ok(it.seal()?.random(op, length))
        });
    }
}

// === running a call ===

/// Runs a call of an instance. The work may borrow the call's arguments and the instance: both stay
/// until the call is answered (R3, R7), and the work goes before that.
///
/// # Safety
///
/// `h` is a handle of ours that is not closed, `call` the server's description of the call.
unsafe fn start<T: Gives + 'static>(
    h: *mut c_void,
    call: *const SrCall,
    effect: Effect,
    make: impl FnOnce(&'static Instance, Op) -> Result<Work<T>>,
) {
    guarded(|| {
        // SAFETY: the caller's promise; see above for how long the instance is there.
        let (begun, instance) =
            unsafe { (Completion::of(call), h.cast::<Instance>().as_ref::<'static>()) };
        let Some(((mut completion, op), instance)) = begun.zip(instance) else { return };
        completion.effect = effect;
        match make(instance, op) {
            Ok(work) => completion.run(Some(instance), work),
            Err(error) => completion.answer(&Err::<T, _>(error)),
        }
    });
}

/// A panic of ours must not cross the boundary, and a completion that it drops answers the call.
fn guarded(body: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(body));
}

thread_local! {
    /// Whether this thread of the server's knows the plugin's runtime.
    static ENTERED: Cell<bool> = const { Cell::new(false) };
}

impl Guest {
    /// Lets a provider begin tasks and timers on this thread of the server's, from now on: this
    /// library's runtime is the only one that this library's tokio can meet there.
    fn enter(&'static self) {
        if !ENTERED.replace(true) {
            std::mem::forget(self.runtime.enter());
        }
    }

    fn new(host: Host, provider: Box<dyn Provider>) -> Option<Self> {
        let threads = host.0.worker_threads.clamp(1, WORKER_THREADS_MAX) as usize;
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name(format!("plugin-{}", provider.name()))
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => {
                let origin = (host.now_ns(), Instant::now());
                Some(Self { host, provider, runtime, origin })
            }
            Err(error) => {
                host.log(abi::LOG_ERROR, "plugin", &format!("no runtime: {error}"));
                None
            }
        }
    }
}

impl Completion {
    /// The duty to answer a call, and how long that may take.
    ///
    /// # Safety
    ///
    /// `call` is null or the server's description of a call.
    unsafe fn of(call: *const SrCall) -> Option<(Self, Op)> {
        // SAFETY: the caller's promise.
        let call = unsafe { read(call) }?;
        let guest = GUEST.get()?;
        let (server, ours) = guest.origin;
        let since = Duration::from_nanos(call.deadline_ns.saturating_sub(server));
        let op = Op { deadline: ours.checked_add(since)? };
        Some((
            Self { guest, op_id: call.op_id, effect: Effect::Reads, answered: Cell::new(false) },
            op,
        ))
    }

    /// Polls a call once, here; moves it to the runtime if it has to wait.
    fn run<T: Gives + 'static>(self, instance: Option<&'static Instance>, work: Work<T>) {
        let (guest, op_id) = (self.guest, self.op_id);
        guest.enter();
        let mut work = Some(work);
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(result) = task::poll(&mut work, &mut cx) {
            self.answer(&result);
            return;
        }
        let task = Task::new(self, work);
        let Some(instance) = instance else {
            drop(guest.runtime.spawn(task));
            return;
        };
        // Held while the task begins: it cannot take itself out before it is in.
        let mut running = instance.running();
        let task = guest.runtime.spawn(task.cancellable(instance));
        running.insert(op_id, task.abort_handle());
    }

    fn answer<T: Gives>(self, result: &Result<T>) {
        answer::send(&self, result);
    }

    /// Hands the answer over; called once.
    fn done(&self, answer: &SrAnswer) {
        self.answered.set(true);
        if let Some(done) = self.guest.host.0.done {
            // SAFETY: the host's own function, its own ctx, and a call that is not answered yet.
            unsafe { done(self.guest.host.0.ctx, self.op_id, answer) };
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if self.answered.get() {
            return;
        }
        let error = if std::thread::panicking() {
            Error::new(ErrorKind::Panicked, "the plugin panicked")
        } else {
            Error::new(ErrorKind::Cancelled, "the call was cancelled")
        };
        let writes = self.effect == Effect::Writes;
        answer::fail(self, &if writes { error.maybe_applied() } else { error });
    }
}

// === the host ===

// SAFETY: R2, the host's functions may be called from any thread.
unsafe impl Send for Host {}
// SAFETY: as above.
unsafe impl Sync for Host {}

impl Host {
    /// Whether lines of this level are kept.
    pub fn log_enabled(&self, level: u32) -> bool {
        // SAFETY: the host's own function and ctx.
        self.0.log_enabled.is_some_and(|enabled| unsafe { enabled(self.0.ctx, level) } != 0)
    }

    /// Writes a line of the server's log: never a value or key material.
    pub fn log(&self, level: u32, target: &str, message: &str) {
        if let Some(log) = self.0.log {
            let (target, message) = (target.as_bytes(), message.as_bytes());
            // SAFETY: as above; the texts live until the function returns.
            unsafe { log(self.0.ctx, level, SrBytes::of(target), SrBytes::of(message)) };
        }
    }

    /// Adds to a counter of the server's metrics, below `plugin.<name>`.
    pub fn add(&self, name: &str, labels: &[(&str, &str)], delta: u64) {
        self.metric(abi::COUNTER, name, labels, delta as f64);
    }

    /// Sets a gauge.
    pub fn set(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.metric(abi::GAUGE, name, labels, value);
    }

    /// Adds a value to a distribution.
    pub fn observe(&self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.metric(abi::HISTOGRAM, name, labels, value);
    }

    /// Fills a buffer from the server's own source of randomness; `false` if it has none.
    #[must_use]
    pub fn random(&self, out: &mut [u8]) -> bool {
        let Some(random) = self.0.random else { return false };
        // SAFETY: the host's own function and ctx, and a buffer of that length.
        unsafe { random(self.0.ctx, out.as_mut_ptr(), out.len()) };
        true
    }

    fn metric(&self, kind: u32, name: &str, labels: &[(&str, &str)], value: f64) {
        let Some(metric) = self.0.metric else { return };
        let pair = |(name, value): &(&str, &str)| SrSetting {
            name: SrBytes::of(name.as_bytes()),
            value: SrBytes::of(value.as_bytes()),
        };
        let labels: Vec<SrSetting> = labels.iter().map(pair).collect();
        let name = SrBytes::of(name.as_bytes());
        // SAFETY: the host's own function and ctx; the texts live until it returns.
        unsafe { metric(self.0.ctx, kind, name, labels.as_ptr(), labels.len(), value) };
    }

    fn now_ns(&self) -> u64 {
        // SAFETY: the host's own function and ctx.
        self.0.now_ns.map_or(0, |now| unsafe { now(self.0.ctx) })
    }
}

// === reading arguments ===

/// Reads one of the ABI's structs: what both sides know of it, the rest as zero.
///
/// # Safety
///
/// `from` is null or points to a `T` of the header that begins with a right `struct_size`. Every
/// such `T` may be all zeros.
unsafe fn read<T: Copy>(from: *const T) -> Option<T> {
    if from.is_null() {
        return None;
    }
    // SAFETY: the caller's promise: so many bytes are there, and zeros are fine for the others. Most
    // often both sides know the same, and the compiler knows how much that is.
    unsafe {
        let theirs = from.cast::<u32>().read() as usize;
        if theirs == size_of::<T>() {
            return Some(from.read());
        }
        let mut to = MaybeUninit::<T>::zeroed();
        let bytes = theirs.min(size_of::<T>());
        ptr::copy_nonoverlapping(from.cast::<u8>(), to.as_mut_ptr().cast::<u8>(), bytes);
        Some(to.assume_init())
    }
}

/// # Safety
///
/// `bytes` is a borrowed buffer of the server's.
unsafe fn slice<'a>(bytes: SrBytes) -> &'a [u8] {
    if bytes.len == 0 || bytes.ptr.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(bytes.ptr, bytes.len) }
}

/// # Safety
///
/// As [`slice`].
unsafe fn text<'a>(bytes: SrBytes) -> Result<&'a str> {
    // SAFETY: the caller's promise.
    std::str::from_utf8(unsafe { slice(bytes) })
        .map_err(|_| Error::new(ErrorKind::InvalidArgument, "an argument is not UTF-8"))
}

/// # Safety
///
/// `items` points to `n` elements, or `n` is 0.
unsafe fn items<'a, T>(items: *const T, n: usize) -> &'a [T] {
    if n == 0 || items.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(items, n) }
}

/// # Safety
///
/// `settings` points to `n` settings, or `n` is 0.
unsafe fn settings_of(settings: *const SrSetting, n: usize) -> Result<BTreeMap<String, String>> {
    // SAFETY: the caller's promise.
    let settings = unsafe { items(settings, n) };
    // SAFETY: as above.
    settings
        .iter()
        .map(|it| Ok(unsafe { (text(it.name)?.to_owned(), text(it.value)?.to_owned()) }))
        .collect()
}

/// # Safety
///
/// `fence` is null or the server's fence.
unsafe fn fence_of(fence: *const SrFence) -> Result<Option<Fence>> {
    // SAFETY: the caller's promise.
    let Some(fence) = (unsafe { read(fence) }) else { return Ok(None) };
    // SAFETY: as above.
    let (lock_key, token) =
        unsafe { (text(fence.lock_key)?.to_owned(), text(fence.token)?.to_owned()) };
    Ok(Some(Fence { lock_key, token, epoch: fence.epoch }))
}

type Batch = (Vec<Check>, Vec<Write>, Option<Fence>);

/// # Safety
///
/// `batch` is the server's batch.
unsafe fn batch_of(batch: *const SrBatch) -> Result<Batch> {
    let unknown = |what: &str| Error::unsupported(&format!("an unknown kind of {what}"));
    // SAFETY: the caller's promise, here and below.
    let Some(batch) = (unsafe { read(batch) }) else { return Ok(Batch::default()) };
    // SAFETY: as above.
    let (checks, writes) =
        unsafe { (items(batch.checks, batch.n_checks), items(batch.writes, batch.n_writes)) };
    let check = |it: &abi::SrCheck| {
        // SAFETY: as above.
        let (key, sha256) = unsafe { (text(it.key)?.to_owned(), slice(it.sha256)) };
        match (it.kind, <[u8; 32]>::try_from(sha256)) {
            (abi::CHECK_ABSENT, _) => Ok(Check::Absent(key)),
            (abi::CHECK_VALUE_IS, Ok(sha256)) => Ok(Check::ValueIs(key, sha256)),
            _ => Err(unknown("check")),
        }
    };
    let write = |it: &abi::SrWrite| {
        // SAFETY: as above.
        let (key, value) = unsafe { (text(it.key)?.to_owned(), slice(it.value)) };
        match it.kind {
            abi::WRITE_PUT => Ok(Write::Put(key, Bytes::copy_from_slice(value))),
            abi::WRITE_DELETE => Ok(Write::Delete(key)),
            _ => Err(unknown("write")),
        }
    };
    // SAFETY: as above.
    let fence = unsafe { fence_of(batch.fence) }?;
    let checks = checks.iter().map(check).collect::<Result<_>>()?;
    Ok((checks, writes.iter().map(write).collect::<Result<_>>()?, fence))
}

/// # Safety
///
/// `blob` is the server's blob.
unsafe fn blob_of(blob: *const SrBlob) -> Result<Blob> {
    // SAFETY: the caller's promise, here and below.
    let Some(blob) = (unsafe { read(blob) }) else { return Ok(Blob::default()) };
    // SAFETY: as above.
    let (ciphertext, iv, key_id) =
        unsafe { (slice(blob.ciphertext), slice(blob.iv), text(blob.key_id)?) };
    Ok(Blob {
        ciphertext: ciphertext.to_vec(),
        iv: iv.to_vec(),
        key_id: key_id.to_owned(),
        mechanism: blob.mechanism,
    })
}

fn no_fence() -> Error {
    Error::new(ErrorKind::InvalidArgument, "the fence is missing")
}

// === buffers ===

/// Gives a value to the server without a copy; it comes back through `drop_value`.
pub(crate) fn share(value: Bytes) -> SrBuf {
    let (ptr, len) = (value.as_ptr().cast_mut(), value.len());
    SrBuf { ptr, len, owner: Box::into_raw(Box::new(value)).cast(), drop: Some(drop_value) }
}

unsafe extern "C" fn drop_value(buf: *mut SrBuf) {
    guarded(|| {
        // SAFETY: R4, the receiver's own copy of a buffer that `share` made.
        let Some(buf) = (unsafe { buf.as_mut() }) else { return };
        let owner = std::mem::replace(&mut buf.owner, ptr::null_mut()).cast::<Bytes>();
        (buf.ptr, buf.len) = (ptr::null_mut(), 0);
        if !owner.is_null() {
            // SAFETY: it came from `Box::into_raw`, and it is taken once.
            drop(unsafe { Box::from_raw(owner) });
        }
    });
}

/// The handle of an opened instance: a reference that `close` takes back.
fn handle(instance: Arc<Instance>) -> *mut c_void {
    Arc::into_raw(instance).cast_mut().cast()
}
