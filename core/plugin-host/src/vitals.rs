//! What goes on inside a loaded plugin, counted by its loader.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

/// The instances of a plugin.
#[derive(Debug, Default)]
pub(crate) struct Vitals {
    open: AtomicUsize,
    busy: AtomicUsize,
    restarts: AtomicU64,
}

/// One more of something, for as long as this value is there.
#[derive(Debug)]
pub(crate) struct Counted {
    vitals: Arc<Vitals>,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Open,
    Busy,
}

/// The instances of a plugin at one moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Instances {
    /// Those that are there.
    pub open: usize,
    /// Calls that they are at work on.
    pub busy: usize,
    /// How often one was thrown away after a trap, a timeout or an exhausted limit.
    pub restarts: u64,
}

// === impl Vitals ===

impl Vitals {
    /// An instance is there until the value is dropped.
    pub(crate) fn open(self: &Arc<Self>) -> Counted {
        Counted::new(self, What::Open)
    }

    /// A call is under way until the value is dropped.
    pub(crate) fn busy(self: &Arc<Self>) -> Counted {
        Counted::new(self, What::Busy)
    }

    /// An instance was thrown away.
    #[cfg(feature = "wasm")]
    pub(crate) fn restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Instances {
        Instances {
            open: self.open.load(Ordering::Relaxed),
            busy: self.busy.load(Ordering::Relaxed),
            restarts: self.restarts.load(Ordering::Relaxed),
        }
    }

    const fn count(&self, what: What) -> &AtomicUsize {
        match what {
            What::Open => &self.open,
            What::Busy => &self.busy,
        }
    }
}

// === impl Counted ===

impl Counted {
    fn new(vitals: &Arc<Vitals>, what: What) -> Self {
        vitals.count(what).fetch_add(1, Ordering::Relaxed);
        Self { vitals: Arc::clone(vitals), what }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.vitals.count(self.what).fetch_sub(1, Ordering::Relaxed);
    }
}
