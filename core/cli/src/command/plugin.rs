//! `plugin …`: an author's tools, from an empty folder to a tested plugin and its stanza.
//!
//! `new` → `build` → `test`; `info`, `doctor` and `bench` look at a file; `list` says what there is.

mod bench;
mod build;
mod doctor;
mod factory;
mod file;
mod info;
mod listing;
mod new;
mod running;
mod subject;
mod templates;
mod test;
mod tool;

use std::time::Duration;

use crate::{
    command::Command,
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
};

pub(super) const COMMANDS: &[Command] = &[
    new::COMMAND,
    build::COMMAND,
    test::COMMAND,
    bench::COMMAND,
    info::COMMAND,
    doctor::COMMAND,
    listing::COMMAND,
];

/// The configuration that a plugin is opened with.
const CONFIG: Flag = Flag::new(
    &["config"],
    Kind::Text,
    "A server's configuration, of which the stanzas of this plugin are used: its settings, and its \
     grants and limits.",
);

/// How long providers may take to end after the last call.
const ENDING: Duration = Duration::from_secs(2);

/// Runs a command that opens providers. One that hangs at its end is left behind.
fn run<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::Local(format!("the runtime cannot be started: {error}")))?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_timeout(ENDING);
    outcome
}
