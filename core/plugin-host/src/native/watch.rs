//! A plugin's function that does not return keeps a thread of the server's. Nobody can take the
//! thread back, but it is noticed, and the plugin gets no more calls until it has returned.

use std::{
    sync::{
        Once,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::native::Library;

/// How often all threads are looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// All libraries; one is named by its place here, and it stays for ever.
static LIBRARIES: Mutex<Vec<&'static Library>> = Mutex::new(Vec::new());
/// What the threads of the server do that have ever been in a plugin.
static SEATS: Mutex<Vec<&'static Seat>> = Mutex::new(Vec::new());
/// Seats of threads that have ended.
static FREE: Mutex<Vec<&'static Seat>> = Mutex::new(Vec::new());
static WATCH: Once = Once::new();

/// What one thread does.
#[derive(Default)]
struct Seat {
    /// The library that it was last in.
    library: AtomicU32,
    /// One more with each entry and with each return: it is inside while this is odd.
    turns: AtomicU64,
}

/// A thread's own seat, for as long as it lives.
struct Own(&'static Seat);

thread_local! {
    static OWN: Own = Own::new();
}

impl Own {
    fn new() -> Self {
        if let Some(free) = FREE.lock().pop() {
            return Self(free);
        }
        let seat: &'static Seat = Box::leak(Box::default());
        SEATS.lock().push(seat);
        Self(seat)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        FREE.lock().push(self.0);
    }
}

/// Watches a library from now on.
pub(super) fn add(library: &'static Library) {
    WATCH.call_once(|| {
        let begun = thread::Builder::new().name("plugin-watch".to_owned()).spawn(watch);
        if let Err(error) = begun {
            tracing::warn!(%error, "plugins that do not return from a call will not be noticed");
        }
    });
    let mut libraries = LIBRARIES.lock();
    library.number.store(libraries.len() as u32, Ordering::Relaxed);
    libraries.push(library);
}

/// Calls a plugin's function on this thread.
#[inline(always)]
pub(super) fn inside<T>(library: u32, call: impl FnOnce() -> T) -> T {
    let seat = OWN.try_with(|own| own.0).ok();
    if let Some(seat) = seat {
        seat.library.store(library, Ordering::Relaxed);
        seat.turn();
    }
    let answer = call();
    if let Some(seat) = seat {
        seat.turn();
    }
    answer
}

impl Seat {
    /// Only its own thread writes it.
    fn turn(&self) {
        self.turns.store(self.turns.load(Ordering::Relaxed) + 1, Ordering::Release);
    }
}

/// What a thread was seen to do, and since when.
#[derive(Clone, Copy)]
struct Seen {
    turns: u64,
    since: Instant,
}

fn watch() {
    let mut seen: Vec<Seen> = Vec::new();
    loop {
        thread::sleep(PAUSE);
        let now = Instant::now();
        let libraries = LIBRARIES.lock().clone();
        let mut held = vec![0; libraries.len()];
        for (place, seat) in SEATS.lock().iter().enumerate() {
            let turns = seat.turns.load(Ordering::Acquire);
            let library = seat.library.load(Ordering::Relaxed) as usize;
            if seen.len() == place {
                seen.push(Seen { turns, since: now });
            }
            let Some(before) = seen.get_mut(place) else { continue };
            if before.turns != turns {
                *before = Seen { turns, since: now };
            }
            let time = now.saturating_duration_since(before.since);
            if let (true, Some(held), Some(of)) =
                (turns % 2 == 1, held.get_mut(library), libraries.get(library))
                && time > Duration::from_nanos(of.call_time)
            {
                *held += 1;
            }
        }
        for (library, held) in libraries.iter().zip(held) {
            library.is_held_by(held);
        }
    }
}

impl Library {
    /// Notes how many threads of the server are kept by calls that do not return.
    fn is_held_by(&self, threads: u32) {
        let before = self.held.swap(threads, Ordering::Relaxed);
        let plugin = &self.name;
        if before == 0 && threads > 0 {
            tracing::error!(
                plugin,
                threads,
                "the plugin does not return from its calls, and keeps threads of the server; it \
                 gets no more until it returns. What waits belongs into async functions, or the \
                 plugin must set SR_BLOCKING"
            );
        } else if before > 0 && threads == 0 {
            tracing::info!(plugin, "the plugin has returned from its calls, and is used again");
        }
    }
}
