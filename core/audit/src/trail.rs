//! The broker of all devices, and the trail of one request through it.

use std::{sync::Arc, time::Instant};

use arc_swap::ArcSwap;
use logical::{Clock, Error, Result};

use crate::{
    Device, Facts, Outcome, Record,
    line::{Headers, Parts, Style},
};

#[cfg(test)]
mod tests;

/// All devices of an active node.
pub struct Broker {
    pub(crate) state: Arc<ArcSwap<State>>,
    pub(crate) clock: Clock,
    meters: Arc<Meters>,
}

/// How long lines take, and how many no device took.
struct Meters {
    request: Meter,
    response: Meter,
}

struct Meter {
    milliseconds: metrics::Histogram,
    failures: metrics::Counter,
}

/// What is audited to where, at one time.
#[derive(Clone, Default)]
pub(crate) struct State {
    pub devices: Vec<Arc<Entry>>,
    pub headers: Arc<Headers>,
}

/// A device and how its lines look.
pub(crate) struct Entry {
    pub record: Record,
    /// The configuration declares it.
    pub declared: bool,
    pub style: Style,
    pub device: Arc<dyn Device>,
}

impl Broker {
    /// A broker without devices, which lets every request pass.
    pub fn new(clock: Clock) -> Self {
        let meters = Arc::new(Meters {
            request: Meter {
                milliseconds: metrics::histogram!("vault.audit.log_request"),
                failures: metrics::counter!("vault.audit.log_request_failure"),
            },
            response: Meter {
                milliseconds: metrics::histogram!("vault.audit.log_response"),
                failures: metrics::counter!("vault.audit.log_response_failure"),
            },
        });
        Self { state: Arc::default(), clock, meters }
    }

    /// Whether there are devices at all.
    pub fn is_enabled(&self) -> bool {
        !self.state.load().devices.is_empty()
    }

    /// Writes the request line; `error` says why the request will be refused, if it will.
    ///
    /// An error means that no device took the line: the request must not be served.
    pub async fn open(&self, facts: &Facts<'_>, error: Option<&Error>) -> Result<Trail> {
        let state = self.state.load_full();
        if state.devices.is_empty() {
            return Ok(Trail { open: None });
        }
        let (began, now) = (Instant::now(), self.clock.now());
        let mut any = false;
        let mut open = Vec::with_capacity(state.devices.len());
        for entry in &state.devices {
            let parts = entry.style.parts(facts, &state.headers);
            let line = entry.style.request(facts, &parts, error, now);
            any |= entry.write(&line, &facts.request.id).await;
            open.push((Arc::clone(entry), parts));
        }
        if !self.meters.request.record(began, any) {
            return Err(Error::internal("no audit device took the request line"));
        }
        let (clock, meters) = (self.clock.clone(), Arc::clone(&self.meters));
        let (id, headers) = (facts.request.id.clone(), Arc::clone(&state.headers));
        Ok(Trail { open: Some(Open { id, lines: open, headers, redecided: false, clock, meters }) })
    }

    /// Goes on in fresh files, after the old ones were moved away.
    pub async fn reopen(&self) {
        for entry in &self.state.load_full().devices {
            if let Err(error) = entry.device.reopen().await {
                tracing::error!(device = entry.record.path, %error, "cannot reopen an audit device");
            }
        }
    }

    /// Lets go of all devices.
    pub fn clear(&self) {
        self.state.store(Arc::default());
    }
}

/// The trail of one request: its request line is written, its response line is still to come.
#[must_use = "a trail must be closed, with whatever came of the request"]
pub struct Trail {
    /// Nothing once it is closed, and where there are no devices.
    open: Option<Open>,
}

struct Open {
    id: String,
    lines: Vec<(Arc<Entry>, Parts)>,
    headers: Arc<Headers>,
    /// The parts are of a decision that was taken back.
    redecided: bool,
    clock: Clock,
    meters: Arc<Meters>,
}

impl Trail {
    /// The request was tried again: its response line tells of the decision that it is closed
    /// with, which may be another one than the request line told of.
    pub fn redecided(&mut self) {
        if let Some(open) = &mut self.open {
            open.redecided = true;
        }
    }

    /// Writes the response line.
    ///
    /// An error means that no device took the line: the answer must not leave.
    pub async fn close(mut self, facts: &Facts<'_>, outcome: &Outcome<'_>) -> Result<()> {
        let Some(open) = &self.open else { return Ok(()) };
        let (began, now) = (Instant::now(), open.clock.now());
        let mut any = false;
        for (entry, parts) in &open.lines {
            let again = open.redecided.then(|| entry.style.parts(facts, &open.headers));
            let parts = again.as_ref().unwrap_or(parts);
            let line = entry.style.response(facts, parts, outcome, now);
            any |= entry.write(&line, &open.id).await;
        }
        let taken = open.meters.response.record(began, any);
        self.open = None;
        match taken {
            true => Ok(()),
            false => Err(Error::internal("no audit device took the response line")),
        }
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            tracing::error!(request = open.id, "a request ended without its audit response line");
        }
    }
}

impl Meter {
    /// Counts a line; gives back whether any device took it.
    fn record(&self, began: Instant, any: bool) -> bool {
        self.milliseconds.record(began.elapsed().as_secs_f64() * 1000.0);
        self.failures.increment(u64::from(!any));
        any
    }
}

impl Entry {
    /// Whether the device took the line.
    async fn write(&self, line: &[u8], request: &str) -> bool {
        match self.device.write(line).await {
            Ok(()) => true,
            Err(error) => {
                let device = self.record.path.as_str();
                tracing::error!(device, request, %error, "an audit device did not take a line");
                false
            }
        }
    }
}
