//! The instances of one opened provider: a call takes one, and gives it back.
//!
//! ```text
//! call ──▶ place ──▶ instance: an idle one, or a new one ──▶ guest ──▶ idle again
//!                       └ trap, timeout, limit: the instance is dropped, the next call gets a new one
//! ```
//!
//! What the guest answers at once never leaves its caller's task: handing it to a task of the
//! instance, and the answer back, cost several times the call. What has to wait goes on in a task of
//! its own, for as long as the plugin's limits allow: a caller who gives up does not tear the
//! instance out of the middle of it.

use std::{
    future::poll_fn,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use plugin_api::{Error, ErrorKind, Op, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::wasm::{
    bindings::provider,
    folders::Held,
    grants::Writing,
    instance::{Call, Ended, Live},
    module::Module,
};

/// How long an instance beyond the first may be idle before it is given up.
const IDLE: Duration = Duration::from_secs(60);
/// The longest that a call may keep its instance only to wait for something to happen.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// Calls after which a shareable instance is replaced by a fresh one.
const CALLS_MAX: u64 = 100_000;
/// Failures in a row after which new instances are made less often.
const FAILURES_MAX: u32 = 3;
/// The first wait between instances that fail, doubled each time.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// The longest pause that a call waits for instead of being refused.
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// The longest wait between instances that fail.
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// The instances of one opened provider. When it goes, they are closed in the background.
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

/// What the calls of a pool share.
struct Shared {
    module: Arc<Module>,
    settings: Vec<(String, String)>,
    shareable: bool,
    /// The most instances.
    max: usize,
    /// One for each instance that may be at work; closed with the pool.
    places: Arc<Semaphore>,
    /// Instances that nobody uses, the one that was used last at the end.
    idle: Mutex<Vec<Instance>>,
    failures: Mutex<Failures>,
    /// What the instances write in, until the last of them is closed.
    folders: Mutex<Option<Held>>,
}

/// An instance, and how much it has done.
struct Instance {
    live: Live,
    calls: u64,
    used: Instant,
}

/// Instances that failed one after the other.
#[derive(Default)]
struct Failures {
    in_a_row: u32,
    not_before: Option<Instant>,
}

/// Whether a call may take effect, so that a lost answer must say so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    Read,
    Write,
}

/// A call that has its place.
struct Turn {
    shared: Arc<Shared>,
    /// Given back last: whoever has it next finds the instance idle.
    place: OwnedSemaphorePermit,
}

// === impl Pool ===

impl Pool {
    /// Opens the first instance. It says what the provider is; later ones must say the same.
    pub(crate) async fn open(
        module: Arc<Module>,
        settings: Vec<(String, String)>,
    ) -> Result<(Self, provider::Opened)> {
        let folders = match Held::take(&module.grants.writable(), &module.voice).await {
            Ok(folders) => folders,
            Err(in_use) => return Err(wrong_setting(&module, &settings).await.unwrap_or(in_use)),
        };
        let (first, opened) = Live::open(&module, &settings, Writing::Granted).await?;
        let max = if opened.shareable { module.limits.instances.max(1) } else { 1 };
        let shared = Shared {
            module,
            settings,
            shareable: opened.shareable,
            max,
            places: Arc::new(Semaphore::new(max)),
            idle: Mutex::new(vec![Instance::new(first)]),
            failures: Mutex::default(),
            folders: Mutex::new(Some(folders)),
        };
        Ok((Self { shared: Arc::new(shared) }, opened))
    }

    /// Has an instance make a call.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        op: Op,
        effect: Effect,
        call: Call<T>,
    ) -> Result<T> {
        let place = self.shared.place(op).await?;
        let left = op.remaining();
        if left.is_zero() {
            return Err(busy());
        }
        let turn = Turn { shared: Arc::clone(&self.shared), place };
        let mut running = Box::pin(turn.run(op, effect, call));
        let first = poll_fn(|task| Poll::Ready(running.as_mut().poll(task))).await;
        if let Poll::Ready(answer) = first {
            return answer;
        }
        let lost = |kind, message: String| {
            let error = Error::new(kind, message);
            if effect == Effect::Write { error.maybe_applied() } else { error }
        };
        match tokio::time::timeout(left, tokio::spawn(running)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_panicked)) => {
                let message = "the plugin's call has ended without an answer".to_owned();
                Err(lost(ErrorKind::Panicked, message))
            }
            Err(_elapsed) => {
                let message =
                    format!("the plugin took longer to answer than the {left:?} that it had");
                Err(lost(ErrorKind::Timeout, message))
            }
        }
    }

    /// How long a call may wait for something to happen: for as long as it waits it keeps its
    /// instance from all other calls, and the pool from being closed.
    pub(crate) fn patience(&self) -> Duration {
        match self.shared.max {
            1 => Duration::ZERO,
            _ => WAIT_MAX.min(self.shared.module.limits.call_time / 2),
        }
    }

    /// Lets every instance give up what it holds, once the calls before are answered. Calls that
    /// come later are refused.
    pub(crate) async fn close(&self) -> Result<()> {
        self.shared.close().await
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.shared.places.is_closed() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        // Without a runtime there is nobody left to close them.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { shared.close().await });
        }
    }
}

/// What is wrong with the settings, when the plugin cannot have its folders: it is asked without
/// being able to write there. A wrong setting is told first, however else things stand.
async fn wrong_setting(module: &Module, settings: &[(String, String)]) -> Option<Error> {
    let refused = Live::open(module, settings, Writing::Denied).await.err()?;
    (refused.kind == ErrorKind::ConfigInvalid).then_some(refused)
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the plugin has been closed")
}

fn busy() -> Error {
    let message = "no instance of the plugin was free before the deadline; raise \"instances\" in its \
                   limits if this goes on";
    Error::new(ErrorKind::Timeout, message)
}

// === impl Turn ===

impl Turn {
    async fn run<T>(self, op: Op, effect: Effect, call: Call<T>) -> Result<T> {
        let Self { shared, place } = self;
        let mut instance = shared.instance().await?;
        // Starting it may have outlasted the caller's patience: a write that lands later would
        // surprise.
        let left = op.remaining();
        if left.is_zero() {
            shared.give_back(instance);
            return Err(busy());
        }
        let busy = shared.module.vitals.busy();
        let budget = shared.module.limits.call_time;
        let ended = instance.live.run_for((left.min(budget), op.deadline), budget, call).await;
        drop(busy);
        match &ended {
            Ok(_) | Err(Ended::Refused(_)) => {
                shared.failures.lock().clear();
                shared.give_back(instance);
            }
            Err(Ended::Gone(_)) => {
                drop(instance);
                shared.module.vitals.restart();
                shared.failures.lock().add();
            }
        }
        drop(place);
        ended.map_err(|ended| match ended {
            Ended::Refused(error) => error,
            Ended::Gone(error) if effect == Effect::Write => error.maybe_applied(),
            Ended::Gone(error) => error,
        })
    }
}

// === impl Instance ===

impl Instance {
    fn new(live: Live) -> Self {
        Self { live, calls: 0, used: Instant::now() }
    }

    fn is_worn(&self) -> bool {
        self.calls >= CALLS_MAX || self.live.is_tight()
    }
}

// === impl Shared ===

impl Shared {
    /// A place for a call, as soon as one is free.
    async fn place(&self, op: Op) -> Result<OwnedSemaphorePermit> {
        match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => return Ok(place),
            Err(TryAcquireError::Closed) => return Err(closed()),
            Err(TryAcquireError::NoPermits) => (),
        }
        let waiting = Arc::clone(&self.places).acquire_owned();
        match tokio::time::timeout(op.remaining(), waiting).await {
            Ok(place) => place.map_err(|_closed| closed()),
            Err(_elapsed) => Err(busy()),
        }
    }

    /// An idle instance; else a new one, if it is not too soon after others that failed. A short
    /// pause is waited for: whoever comes after a few bad calls is to notice nothing of them.
    async fn instance(&self) -> Result<Instance> {
        loop {
            if let Some(instance) = self.idle.lock().pop() {
                return Ok(instance);
            }
            let pause = self.failures.lock().wait();
            match pause {
                None => break,
                Some(pause) if pause <= PAUSE_MAX => tokio::time::sleep(pause).await,
                Some(pause) => {
                    let why = format!("the plugin keeps failing; it is started again in {pause:?}");
                    return Err(Error::new(ErrorKind::Unavailable, why));
                }
            }
        }
        match Live::open(&self.module, &self.settings, Writing::Granted).await {
            Ok((live, _same)) => Ok(Instance::new(live)),
            Err(mut error) => {
                self.failures.lock().add();
                // Of opening it means something else than of the call that needs it.
                if error.kind == ErrorKind::Conflict {
                    error.kind = ErrorKind::Unavailable;
                }
                Err(error)
            }
        }
    }

    fn give_back(&self, mut instance: Instance) {
        instance.calls += 1;
        if self.shareable && instance.is_worn() {
            return;
        }
        instance.used = Instant::now();
        let mut idle = self.idle.lock();
        idle.push(instance);
        let unused = idle.first().is_some_and(|it| it.used.elapsed() >= IDLE);
        if unused && idle.len() > 1 {
            let unused = idle.remove(0);
            let budget = self.module.limits.call_time;
            tokio::spawn(async move { unused.live.close(budget).await });
        }
    }

    async fn close(&self) -> Result<()> {
        let all = u32::try_from(self.max).unwrap_or(u32::MAX);
        let Ok(_places) = self.places.acquire_many(all).await else { return Ok(()) };
        // They are not given back before: nobody comes in between.
        self.places.close();
        let idle = std::mem::take(&mut *self.idle.lock());
        let mut result = Ok(());
        for instance in idle {
            result = result.and(instance.live.close(self.module.limits.call_time).await);
        }
        self.folders.lock().take();
        result
    }
}

// === impl Failures ===

impl Failures {
    fn add(&mut self) {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if let Some(beyond) = self.in_a_row.checked_sub(FAILURES_MAX) {
            let wait = BACKOFF_MIN.saturating_mul(1 << beyond.min(16)).min(BACKOFF_MAX);
            self.not_before = Some(Instant::now() + wait);
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }

    /// How long no instance is started.
    fn wait(&self) -> Option<Duration> {
        let wait = self.not_before?.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
    }
}
