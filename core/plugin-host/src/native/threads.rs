//! Threads that may wait, for plugins whose functions do not return soon.
//!
//! They are not the runtime's: a plugin that never returns must not keep the server from stopping.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};

/// The most threads of one plugin.
const THREADS_MAX: usize = 64;
/// Jobs that may wait while all threads are stuck in the plugin.
const QUEUE_MAX: usize = 1024;
/// How long a thread waits for the next call before it ends.
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// The threads of one plugin; it stays for the life of the process, as the plugin does.
#[derive(Default)]
pub(super) struct Threads {
    state: Mutex<State>,
    wake: Condvar,
    /// The jobs in the queue: asked before each call, without the lock.
    waiting: AtomicUsize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

impl Threads {
    /// Whether so many jobs wait that no more should come.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= QUEUE_MAX
    }

    /// Runs a job as soon as a thread is free.
    pub(super) fn run(&'static self, job: impl FnOnce() + Send + 'static) {
        let mut state = self.state.lock();
        state.queue.push_back(Box::new(job));
        self.waiting.store(state.queue.len(), Ordering::Relaxed);
        if state.idle >= state.queue.len() || state.threads >= THREADS_MAX {
            self.wake.notify_one();
            return;
        }
        state.threads += 1;
        drop(state);
        let begun = thread::Builder::new().name("plugin".to_owned()).spawn(|| self.work());
        if begun.is_err() {
            // Those that are there, or the next call's, will come to it.
            self.state.lock().threads -= 1;
        }
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            // A panic of ours here would be a fault of ours; it must not cost a thread.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                self.waiting.store(state.queue.len(), Ordering::Relaxed);
                return Some(job);
            }
            state.idle += 1;
            let waited = self.wake.wait_for(&mut state, IDLE);
            state.idle -= 1;
            if waited.timed_out() && state.queue.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }
}
