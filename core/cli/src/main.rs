//! The one binary: server, client and operator commands.
//!
//! Reading order: [`run`] (from words to a command) → [`command`] (the list of all commands) → one
//! file below it → [`session`] (how a command talks to the server) → [`show`] (what it prints).

mod call;
mod command;
mod durations;
mod failure;
mod flags;
mod globals;
mod help;
mod out;
mod pairs;
mod policy_format;
mod prompt;
mod run;
mod server;
mod session;
mod show;
mod token_file;
mod wiring;

use std::{env, process::ExitCode};

/// Requests make many small allocations: the C library's took a fifth of the profile of a write.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args: Vec<String> =
        env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    ExitCode::from(run::run(&args))
}
