//! The instances of one opened provider: a queue of calls, and a worker for each instance.
//!
//! ```text
//! call ──▶ queue ──▶ worker: instance ──▶ call ──▶ answer
//!                       └ trap, timeout, limit: the instance is dropped, the next call gets a new one
//! ```

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use plugin_api::{Error, ErrorKind, Op, Result};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::wasm::{
    bindings::provider,
    folders::Held,
    grants::Writing,
    instance::{Call, Ended, Live},
    module::Module,
};

/// Calls that may wait for an instance; more of them wait for a place.
const QUEUE_MAX: usize = 256;
/// How long a worker beyond the first waits for a call before it gives up its instance.
const IDLE: Duration = Duration::from_secs(60);
/// The longest that a call may keep its instance only to wait for something to happen.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// Calls after which a shareable instance is replaced by a fresh one.
const CALLS_MAX: u64 = 100_000;
/// Failures in a row after which new instances are made less often.
const FAILURES_MAX: u32 = 3;
/// The first wait between instances that fail, doubled each time.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// The longest wait between instances that fail.
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// The instances of one opened provider.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    receiver: Arc<tokio::sync::Mutex<mpsc::Receiver<Job>>>,
    workers: Mutex<Vec<JoinHandle<Result<()>>>>,
    /// What the instances write in. Each worker has it too: it is free once the last of them ended.
    folders: Mutex<Option<Arc<Held>>>,
}

/// What the workers of a pool share.
struct Shared {
    module: Arc<Module>,
    settings: Vec<(String, String)>,
    shareable: bool,
    /// Workers that exist, and those of them that wait for a call.
    count: AtomicUsize,
    idle: AtomicUsize,
    failures: Mutex<Failures>,
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

/// A call in the queue, with the way back to its caller.
struct Job {
    deadline: Instant,
    ticket: Arc<Ticket>,
    run: Run,
}

type Run = Box<dyn for<'a> FnOnce(Turn<'a>) -> BoxFuture<'a, Fate> + Send>;

/// What happens to a call that has come to the front of the queue.
enum Turn<'a> {
    Run(&'a mut Live, Duration),
    Refuse(Error),
}

/// What becomes of the instance after a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Keep,
    Drop,
}

/// Whose turn it is: a call is either run by its worker or given up by its caller, never both.
struct Ticket(AtomicU8);

const WAITING: u8 = 0;
const STARTED: u8 = 1;
const GIVEN_UP: u8 = 2;

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
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let shared = Shared {
            module,
            settings,
            shareable: opened.shareable,
            count: AtomicUsize::new(0),
            idle: AtomicUsize::new(0),
            failures: Mutex::default(),
        };
        let pool = Self {
            shared: Arc::new(shared),
            queue: Mutex::new(Some(sender)),
            receiver: Arc::new(tokio::sync::Mutex::new(receiver)),
            workers: Mutex::default(),
            folders: Mutex::new(Some(Arc::new(folders))),
        };
        pool.spawn(Some(first));
        Ok((pool, opened))
    }

    /// Has an instance make a call.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        op: Op,
        effect: Effect,
        call: Call<T>,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let ticket = Arc::new(Ticket(AtomicU8::new(WAITING)));
        let run = turning(move |turn| {
            Box::pin(async move {
                let (answer, fate) = match turn {
                    Turn::Refuse(error) => (Err(error), Fate::Keep),
                    Turn::Run(live, budget) => match live.run(budget, call).await {
                        Ok(answer) => (Ok(answer), Fate::Keep),
                        Err(Ended::Refused(error)) => (Err(error), Fate::Keep),
                        Err(Ended::Gone(error)) if effect == Effect::Write => {
                            (Err(error.maybe_applied()), Fate::Drop)
                        }
                        Err(Ended::Gone(error)) => (Err(error), Fate::Drop),
                    },
                };
                // A caller that has gone does not need it.
                reply.send(answer).ok();
                fate
            })
        });
        self.submit(op, Job { deadline: op.deadline, ticket: ticket.clone(), run }).await?;
        self.answer(op, &ticket, answer).await
    }

    async fn submit(&self, op: Op, job: Job) -> Result<()> {
        let sender = self.queue.lock().clone().ok_or_else(closed)?;
        if self.shared.idle.load(Ordering::Relaxed) == 0 {
            self.grow();
        }
        match tokio::time::timeout(op.remaining(), sender.send(job)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_closed)) => Err(closed()),
            Err(_elapsed) => Err(busy()),
        }
    }

    /// Waits for the answer; past the deadline only if the call has begun, which then ends soon.
    async fn answer<T>(
        &self,
        op: Op,
        ticket: &Ticket,
        mut answer: oneshot::Receiver<Result<T>>,
    ) -> Result<T> {
        let lost =
            || Error::new(ErrorKind::Panicked, "the plugin's worker has ended").maybe_applied();
        match tokio::time::timeout(op.remaining(), &mut answer).await {
            Ok(answer) => answer.map_err(|_lost| lost())?,
            Err(_elapsed) if ticket.take(GIVEN_UP) => Err(busy()),
            Err(_elapsed) => answer.await.map_err(|_lost| lost())?,
        }
    }

    /// Adds an instance if it may have more, and all are at work.
    fn grow(&self) {
        if self.shared.count.load(Ordering::Relaxed) < self.instances_max() {
            self.spawn(None);
        }
    }

    fn instances_max(&self) -> usize {
        if self.shared.shareable { self.shared.module.limits.instances.max(1) } else { 1 }
    }

    /// How long a call may wait for something to happen: for as long as it waits it keeps its
    /// instance from all other calls, and the pool from being closed.
    pub(crate) fn patience(&self) -> Duration {
        match self.instances_max() {
            1 => Duration::ZERO,
            _ => WAIT_MAX.min(self.shared.module.limits.call_time / 2),
        }
    }

    fn spawn(&self, live: Option<Live>) {
        self.shared.count.fetch_add(1, Ordering::Relaxed);
        let folders = self.folders.lock().clone();
        let worker = work(folders, self.shared.clone(), self.receiver.clone(), live);
        let mut workers = self.workers.lock();
        workers.retain(|worker| !worker.is_finished());
        workers.push(tokio::spawn(worker));
    }

    /// Lets every instance give up what it holds. Calls that come later are refused.
    pub(crate) async fn close(&self) -> Result<()> {
        self.queue.lock().take();
        self.folders.lock().take();
        let workers = std::mem::take(&mut *self.workers.lock());
        let mut result = Ok(());
        for worker in workers {
            let ended = worker.await.unwrap_or_else(|_panicked| {
                Err(Error::new(ErrorKind::Panicked, "the plugin's worker has ended"))
            });
            result = result.and(ended);
        }
        result
    }
}

/// What is wrong with the settings, when the plugin cannot have its folders: it is asked without
/// being able to write there. A wrong setting is told first, however else things stand.
async fn wrong_setting(module: &Module, settings: &[(String, String)]) -> Option<Error> {
    let refused = Live::open(module, settings, Writing::Denied).await.err()?;
    (refused.kind == ErrorKind::ConfigInvalid).then_some(refused)
}

/// A closure as a job, whatever the lifetime of the instance that it is given.
fn turning(run: impl for<'a> FnOnce(Turn<'a>) -> BoxFuture<'a, Fate> + Send + 'static) -> Run {
    Box::new(run)
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the plugin has been closed")
}

fn busy() -> Error {
    Error::new(ErrorKind::Timeout, "no instance of the plugin was free before the deadline")
}

// === impl Ticket ===

impl Ticket {
    /// Takes the call, to run it or to give it up; `false` if the other side was faster.
    fn take(&self, state: u8) -> bool {
        self.0.compare_exchange(WAITING, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

// === the worker ===

/// Answers calls with one instance at a time, until the queue is closed.
async fn work(
    _folders: Option<Arc<Held>>,
    shared: Arc<Shared>,
    receiver: Arc<tokio::sync::Mutex<mpsc::Receiver<Job>>>,
    mut live: Option<Live>,
) -> Result<()> {
    let mut calls = 0_u64;
    loop {
        shared.idle.fetch_add(1, Ordering::Relaxed);
        let next = tokio::time::timeout(IDLE, async { receiver.lock().await.recv().await }).await;
        shared.idle.fetch_sub(1, Ordering::Relaxed);
        let job = match next {
            Ok(Some(job)) => job,
            Ok(None) => break,
            Err(_idle) if shared.leave() => break,
            Err(_idle) => continue,
        };
        if !job.ticket.take(STARTED) {
            continue;
        }
        let fate = shared.serve(job, &mut live).await;
        calls += 1;
        let worn = || calls >= CALLS_MAX || live.as_ref().is_some_and(Live::is_tight);
        if fate == Fate::Drop || (shared.shareable && worn()) {
            live = None;
            calls = 0;
        }
    }
    match live {
        Some(live) => live.close(shared.module.limits.call_time).await,
        None => Ok(()),
    }
}

// === impl Shared ===

impl Shared {
    async fn serve(&self, job: Job, live: &mut Option<Live>) -> Fate {
        let instance = match live {
            Some(instance) => instance,
            None => match self.replace().await {
                Ok(instance) => live.insert(instance),
                Err(error) => return (job.run)(Turn::Refuse(error)).await,
            },
        };
        let left = job.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return (job.run)(Turn::Refuse(busy())).await;
        }
        let budget = left.min(self.module.limits.call_time);
        let _counted = self.module.vitals.busy();
        let fate = (job.run)(Turn::Run(instance, budget)).await;
        match fate {
            Fate::Keep => self.failures.lock().clear(),
            Fate::Drop => {
                self.module.vitals.restart();
                self.failures.lock().add();
            }
        }
        fate
    }

    /// A new instance, if it is not too soon after others that failed.
    async fn replace(&self) -> Result<Live> {
        if let Some(wait) = self.failures.lock().wait() {
            let message = format!("the plugin keeps failing; it is started again in {wait:?}");
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        let opened = Live::open(&self.module, &self.settings, Writing::Granted).await;
        opened.map(|(live, _same)| live).inspect_err(|_error| self.failures.lock().add())
    }

    /// Whether this worker may go: the last one stays.
    fn leave(&self) -> bool {
        let fewer = |count: usize| (count > 1).then(|| count - 1);
        self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok()
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
