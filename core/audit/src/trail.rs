//! The broker of all devices, and the trail of one request through it.

use std::sync::Arc;

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
        Self { state: Arc::default(), clock }
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
        let mut trail = Trail { clock: self.clock.clone(), open: Vec::new(), id: String::new() };
        if state.devices.is_empty() {
            return Ok(trail);
        }
        let now = self.clock.now();
        let mut any = false;
        let mut open = Vec::with_capacity(state.devices.len());
        for entry in &state.devices {
            let parts = entry.style.parts(facts, &state.headers);
            let line = entry.style.request(facts, &parts, error, now);
            any |= entry.write(&line, &facts.request.id).await;
            open.push((Arc::clone(entry), parts));
        }
        if !any {
            return Err(Error::internal("no audit device took the request line"));
        }
        trail.open = open;
        trail.id.clone_from(&facts.request.id);
        Ok(trail)
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
    clock: Clock,
    open: Vec<(Arc<Entry>, Parts)>,
    id: String,
}

impl Trail {
    /// Writes the response line.
    ///
    /// An error means that no device took the line: the answer must not leave.
    pub async fn close(mut self, facts: &Facts<'_>, outcome: &Outcome<'_>) -> Result<()> {
        let open = std::mem::take(&mut self.open);
        if open.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut any = false;
        for (entry, parts) in &open {
            let line = entry.style.response(facts, parts, outcome, now);
            any |= entry.write(&line, &self.id).await;
        }
        match any {
            true => Ok(()),
            false => Err(Error::internal("no audit device took the response line")),
        }
    }

    /// Ends the trail without a response line: for the seal, which takes the devices with it.
    pub fn abandon(mut self) {
        self.open.clear();
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if !self.open.is_empty() {
            tracing::error!(request = self.id, "a request ended without its audit response line");
        }
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
                metrics::counter!("vault.audit.device.write_failure").increment(1);
                false
            }
        }
    }
}
