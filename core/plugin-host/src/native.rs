//! The server's half of the C ABI: loads a library and calls it. The crate's only unsafe code.
//!
//! ```text
//! load      file → digest → manifest → kind, ABI, machine, entry → sealed copy → dlopen → entry
//! call      adapter → operation (pins the arguments) → function table → plugin
//! done      plugin, any thread → operation by number → checked answer → whoever waits, if anybody
//! ```
//!
//! A library is never unloaded, and what it points to here is never freed: its [`Library`], its host
//! table, and the arguments of each call until that call is answered. Dropping a future frees none
//! of them; it only says that nobody waits any more.
//!
//! - `image.rs`: the file, before any of it runs. `threads.rs`: threads that may wait.
//! - `call.rs`: calls and answers as values; `check.rs`: answers checked; `pending.rs`: by number.
//! - `operation.rs`: one call on its way. `instance.rs`: what a plugin has opened.
//! - `provider.rs`, `storage.rs`, `ha_lock.rs`, `seal.rs`: the contracts, on top of it.

#![expect(unsafe_code, reason = "raw pointers and function tables are what a C ABI is")]

use std::{
    ffi::{CStr, c_int, c_void},
    fs::File,
    io::Write as _,
    mem::MaybeUninit,
    os::fd::AsRawFd,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{Arc, LazyLock, OnceLock},
    time::{Duration, Instant},
};

use libloading::os::unix;
use plugin_api::{
    Acquired, Blob, Bytes, Capabilities, Changes, Check, Error, ErrorKind, Fence, Holder, Page,
    Result, SealStatus, Write,
    abi::{
        self, SrAcquired, SrAnswer, SrBatch, SrBlob, SrBuf, SrBytes, SrCall, SrChanges, SrCheck,
        SrFence, SrHaLock, SrHolder, SrHost, SrOpened, SrPage, SrPlugin, SrRenewed, SrSeal,
        SrSealStatus, SrSecret, SrSetting, SrStorage, SrValue, SrWrapped, SrWrite, struct_size,
    },
    key::KEY_BYTES_MAX,
};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use tracing::Level;

use crate::{
    Fault, Kind, Loaded, Loader, PluginSpec,
    file::Image,
    native::{
        call::{Call, Opening, Output},
        check::wrong,
        instance::Instance,
        operation::Operation,
        pending::Pending,
        provider::NativeProvider,
        threads::Threads,
    },
    vitals::Vitals,
    voice::{LABELS_MAX, LINE_BYTES_MAX, Measure, Voice},
};

#[deny(unsafe_code)]
mod call;
#[deny(unsafe_code)]
mod check;
#[deny(unsafe_code)]
mod ha_lock;
#[deny(unsafe_code)]
pub(crate) mod image;
#[deny(unsafe_code)]
mod instance;
#[deny(unsafe_code)]
mod operation;
#[deny(unsafe_code)]
mod pending;
#[deny(unsafe_code)]
mod provider;
#[deny(unsafe_code)]
mod seal;
#[deny(unsafe_code)]
mod storage;
#[deny(unsafe_code)]
mod threads;

/// The largest buffer in an answer, in bytes.
const BUFFER_BYTES_MAX: usize = 64 << 20;
/// From this size on a value stays in the plugin's memory; copying less is cheaper than sharing it.
const SHARED_BYTES_MIN: usize = 4 << 10;
/// Not in POSIX; Linux has had this value for it on every machine.
const RTLD_NODELETE: c_int = 0x1000;
/// `query`'s names, in the order of [`Kind`].
const INTERFACES: [&CStr; 3] = [c"storage", c"ha-lock", c"seal"];
/// The clock of `now_ns` and of every deadline begins here.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

type Entry = unsafe extern "C" fn(*const SrHost) -> *const SrPlugin;

/// A loaded plugin; it stays for the life of the process.
struct Library {
    name: String,
    kind: Kind,
    call_time: Duration,
    voice: Voice,
    vitals: Arc<Vitals>,
    pending: Pending<Operation>,
    threads: Threads,
    tables: OnceLock<Tables>,
    /// Why it is not used any more.
    fault: OnceLock<&'static str>,
}

/// The plugin's functions, as far as both sides know them.
#[derive(Clone, Copy)]
struct Tables {
    plugin: SrPlugin,
    storage: Option<SrStorage>,
    ha_lock: Option<SrHaLock>,
    seal: Option<SrSeal>,
}

/// What a plugin calls an opened instance.
#[derive(Clone, Copy)]
struct Handle(*mut c_void);

/// The arguments of a call, where they stay until it is answered.
struct Frame {
    call: Call,
    settings: Vec<SrSetting>,
    checks: Vec<SrCheck>,
    writes: Vec<SrWrite>,
    /// One or none.
    fence: Vec<SrFence>,
    batch: SrBatch,
    blob: SrBlob,
    cursor: Option<SrBytes>,
    cx: SrCall,
}

/// A buffer of the plugin's, given back when it goes.
struct Buf(SrBuf);

// SAFETY: a handle is only handed back to the plugin, which takes it from any thread (R2).
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}
// SAFETY: its pointers lead into memory that the frame itself owns and that nobody changes.
unsafe impl Send for Frame {}
// SAFETY: as above.
unsafe impl Sync for Frame {}
// SAFETY: the tables hold functions that may be called from any thread (R2), and constants.
unsafe impl Send for Tables {}
// SAFETY: as above.
unsafe impl Sync for Tables {}
// SAFETY: the buffer is ours alone, and its drop may be called from any thread (R4).
unsafe impl Send for Buf {}
// SAFETY: as above; it is only read.
unsafe impl Sync for Buf {}

// === loading ===

/// Loads a library. It runs from here on, with all that the server may do.
pub(crate) fn load(spec: &PluginSpec, image: Image) -> Result<Loaded, Fault> {
    let manifest = image::manifest(&image.bytes)?;
    crate::load::check_kind(spec.kind, &manifest)?;
    if !spec.trust_full {
        return Err(Fault::NotTrusted);
    }
    let library = Library::load(spec, &image.bytes)?;
    let provider = Arc::new(NativeProvider::new(library));
    Ok(Loaded {
        provider,
        manifest,
        digest: image.digest,
        loader: Loader::Native,
        report: None,
        vitals: Arc::clone(&library.vitals),
    })
}

impl Library {
    fn load(spec: &PluginSpec, bytes: &[u8]) -> Result<&'static Self, Fault> {
        let file = sealed(bytes).map_err(|error| Fault::Linker(error.to_string()))?;
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let flags = unix::RTLD_NOW | unix::RTLD_LOCAL | RTLD_NODELETE;
        let fault = |error: libloading::Error| {
            Fault::Linker(error.to_string().replace(&path, &spec.path.to_string_lossy()))
        };
        // SAFETY: its constructors run here; the operator has said to trust these very bytes.
        let linked = unsafe { unix::Library::open(Some(&path), flags) }.map_err(fault)?;
        // The number must not be used again: the linker knows what it has by this path.
        std::mem::forget(file);
        // SAFETY: this symbol has this type in every plugin of this major.
        let entry = unsafe { linked.get::<Entry>(abi::ENTRY.as_bytes()) }.map(|it| *it);
        std::mem::forget(linked);
        let library: &'static Self = Box::leak(Box::new(Self {
            name: spec.name.clone(),
            kind: spec.kind,
            call_time: spec.limits.call_time,
            voice: Voice::new(&spec.name, spec.limits.log_lines_per_second),
            vitals: Arc::default(),
            pending: Pending::default(),
            threads: Threads::default(),
            tables: OnceLock::new(),
            fault: OnceLock::new(),
        }));
        let host = Box::leak(Box::new(library.host()));
        let entry = entry.map_err(fault)?;
        // SAFETY: the entry of a plugin of this ABI, with a table that is never freed; what it
        // answers is null or a table of its own.
        let plugin = unsafe { read(entry(host)) };
        let plugin = plugin.ok_or_else(|| refused("its entry gives no table"))?;
        let _ = library.tables.set(Tables::of(plugin, spec.kind)?);
        Ok(library)
    }

    fn host(&'static self) -> SrHost {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        SrHost {
            struct_size: struct_size::<SrHost>(),
            abi_major: abi::ABI_MAJOR,
            abi_minor: abi::ABI_MINOR,
            ctx: ptr::from_ref(self).cast_mut().cast(),
            done: Some(host_done),
            log_enabled: Some(host_log_enabled),
            log: Some(host_log),
            metric: Some(host_metric),
            now_ns: Some(host_now_ns),
            random: Some(host_random),
            worker_threads: threads as u32,
            reserved: 0,
        }
    }

    /// Takes a plugin out of use: what it does cannot be relied on.
    fn distrust(&self, why: &'static str) {
        if self.fault.set(why).is_ok() {
            tracing::error!(plugin = self.name, "the plugin {why}, and is not used any more");
        }
    }

    /// Tells the plugin that nobody waits for a call any more.
    fn cancel(&self, handle: Handle, number: u64) {
        let cancel = self.tables.get().and_then(|tables| tables.plugin.cancel);
        if let (Some(cancel), false) = (cancel, handle.0.is_null()) {
            // SAFETY: an open handle of this plugin: the operation keeps its instance.
            unsafe { cancel(handle.0, number) };
        }
    }
}

impl Tables {
    fn of(plugin: SrPlugin, kind: Kind) -> Result<Self, Fault> {
        if (plugin.abi_major, plugin.abi_minor) != (abi::ABI_MAJOR, abi::ABI_MINOR) {
            return Err(refused("its table has another ABI than its manifest"));
        }
        let Some(query) = plugin.query else { return Err(refused("it has no query function")) };
        if plugin.open.is_none() || plugin.close.is_none() {
            return Err(refused("it cannot be opened or closed"));
        }
        let major = u32::from(abi::ABI_MAJOR);
        // SAFETY: the plugin's function, names that end in NUL, and tables that it never frees.
        let tables = unsafe {
            let [storage, ha_lock, seal] = INTERFACES.map(|name| query(name.as_ptr(), major));
            let (storage, ha_lock) = (read(storage.cast()), read(ha_lock.cast()));
            Self { plugin, storage, ha_lock, seal: read(seal.cast()) }
        };
        let is_there = match kind {
            Kind::Storage => tables.storage.is_some(),
            Kind::HaLock => tables.ha_lock.is_some(),
            Kind::Seal => tables.seal.is_some(),
        };
        if is_there { Ok(tables) } else { Err(refused("it has no table of the kind it claims")) }
    }
}

fn refused(why: &str) -> Fault {
    Fault::Refused(why.to_owned())
}

/// The bytes in a file of the memory that nobody can change, not even we.
fn sealed(bytes: &[u8]) -> std::io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(memfd_create("strongroom-plugin", flags)?);
    file.write_all(bytes)?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals)?;
    Ok(file)
}

// === what the plugin may call ===

/// A panic of ours must not cross the boundary.
fn guarded<T: Default>(body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_default()
}

/// # Safety
///
/// `ctx` is the one of our host table.
unsafe fn library(ctx: *mut c_void) -> Option<&'static Library> {
    // SAFETY: the caller's promise, and a library is never freed.
    unsafe { ctx.cast::<Library>().as_ref() }
}

unsafe extern "C" fn host_done(ctx: *mut c_void, number: u64, answer: *const SrAnswer) {
    guarded(|| {
        // SAFETY: R3, our own ctx and an answer that stays until we return.
        let (Some(library), answer) = (unsafe { (library(ctx), read(answer)) }) else { return };
        // Its buffers are left alone if the call is unknown: they may have been given before.
        let Some(operation) = library.pending.take(number) else {
            library.distrust("has answered a call twice");
            return;
        };
        let result = match answer {
            // SAFETY: as above, and it is read once, because the operation is taken once.
            Some(answer) => unsafe { decode(library, &operation.frame, &answer) },
            None => Err(wrong("it answered without an answer")),
        };
        operation.end(result);
    });
}

unsafe extern "C" fn host_log_enabled(_ctx: *mut c_void, level: u32) -> u32 {
    guarded(|| {
        u32::from(match level {
            abi::LOG_ERROR => tracing::enabled!(Level::ERROR),
            abi::LOG_WARN => tracing::enabled!(Level::WARN),
            abi::LOG_INFO => tracing::enabled!(Level::INFO),
            abi::LOG_DEBUG => tracing::enabled!(Level::DEBUG),
            _ => tracing::enabled!(Level::TRACE),
        })
    })
}

unsafe extern "C" fn host_log(ctx: *mut c_void, level: u32, target: SrBytes, message: SrBytes) {
    guarded(|| {
        // SAFETY: our own ctx, and texts that stay until we return.
        let (library, target, message) = unsafe { (library(ctx), line(target), line(message)) };
        let level = match level {
            abi::LOG_ERROR => Level::ERROR,
            abi::LOG_WARN => Level::WARN,
            abi::LOG_INFO => Level::INFO,
            abi::LOG_DEBUG => Level::DEBUG,
            _ => Level::TRACE,
        };
        let fields = if target.is_empty() { vec![] } else { vec![("target".to_owned(), target)] };
        if let Some(library) = library {
            library.voice.say(level, &message, &fields);
        }
    });
}

unsafe extern "C" fn host_metric(
    ctx: *mut c_void,
    kind: u32,
    name: SrBytes,
    labels: *const SrSetting,
    n: usize,
    value: f64,
) {
    guarded(|| {
        let n = if labels.is_null() { 0 } else { n.min(LABELS_MAX + 1) };
        // SAFETY: our own ctx, and texts and labels that stay until we return.
        let (Some(library), name, labels) = (unsafe {
            let labels = if n == 0 { &[] } else { std::slice::from_raw_parts(labels, n) };
            (library(ctx), line(name), labels)
        }) else {
            return;
        };
        // SAFETY: as above.
        let labels = labels.iter().map(|it| unsafe { (line(it.name), line(it.value)) });
        let measure = match kind {
            abi::COUNTER => Measure::Add(value as u64),
            abi::GAUGE => Measure::Set(value),
            abi::HISTOGRAM => Measure::Observe(value),
            _ => return,
        };
        library.voice.measure(&name, &labels.collect::<Vec<_>>(), &measure);
    });
}

unsafe extern "C" fn host_now_ns(_ctx: *mut c_void) -> u64 {
    guarded(|| nanoseconds(Instant::now()))
}

unsafe extern "C" fn host_random(_ctx: *mut c_void, out: *mut u8, len: usize) {
    guarded(|| {
        if out.is_null() || len == 0 {
            return;
        }
        // SAFETY: a buffer of the plugin's of that length; zeros make it initialised.
        let out = unsafe {
            ptr::write_bytes(out, 0, len);
            std::slice::from_raw_parts_mut(out, len)
        };
        crypto::random::fill(out);
    });
}

fn nanoseconds(time: Instant) -> u64 {
    let since = time.saturating_duration_since(*ORIGIN);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The start of a text of the plugin's, as much as a line may have.
///
/// # Safety
///
/// `bytes` is a borrowed buffer of the plugin's.
unsafe fn line(bytes: SrBytes) -> String {
    let len = bytes.len.min(LINE_BYTES_MAX);
    if len == 0 || bytes.ptr.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.ptr, len) };
    String::from_utf8_lossy(bytes).into_owned()
}

impl Handle {
    /// That of a call without an instance.
    const fn none() -> Self {
        Self(ptr::null_mut())
    }
}

// === calling the plugin ===

impl Frame {
    /// Pins the arguments of a call. Only the heap memory of `call` is pointed to: it stays where
    /// it is when the frame moves to its own place.
    fn new(call: Call, number: u64, deadline: Instant) -> Self {
        let cx = SrCall {
            struct_size: struct_size::<SrCall>(),
            flags: 0,
            op_id: number,
            deadline_ns: nanoseconds(deadline),
        };
        let fence = call.fence().map(fence_of).into_iter().collect();
        let mut frame = Self {
            settings: Vec::new(),
            checks: Vec::new(),
            writes: Vec::new(),
            batch: EMPTY_BATCH,
            blob: EMPTY_BLOB,
            cursor: None,
            fence,
            cx,
            call,
        };
        match &frame.call {
            Call::Open { settings } => frame.settings = settings.iter().map(setting_of).collect(),
            Call::Changes { cursor: Some(cursor), .. } => {
                frame.cursor = Some(SrBytes::of(cursor.as_bytes()));
            }
            Call::Apply { checks, writes, .. } => {
                frame.checks = checks.iter().map(check_of).collect();
                frame.writes = writes.iter().map(write_of).collect();
                frame.batch = SrBatch {
                    checks: frame.checks.as_ptr(),
                    n_checks: frame.checks.len(),
                    writes: frame.writes.as_ptr(),
                    n_writes: frame.writes.len(),
                    fence: frame.fence(),
                    ..EMPTY_BATCH
                };
            }
            Call::Unwrap { blob, .. } => frame.blob = blob_of(blob),
            _ => (),
        }
        frame
    }

    fn fence(&self) -> *const SrFence {
        self.fence.first().map_or(ptr::null(), ptr::from_ref)
    }

    /// Calls the plugin's function; `false` if it has none.
    ///
    /// # Safety
    ///
    /// `handle` is an open one of that plugin, and the frame stays where it is until the call is
    /// answered.
    unsafe fn invoke(&self, tables: &Tables, handle: Handle) -> bool {
        /// Calls a function that is there.
        macro_rules! call {
            ($table:expr, $slot:ident, $($argument:expr),*) => {
                match $table.and_then(|table| table.$slot) {
                    // SAFETY: R3, a function of the header's type with arguments that stay.
                    Some(function) => { unsafe { function($($argument),*) }; true }
                    None => false,
                }
            };
        }
        let Tables { plugin, storage, ha_lock, seal } = *tables;
        let (h, cx) = (handle.0, ptr::from_ref(&self.cx));
        let text = |text: &String| SrBytes::of(text.as_bytes());
        match &self.call {
            Call::Open { .. } => {
                let (settings, n) = (self.settings.as_ptr(), self.settings.len());
                call!(Some(plugin), open, settings, n, cx)
            }
            Call::Close => call!(Some(plugin), close, h, cx),
            Call::Get { key } => call!(storage, get, h, text(key), cx),
            Call::Put { key, value, .. } => {
                call!(storage, put, h, text(key), SrBytes::of(value), self.fence(), cx)
            }
            Call::Delete { key, .. } => call!(storage, delete, h, text(key), self.fence(), cx),
            Call::List { prefix, after, limit } => {
                let limit = u32::try_from(*limit).unwrap_or(u32::MAX);
                call!(storage, list, h, text(prefix), text(after), limit, cx)
            }
            Call::Apply { .. } => call!(storage, apply, h, &raw const self.batch, cx),
            Call::Changes { wait_ms, .. } => {
                let cursor = self.cursor.as_ref().map_or(ptr::null(), ptr::from_ref);
                call!(storage, changes, h, cursor, *wait_ms, cx)
            }
            Call::Health => call!(storage, health, h, cx),
            Call::Acquire { key, value, ttl_ms } => {
                call!(ha_lock, acquire, h, text(key), text(value), *ttl_ms, cx)
            }
            Call::Renew { ttl_ms, .. } => call!(ha_lock, renew, h, self.fence(), *ttl_ms, cx),
            Call::Release { .. } => call!(ha_lock, release, h, self.fence(), cx),
            Call::Current { key } => call!(ha_lock, current, h, text(key), cx),
            Call::Status => call!(seal, status, h, cx),
            Call::Wrap { plaintext, aad } => {
                call!(seal, wrap, h, SrBytes::of(plaintext.expose()), SrBytes::of(aad), cx)
            }
            Call::Unwrap { aad, .. } => {
                call!(seal, unwrap, h, &raw const self.blob, SrBytes::of(aad), cx)
            }
            Call::Random { length } => call!(seal, random, h, *length, cx),
        }
    }
}

impl Operation {
    /// Calls the plugin; `false` if it has no such function.
    fn invoke(self: &Arc<Self>) -> bool {
        // SAFETY: the operation keeps its instance open, and it stays where it is: `pending` holds
        // it until it is answered.
        self.library.tables.get().is_some_and(|it| unsafe { self.frame.invoke(it, self.handle) })
    }
}

const EMPTY: SrBytes = SrBytes { ptr: ptr::null(), len: 0 };
const EMPTY_BATCH: SrBatch = SrBatch {
    struct_size: struct_size::<SrBatch>(),
    reserved: 0,
    checks: ptr::null(),
    n_checks: 0,
    writes: ptr::null(),
    n_writes: 0,
    fence: ptr::null(),
};
const EMPTY_BLOB: SrBlob = SrBlob {
    struct_size: struct_size::<SrBlob>(),
    reserved: 0,
    mechanism: 0,
    ciphertext: EMPTY,
    iv: EMPTY,
    key_id: EMPTY,
};

fn setting_of((name, value): &(String, String)) -> SrSetting {
    SrSetting { name: SrBytes::of(name.as_bytes()), value: SrBytes::of(value.as_bytes()) }
}

fn fence_of(fence: &Fence) -> SrFence {
    SrFence {
        struct_size: struct_size::<SrFence>(),
        reserved: 0,
        lock_key: SrBytes::of(fence.lock_key.as_bytes()),
        token: SrBytes::of(fence.token.as_bytes()),
        epoch: fence.epoch,
    }
}

fn check_of(check: &Check) -> SrCheck {
    let (kind, key, sha256) = match check {
        Check::Absent(key) => (abi::CHECK_ABSENT, key, EMPTY),
        Check::ValueIs(key, sha256) => (abi::CHECK_VALUE_IS, key, SrBytes::of(sha256)),
    };
    SrCheck { kind, reserved: 0, key: SrBytes::of(key.as_bytes()), sha256 }
}

fn write_of(write: &Write) -> SrWrite {
    let (kind, value) = match write {
        Write::Put(_, value) => (abi::WRITE_PUT, SrBytes::of(value)),
        Write::Delete(_) => (abi::WRITE_DELETE, EMPTY),
    };
    SrWrite { kind, reserved: 0, key: SrBytes::of(write.key().as_bytes()), value }
}

fn blob_of(blob: &Blob) -> SrBlob {
    SrBlob {
        mechanism: blob.mechanism,
        ciphertext: SrBytes::of(&blob.ciphertext),
        iv: SrBytes::of(&blob.iv),
        key_id: SrBytes::of(blob.key_id.as_bytes()),
        ..EMPTY_BLOB
    }
}

// === reading answers ===

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
    let mut to = MaybeUninit::<T>::zeroed();
    // SAFETY: the caller's promise: so many bytes are there, and zeros are fine for the others.
    unsafe {
        let theirs = from.cast::<u32>().read() as usize;
        let bytes = theirs.min(size_of::<T>());
        ptr::copy_nonoverlapping(from.cast::<u8>(), to.as_mut_ptr().cast::<u8>(), bytes);
        Some(to.assume_init())
    }
}

/// # Safety
///
/// The answer is that of a call whose `out` is a `T`.
unsafe fn out<T: Copy>(answer: &SrAnswer) -> Result<T> {
    // SAFETY: the caller's promise.
    unsafe { read(answer.out.cast::<T>()) }.ok_or_else(|| wrong("an answer has no content"))
}

/// What a call gave: the buffers are ours from here on.
///
/// # Safety
///
/// The answer is the plugin's answer to the call of this frame, and it is read once.
unsafe fn decode(library: &'static Library, frame: &Frame, answer: &SrAnswer) -> Result<Output> {
    let message = Buf(answer.message);
    if answer.kind != abi::OK {
        let kind = ErrorKind::from_number(answer.kind);
        let mut error = Error::new(kind, check::message(message.bytes()?));
        error.retryable = answer.flags & abi::RETRYABLE != 0;
        error.maybe_applied = answer.flags & abi::MAYBE_APPLIED != 0;
        return Err(error);
    }
    // SAFETY: the caller's promise: `out` is of the type that the call's comment in the header says.
    unsafe {
        match &frame.call {
            Call::Open { .. } => opened(library, out(answer)?),
            Call::Get { .. } => value(out(answer)?),
            Call::List { prefix, after, limit } => {
                let page = page_of(out(answer)?)?;
                check::page(&page, prefix, after, *limit)?;
                Ok(Output::Page(page))
            }
            Call::Changes { .. } => changes_of(out(answer)?),
            Call::Acquire { key, .. } => acquired_of(key, out(answer)?),
            Call::Renew { .. } => out(answer).map(|it: SrRenewed| Output::Renewed(it.held != 0)),
            Call::Current { .. } => holder_of(out(answer)?),
            Call::Status => status_of(out(answer)?),
            Call::Wrap { .. } => wrapped_of(out(answer)?),
            Call::Unwrap { .. } | Call::Random { .. } => {
                let it: SrSecret = out(answer)?;
                check::secret(Buf(it.bytes).bytes()?).map(Output::Secret)
            }
            Call::Close
            | Call::Put { .. }
            | Call::Delete { .. }
            | Call::Apply { .. }
            | Call::Health
            | Call::Release { .. } => Ok(Output::Nothing),
        }
    }
}

fn opened(library: &'static Library, it: SrOpened) -> Result<Output> {
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
    Ok(Output::Opened(Opening { instance, interfaces: it.interfaces, capabilities }))
}

fn value(it: SrValue) -> Result<Output> {
    let value = Buf(it.value);
    let bytes = value.bytes()?;
    Ok(Output::Value(match bytes.len() {
        _ if it.found == 0 => None,
        length if length < SHARED_BYTES_MIN => Some(Bytes::copy_from_slice(bytes)),
        _ => Some(Bytes::from_owner(value)),
    }))
}

fn page_of(it: SrPage) -> Result<Page> {
    let keys = check::unpack(Buf(it.packed).bytes()?, it.count)?;
    Ok(Page { keys, more: it.more != 0 })
}

fn changes_of(it: SrChanges) -> Result<Output> {
    let (cursor, packed) = (Buf(it.cursor), Buf(it.packed));
    let cursor = check::text("cursor", cursor.bytes()?)?;
    let keys = check::unpack(packed.bytes()?, it.count)?;
    let changes = Changes { cursor, keys, overflow: it.overflow != 0 };
    check::changes(&changes)?;
    Ok(Output::Changes(changes))
}

fn acquired_of(key: &str, it: SrAcquired) -> Result<Output> {
    let text = Buf(it.text);
    if it.acquired == 0 {
        let value = check::text("holder's value", text.bytes()?)?;
        return Ok(Output::Acquired(Acquired::Held(Holder { value, epoch: it.epoch })));
    }
    let token = check::text("fence's token", text.bytes()?)?;
    check::ensure(!token.is_empty(), "the fence has no token")?;
    let fence = Fence { lock_key: key.to_owned(), token, epoch: it.epoch };
    Ok(Output::Acquired(Acquired::Acquired(fence)))
}

fn holder_of(it: SrHolder) -> Result<Output> {
    let value = check::text("holder's value", Buf(it.value).bytes()?)?;
    Ok(Output::Holder((it.found != 0).then_some(Holder { value, epoch: it.epoch })))
}

fn status_of(it: SrSealStatus) -> Result<Output> {
    let (key_id, detail) = (Buf(it.key_id), Buf(it.detail));
    let key_id = check::text("key id", key_id.bytes()?)?;
    let detail = check::message(detail.bytes()?);
    Ok(Output::Status(SealStatus { healthy: it.healthy != 0, key_id, detail }))
}

fn wrapped_of(it: SrWrapped) -> Result<Output> {
    let (ciphertext, iv, key_id) = (Buf(it.ciphertext), Buf(it.iv), Buf(it.key_id));
    let blob = Blob {
        ciphertext: ciphertext.bytes()?.to_vec(),
        iv: iv.bytes()?.to_vec(),
        key_id: check::text("key id", key_id.bytes()?)?,
        mechanism: it.mechanism,
    };
    check::wrapped(&blob)?;
    Ok(Output::Wrapped(blob))
}

impl Buf {
    fn bytes(&self) -> Result<&[u8]> {
        let SrBuf { ptr, len, .. } = self.0;
        if len == 0 {
            return Ok(&[]);
        }
        if ptr.is_null() || len > BUFFER_BYTES_MAX {
            return Err(wrong(&format!("an answer has a buffer of {len} bytes that is not there")));
        }
        // SAFETY: R4, so many bytes of the plugin's, ours until we drop them.
        Ok(unsafe { std::slice::from_raw_parts(ptr, len) })
    }
}

impl AsRef<[u8]> for Buf {
    fn as_ref(&self) -> &[u8] {
        self.bytes().unwrap_or_default()
    }
}

impl Drop for Buf {
    fn drop(&mut self) {
        if let Some(drop) = self.0.drop {
            // SAFETY: R4, called once, with our own copy of the buffer.
            unsafe { drop(&raw mut self.0) };
        }
    }
}
