//! `server`: from a configuration to a node that serves, until a signal ends it.
//!
//! Reading order: [`run`](server) → `options` → `setup` → `listeners` → `lifecycle`; `dev` is the
//! server for trying things out.

mod dev;
mod lifecycle;
mod listeners;
mod logging;
mod options;
mod plugins;
mod service;
mod setup;
mod telemetry;
mod trust;
mod unheeded;

use tokio::runtime::Builder;

use crate::{
    call::Call,
    failure::{Failure, Outcome},
};

pub(crate) use options::FLAGS;

/// Runs a server until it is told to stop.
pub(crate) fn server(call: &Call) -> Outcome {
    let options = options::Options::parse(call)?;
    let runtime = Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::local(format!("the runtime cannot be started: {error}")))?;
    let outcome = runtime.block_on(lifecycle::run(options));
    // Whatever is still blocked in a system call must not keep the process alive.
    runtime.shutdown_background();
    outcome.map_err(|failure| match failure {
        Failure::Local(text) => Failure::Local(without_numbers(&text)),
        other => other,
    })
}

/// A sentence without the system's error numbers, which tell a person nothing.
fn without_numbers(text: &str) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(" (os error ") {
        done.push_str(before);
        rest = behind.split_once(')').map_or("", |(_, rest)| rest);
    }
    done + rest
}
