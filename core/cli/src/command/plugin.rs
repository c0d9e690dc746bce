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
mod subject;
mod templates;
mod test;
mod tool;

use crate::{
    command::Command,
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

/// The runtime of a command that opens providers.
fn runtime() -> crate::failure::Outcome<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Runtime::new();
    runtime.map_err(|error| {
        crate::failure::Failure::Local(format!("the runtime cannot be started: {error}"))
    })
}
