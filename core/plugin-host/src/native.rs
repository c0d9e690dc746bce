//! The server's half of the C ABI: loads a library and calls it. The crate's only unsafe code.
//!
//! ```text
//! load      file → digest → manifest → kind, ABI, machine, entry → sealed copy → dlopen → entry
//! call      adapter → operation (pins the arguments) → function table → plugin
//! done      plugin, any thread → place by number → checked answer → whoever waits, if anybody
//! ```
//!
//! A library is never unloaded, and what it points to here is never freed: its [`Library`], its host
//! table, and the arguments of each call until that call is answered. Dropping a future frees none
//! of them; it only says that nobody waits any more.
//!
//! A call that is answered before its function returns is the frequent one, and it costs little: it
//! asks for no memory but that of its future and its value, it takes no lock, and what it passes on
//! is small or stays where it is. The profile said why: each write that other cores must see is five
//! nanoseconds, and so is each move of something that was written just before, because the processor
//! reads it in other pieces. The functions on that way are inlined by force to save such moves.
//!
//! - `image.rs`: the file, before any of it runs. `threads.rs`: threads that may wait;
//!   `watch.rs`: others that must.
//! - `call.rs`: calls and answers as values; `frame.rs`: a call as the ABI's structs; `answer.rs`: what
//!   comes back; `check.rs`: whether it can be.
//! - `operation.rs`: one call on its way; `places.rs`: where it is meanwhile; `turn.rs`: whose that is.
//! - `instance.rs`: what a plugin has opened. `clock.rs`: the clock of every deadline.
//! - `provider.rs`, `storage.rs`, `ha_lock.rs`, `seal.rs`: the contracts, on top of it.

#![expect(unsafe_code, reason = "raw pointers and function tables are what a C ABI is")]

use std::{
    cell::UnsafeCell,
    ffi::{CStr, c_int, c_void},
    mem::MaybeUninit,
    os::fd::AsRawFd,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    task::Waker,
};

use libloading::os::unix;
use parking_lot::Mutex;
use plugin_api::{
    Error, ErrorKind, Manifest, Result,
    abi::{
        self, SrAnswer, SrBuf, SrBytes, SrCall, SrHaLock, SrHost, SrPlugin, SrRenewed, SrSeal,
        SrSecret, SrSetting, SrStorage, SrValue,
    },
};
use tracing::Level;

use crate::{
    Fault, Host, Kind, Loaded, Loader, PluginSpec,
    file::Image,
    native::{
        answer::{
            acquired_of, changes_of, holder_of, lent, opened, page_of, status_of, value, wrapped_of,
        },
        call::{Call, Output},
        check::wrong,
        frame::Parts,
        instance::Kept,
        operation::is_here,
        places::{PLACES_MAX, Place, Places},
        provider::NativeProvider,
        threads::Threads,
        turn::{Begin, Then, Turn},
    },
    voice::{LABELS_MAX, LINE_BYTES_MAX, Measure, Voice},
};

#[deny(unsafe_code)]
mod answer;
#[deny(unsafe_code)]
mod call;
#[deny(unsafe_code)]
mod check;
#[deny(unsafe_code)]
mod clock;
#[deny(unsafe_code)]
mod frame;
#[deny(unsafe_code)]
mod ha_lock;
#[deny(unsafe_code)]
pub(crate) mod image;
#[deny(unsafe_code)]
mod instance;
#[deny(unsafe_code)]
mod operation;
#[deny(unsafe_code)]
mod places;
#[deny(unsafe_code)]
mod provider;
#[deny(unsafe_code)]
mod seal;
#[deny(unsafe_code)]
mod storage;
#[deny(unsafe_code)]
mod threads;
#[deny(unsafe_code)]
mod turn;
#[deny(unsafe_code)]
mod watch;

/// The largest buffer in an answer, in bytes.
const BUFFER_BYTES_MAX: usize = 64 << 20;
/// Not in POSIX; Linux has had this value for it on every machine.
const RTLD_NODELETE: c_int = 0x1000;
/// `query`'s names, in the order of [`Kind`].
const INTERFACES: [&CStr; 3] = [c"storage", c"ha-lock", c"seal"];

/// The number of a call: its place below, how often that place was used above.
const INDEX_BITS: u32 = 16;
const INDEX_MASK: u64 = (1 << INDEX_BITS) - 1;
const _: () = assert!(PLACES_MAX as u64 == 1 << INDEX_BITS);

type Entry = unsafe extern "C" fn(*const SrHost) -> *const SrPlugin;

/// A loaded plugin; it stays for the life of the process.
struct Library {
    name: String,
    kind: Kind,
    /// How long a call may take, in nanoseconds.
    call_time: u64,
    voice: Voice,
    places: Places<Operation>,
    /// Calls that nobody waits for any more.
    abandoned: AtomicUsize,
    /// Instances that are there.
    open: AtomicUsize,
    threads: Threads,
    /// Its name for `watch`.
    number: AtomicU32,
    /// Threads of the server that it does not give back.
    held: AtomicU32,
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

/// The host table, and what a newer one goes on with.
#[repr(C)]
struct HostTable {
    host: SrHost,
    _more: [u8; Host::MORE],
}

/// What a plugin calls an opened instance.
#[derive(Clone, Copy)]
struct Handle(*mut c_void);

/// The arguments of a call, where they stay until it is answered.
struct Frame {
    call: Call,
    /// That of a `get`; its memory is for the next one, too.
    key: String,
    parts: Option<Box<Parts>>,
    cx: SrCall,
    handle: Handle,
}

/// What a place holds of an answer: little, as an [`Output`] is.
type Answer = Result<Output, Box<Error>>;

/// One call, from its beginning until both sides are done with it. Then its place takes the next.
#[derive(Default)]
struct Operation {
    turn: Turn,
    /// Whom to wake; a late look at the next one's harms nobody.
    waiter: Mutex<Option<Waker>>,
    /// Whose it is, `turn` says.
    frame: UnsafeCell<Frame>,
    /// As above.
    answer: UnsafeCell<Option<Answer>>,
    /// What a waiter that leaves leaves behind: its own until then.
    kept: UnsafeCell<Option<Kept>>,
}

/// A buffer of the plugin's. One with a drop is ours, and given back when it goes; another is lent
/// until `done` returns, and must not be kept.
struct Buf(SrBuf);

// SAFETY: a handle is only handed back to the plugin, which takes it from any thread (R2).
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}
// SAFETY: its pointers lead into memory that the frame itself owns and that nobody changes.
unsafe impl Send for Frame {}
// SAFETY: its cells are one thread's at a time, or only read, as `turn` says.
unsafe impl Sync for Operation {}
// SAFETY: the tables hold functions that may be called from any thread (R2), and constants.
unsafe impl Send for Tables {}
// SAFETY: as above.
unsafe impl Sync for Tables {}
// SAFETY: only a buffer that is ours is kept, and its drop may be called from any thread (R4).
unsafe impl Send for Buf {}
// SAFETY: as above; it is only read.
unsafe impl Sync for Buf {}

// === loading ===

/// Loads a library. It runs from here on, with all that the server may do.
pub(crate) fn load(spec: &PluginSpec, image: Image, host: Host) -> Result<Loaded, Fault> {
    let manifest = image::manifest(&image.bytes)?;
    crate::load::check_kind(spec.kind, &manifest)?;
    if !spec.trust_full {
        return Err(Fault::NotTrusted);
    }
    let library = Library::load(spec, &image.bytes, host)?;
    library.check_manifest(&manifest)?;
    let provider = Arc::new(NativeProvider::new(library));
    Ok(Loaded {
        provider,
        manifest,
        digest: image.digest,
        loader: Loader::Native,
        report: None,
        beside: [0; 32],
        vitals: Arc::new(library),
    })
}

impl Library {
    fn load(spec: &PluginSpec, bytes: &[u8], host: Host) -> Result<&'static Self, Fault> {
        let file = image::sealed(bytes).map_err(|error| Fault::Linker(error.to_string()))?;
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
            call_time: clock::length(spec.limits.call_time),
            voice: Voice::new(&spec.name, spec.limits.log_lines_per_second),
            places: Places::default(),
            abandoned: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            threads: Threads::default(),
            number: AtomicU32::new(0),
            held: AtomicU32::new(0),
            tables: OnceLock::new(),
            fault: OnceLock::new(),
        }));
        watch::add(library);
        let (host, more) = (library.host(host.knows()), [0; Host::MORE]);
        let host = Box::leak(Box::new(HostTable { host, _more: more }));
        let entry = entry.map_err(fault)?;
        // SAFETY: the entry of a plugin of this ABI, with a table that is never freed; what it
        // answers is null or a table of its own.
        let plugin = unsafe { read(entry(&raw const host.host)) };
        let plugin = plugin.ok_or_else(|| refused("its entry gives no table"))?;
        let _ = library.tables.set(Tables::of(plugin, spec.kind)?);
        Ok(library)
    }

    fn host(&'static self, struct_size: u32) -> SrHost {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
        SrHost {
            struct_size,
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

    /// Whether the library says of itself what its file says.
    fn check_manifest(&self, file: &Manifest) -> Result<(), Fault> {
        let told = self.tables.get().map_or(SrBytes::of(&[]), |tables| tables.plugin.manifest);
        let told = SrBuf { ptr: told.ptr.cast_mut(), len: told.len, ..SrBuf::EMPTY };
        // SAFETY: a text of the plugin's that it never frees.
        let told = unsafe { bytes_of(&told) }.ok().map(Manifest::parse);
        let same = told.is_some_and(|told| told.is_ok_and(|told| told == *file));
        if same { Ok(()) } else { Err(refused("it says another manifest than its file")) }
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
        let mut known = MaybeUninit::uninit();
        // SAFETY: R3, our own ctx and an answer that stays until we return.
        let (Some(library), answer) = (unsafe { (library(ctx), view(answer, &mut known)) }) else {
            return;
        };
        // Its buffers are left alone if the call is unknown: they may have been given before.
        let Some(place) = library.answering(number) else {
            library.distrust("has answered a call twice");
            return;
        };
        // SAFETY: as above; it is read once, because a call is answered once, and the frame is only
        // read until then.
        let result = unsafe {
            match answer {
                Some(answer) => decode(library, &(*place.frame.get()).call, answer),
                None => Err(wrong("it answered without an answer")),
            }
        };
        library.end((place, number), result);
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
    guarded(clock::now)
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
    /// Calls the plugin's function; `false` if it has none. A pointer and no reference: the frame may
    /// be gone when the function returns.
    ///
    /// # Safety
    ///
    /// The frame stays where it is until the call is answered.
    unsafe fn invoke(frame: *const Self, tables: &Tables) -> bool {
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
        // SAFETY: the caller's promise; it is not looked at once the function was called.
        let frame = unsafe { &*frame };
        let Tables { plugin, storage, ha_lock, seal } = tables;
        let (storage, ha_lock, seal) = (storage.as_ref(), ha_lock.as_ref(), seal.as_ref());
        let (h, cx) = (frame.handle.0, ptr::from_ref(&frame.cx));
        let text = |text: &String| SrBytes::of(text.as_bytes());
        match &frame.call {
            Call::None => false,
            Call::Open { .. } => {
                let (settings, n) = frame.settings();
                call!(Some(plugin), open, settings, n, cx)
            }
            Call::Close => call!(Some(plugin), close, h, cx),
            Call::Get => call!(storage, get, h, text(&frame.key), cx),
            Call::Put { key, value, .. } => {
                call!(storage, put, h, text(key), SrBytes::of(value), frame.fence(), cx)
            }
            Call::Delete { key, .. } => call!(storage, delete, h, text(key), frame.fence(), cx),
            Call::List { prefix, after, limit } => {
                let limit = u32::try_from(*limit).unwrap_or(u32::MAX);
                call!(storage, list, h, text(prefix), text(after), limit, cx)
            }
            Call::Apply { .. } => call!(storage, apply, h, frame.batch(), cx),
            Call::Changes { wait_ms, .. } => {
                call!(storage, changes, h, frame.cursor(), *wait_ms, cx)
            }
            Call::Health => call!(storage, health, h, cx),
            Call::Acquire { key, value, ttl_ms } => {
                call!(ha_lock, acquire, h, text(key), text(value), *ttl_ms, cx)
            }
            Call::Renew { ttl_ms, .. } => call!(ha_lock, renew, h, frame.fence(), *ttl_ms, cx),
            Call::Release { .. } => call!(ha_lock, release, h, frame.fence(), cx),
            Call::Current { key } => call!(ha_lock, current, h, text(key), cx),
            Call::Status => call!(seal, status, h, cx),
            Call::Wrap { plaintext, aad } => {
                call!(seal, wrap, h, SrBytes::of(plaintext.expose()), SrBytes::of(aad), cx)
            }
            Call::Unwrap { aad, .. } => {
                call!(seal, unwrap, h, frame.blob(), SrBytes::of(aad), cx)
            }
            Call::Random { length } => call!(seal, random, h, *length, cx),
        }
    }
}

// === the place of a call ===

impl Library {
    /// Puts a call into a place; gives its number, too. `None` if there is no place left.
    #[inline(always)]
    fn place(
        &'static self,
        handle: Handle,
        deadline: u64,
        begin: Begin,
        fill: impl FnOnce(&mut Frame),
    ) -> Option<(&'static Place<Operation>, u64)> {
        let place = self.free_place()?;
        let number = place.turn.next();
        let op_id = number << INDEX_BITS | u64::from(place.index());
        // SAFETY: a place that was just taken is ours alone until its turn begins.
        let frame = unsafe { &mut *place.frame.get() };
        (frame.handle, frame.cx.op_id, frame.cx.deadline_ns) = (handle, op_id, deadline);
        fill(frame);
        place.turn.begin(number, begin);
        Some((place, op_id))
    }

    /// Calls the plugin; `false` if it has no such function. The call is running.
    #[inline(always)]
    fn invoke(&self, place: &Place<Operation>) -> bool {
        // SAFETY: nobody changes the frame of a running call, and its instance is kept open by who
        // waits for it, or by what that left behind.
        self.tables.get().is_some_and(|it| unsafe { Frame::invoke(place.frame.get(), it) })
    }

    /// The call under way with this number is ours to answer; `None` if it has been answered, or
    /// never was.
    #[inline(always)]
    fn answering(&'static self, op_id: u64) -> Option<&'static Place<Operation>> {
        let place = self.places.at((op_id & INDEX_MASK) as u32)?;
        place.turn.answer(op_id >> INDEX_BITS).then_some(place)
    }

    /// Leaves the answer of a call that is ours to answer.
    #[inline(always)]
    fn end(
        &'static self,
        (place, number): (&'static Place<Operation>, u64),
        result: Result<Output>,
    ) {
        // SAFETY: it is ours until it is answered.
        unsafe { *place.answer.get() = Some(result.map_err(Box::new)) };
        if is_here(number) {
            place.turn.answered_here();
            return;
        }
        match place.turn.answered() {
            Then::Nothing => (),
            Then::Wake => {
                let waiter = place.waiter.lock().clone();
                waiter.iter().for_each(Waker::wake_by_ref);
            }
            Then::Clear => {
                self.abandoned.fetch_sub(1, Ordering::Relaxed);
                // Nobody there: what was opened is closed, what was read is given back.
                drop(self.clear(place));
            }
        }
    }

    /// What a call was begun with; for its waiter, until that leaves or takes the answer.
    fn frame<'p>(&self, place: &'p Place<Operation>) -> &'p Frame {
        // SAFETY: nobody changes it before the waiter is done with the place.
        unsafe { &*place.frame.get() }
    }

    /// Leaves something in a place whose waiter is about to leave.
    fn keep(&self, place: &Place<Operation>, kept: Kept) {
        // SAFETY: this is the waiter's until it leaves, and then of who clears the place.
        unsafe { *place.kept.get() = Some(kept) };
    }

    /// Empties a place that is ours, and frees it.
    #[inline(always)]
    fn clear(&'static self, place: &'static Place<Operation>) -> Option<Answer> {
        // SAFETY: a place that is answered, or never began, belongs to who clears it.
        let (answer, kept) = unsafe {
            (*place.frame.get()).clear();
            ((*place.answer.get()).take(), (*place.kept.get()).take())
        };
        if place.turn.free() {
            *place.waiter.lock() = None;
        }
        self.give(place);
        // Last: this may end an instance, which is another call.
        drop(kept);
        answer
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
    let mut known = MaybeUninit::uninit();
    // SAFETY: the caller's promise.
    unsafe { view(from, &mut known) }.copied()
}

/// The same without a copy if both sides know the same, as they most often do.
///
/// # Safety
///
/// As [`read`], and what is there stays.
#[inline(always)]
unsafe fn view<T: Copy>(from: *const T, known: &mut MaybeUninit<T>) -> Option<&T> {
    if from.is_null() {
        return None;
    }
    // SAFETY: the caller's promise: so many bytes are there, and zeros are fine for the others.
    unsafe {
        let theirs = from.cast::<u32>().read() as usize;
        if theirs == size_of::<T>() {
            return Some(&*from);
        }
        *known = MaybeUninit::zeroed();
        let bytes = theirs.min(size_of::<T>());
        ptr::copy_nonoverlapping(from.cast::<u8>(), known.as_mut_ptr().cast::<u8>(), bytes);
        Some(known.assume_init_ref())
    }
}

/// # Safety
///
/// The answer is that of a call whose `out` is a `T`.
#[inline(always)]
unsafe fn out<T: Copy>(answer: &SrAnswer) -> Result<T> {
    // SAFETY: the caller's promise.
    unsafe { read(answer.out.cast::<T>()) }.ok_or_else(|| wrong("an answer has no content"))
}

/// What a call gave: buffers that are ours are given back or kept, lent ones are copied.
///
/// # Safety
///
/// The answer is the plugin's answer to this call, and it is read once.
#[inline(always)]
unsafe fn decode(library: &'static Library, call: &Call, answer: &SrAnswer) -> Result<Output> {
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
        match call {
            Call::Open { .. } => opened(library, out(answer)?),
            Call::Get => {
                let mut known = MaybeUninit::uninit();
                let Some(it) = view(answer.out.cast::<SrValue>(), &mut known) else {
                    return Err(wrong("an answer has no content"));
                };
                match it.value.drop {
                    // Lent, as small values are: it is looked at where it lies.
                    None => Ok(lent(it.found != 0, bytes_of(&it.value)?)),
                    Some(_) => value(it),
                }
            }
            Call::List { prefix, after, limit } => {
                let page = page_of(out(answer)?)?;
                check::page(&page, prefix, after, *limit)?;
                Ok(Output::Page(Box::new(page)))
            }
            Call::Changes { .. } => changes_of(out(answer)?),
            Call::Acquire { key, .. } => acquired_of(key, out(answer)?),
            Call::Renew { .. } => {
                let it: SrRenewed = out(answer)?;
                Ok(if it.held != 0 { Output::Held } else { Output::Lost })
            }
            Call::Current { .. } => holder_of(out(answer)?),
            Call::Status => status_of(out(answer)?),
            Call::Wrap { .. } => wrapped_of(out(answer)?),
            Call::Unwrap { .. } | Call::Random { .. } => {
                let it: SrSecret = out(answer)?;
                let secret = check::secret(Buf(it.bytes).bytes()?)?;
                Ok(Output::Secret(Box::new(secret)))
            }
            Call::None
            | Call::Close
            | Call::Put { .. }
            | Call::Delete { .. }
            | Call::Apply { .. }
            | Call::Health
            | Call::Release { .. } => Ok(Output::Nothing),
        }
    }
}

/// # Safety
///
/// The buffer is the plugin's, and its bytes stay for as long as they are looked at.
#[inline(always)]
unsafe fn bytes_of(buf: &SrBuf) -> Result<&[u8]> {
    let SrBuf { ptr, len, .. } = *buf;
    if len == 0 {
        return Ok(&[]);
    }
    if ptr.is_null() || len > BUFFER_BYTES_MAX {
        return Err(wrong(&format!("an answer has a buffer of {len} bytes that is not there")));
    }
    // SAFETY: the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(ptr, len) })
}

impl Buf {
    fn bytes(&self) -> Result<&[u8]> {
        // SAFETY: R4, so many bytes of the plugin's, ours until we drop them or lent until then.
        unsafe { bytes_of(&self.0) }
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
            // A copy of its own: the others need not lie in memory then.
            let mut buf = self.0;
            // SAFETY: R4, called once, with our own copy of the buffer.
            unsafe { drop(&raw mut buf) };
        }
    }
}
