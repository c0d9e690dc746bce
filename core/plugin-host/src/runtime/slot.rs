//! The place of an opened provider: calls go to its present generation, which can be exchanged.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use plugin_api::{Error, ErrorKind, Op, Result};
use tokio::sync::{Notify, oneshot};

/// One place. `T` is a contract.
pub(super) struct Slot<T: ?Sized> {
    /// `None` while one generation has gone and the next is not there yet.
    present: ArcSwapOption<Generation<T>>,
    filled: Notify,
    /// Ends with the last call of the present generation, once that is present no more.
    gone: Mutex<oneshot::Receiver<()>>,
}

/// One opened provider. A call holds it while it is under way.
pub(super) struct Generation<T: ?Sized> {
    pub(super) plugin: Arc<T>,
    /// Dropped with the generation, which [`Slot::gone`] then hears of.
    _alive: oneshot::Sender<()>,
}

// === impl Slot ===

impl<T: ?Sized> Slot<T> {
    pub(super) fn new(plugin: Arc<T>) -> Self {
        let (generation, gone) = Generation::new(plugin);
        Self {
            present: ArcSwapOption::new(Some(generation)),
            filled: Notify::new(),
            gone: Mutex::new(gone),
        }
    }

    /// The generation that a call goes to. While one is being exchanged, the call waits for it.
    pub(super) async fn enter(&self, op: Op) -> Result<Arc<Generation<T>>> {
        if let Some(generation) = self.present.load_full() {
            return Ok(generation);
        }
        let waiting = async {
            loop {
                let filled = self.filled.notified();
                if let Some(generation) = self.present.load_full() {
                    return generation;
                }
                filled.await;
            }
        };
        tokio::time::timeout(op.remaining(), waiting).await.map_err(|_elapsed| {
            Error::new(ErrorKind::Unavailable, "the plugin is being replaced by a new version")
        })
    }

    /// The present generation, whether it is exchanged or not.
    pub(super) fn present(&self) -> Option<Arc<T>> {
        self.present.load_full().map(|generation| Arc::clone(&generation.plugin))
    }

    /// Lets calls go to another generation from now on. Gives the one before, once its last call has
    /// ended or the patience has.
    pub(super) async fn exchange(&self, plugin: Arc<T>, patience: Duration) -> Option<Drained<T>> {
        let (generation, gone) = Generation::new(plugin);
        let gone = std::mem::replace(&mut *self.gone.lock(), gone);
        let before = self.present.swap(Some(generation));
        self.filled.notify_waiters();
        Some(drained(before?, gone, patience).await)
    }

    /// Takes the present generation out, once its last call has ended; new calls wait. `None` if
    /// its calls did not end in time: then it is back in its place.
    pub(super) async fn take(&self, patience: Duration) -> Option<Arc<T>> {
        let before = self.present.swap(None)?;
        let (_never, nothing) = oneshot::channel();
        let gone = std::mem::replace(&mut *self.gone.lock(), nothing);
        let Drained { plugin, idle } = drained(before, gone, patience).await;
        if idle {
            return Some(plugin);
        }
        self.fill(plugin);
        None
    }

    /// Puts a generation into the empty place.
    pub(super) fn fill(&self, plugin: Arc<T>) {
        let (generation, gone) = Generation::new(plugin);
        *self.gone.lock() = gone;
        self.present.store(Some(generation));
        self.filled.notify_waiters();
    }
}

impl<T: ?Sized> Generation<T> {
    fn new(plugin: Arc<T>) -> (Arc<Self>, oneshot::Receiver<()>) {
        let (alive, gone) = oneshot::channel();
        (Arc::new(Self { plugin, _alive: alive }), gone)
    }
}

/// A generation that gets no more calls.
pub(super) struct Drained<T: ?Sized> {
    pub(super) plugin: Arc<T>,
    /// Its last call has ended.
    pub(super) idle: bool,
}

async fn drained<T: ?Sized>(
    generation: Arc<Generation<T>>,
    gone: oneshot::Receiver<()>,
    patience: Duration,
) -> Drained<T> {
    let plugin = Arc::clone(&generation.plugin);
    drop(generation);
    let idle = tokio::time::timeout(patience, gone).await.is_ok();
    Drained { plugin, idle }
}
