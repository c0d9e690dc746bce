//! The instances of a component and their calls, counted.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use crate::{Instances, vitals::Vitals};

/// Instances, counted one by one.
#[derive(Debug, Default)]
pub(crate) struct Count {
    open: AtomicUsize,
    busy: AtomicUsize,
    restarts: AtomicU64,
}

/// One more of something, for as long as this value is there.
#[derive(Debug)]
pub(crate) struct Counted {
    count: Arc<Count>,
    what: What,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Open,
    Busy,
}

// === impl Count ===

impl Count {
    /// An instance is there until the value is dropped.
    pub(crate) fn open(self: &Arc<Self>) -> Counted {
        Counted::new(self, What::Open)
    }

    /// A call is under way until the value is dropped.
    pub(crate) fn busy(self: &Arc<Self>) -> Counted {
        Counted::new(self, What::Busy)
    }

    /// An instance was thrown away.
    pub(crate) fn restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    const fn of(&self, what: What) -> &AtomicUsize {
        match what {
            What::Open => &self.open,
            What::Busy => &self.busy,
        }
    }
}

impl Vitals for Count {
    fn now(&self) -> Instances {
        Instances {
            open: self.open.load(Ordering::Relaxed),
            busy: self.busy.load(Ordering::Relaxed),
            restarts: self.restarts.load(Ordering::Relaxed),
        }
    }
}

// === impl Counted ===

impl Counted {
    fn new(count: &Arc<Count>, what: What) -> Self {
        count.of(what).fetch_add(1, Ordering::Relaxed);
        Self { count: Arc::clone(count), what }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count.of(self.what).fetch_sub(1, Ordering::Relaxed);
    }
}
