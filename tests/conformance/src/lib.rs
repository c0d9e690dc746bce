//! The conformance suite: what a provider must do to be one, as tests that anybody can run.
//!
//! [`storage::all`], [`ha_lock::all`] and [`seal::all`] run every case that applies and give a
//! [`Report`]; [`loaded::all`] those of a provider that comes from a file. How to use it: `tests/conformance/README.md`.
//!
//! - `options.rs`, `runner.rs`, `case.rs`: what a run is, and what a case is made of.
//! - `report.rs`: what a run came to. `random.rs`: seeds, so that a run can be repeated.
//! - `surroundings.rs`, `proxy.rs`, `watch.rs`, `canary.rs`: what is around the provider.
//! - `storage/`, `ha_lock/`, `seal/`: the cases, one file per group. `loaded/`: those of a file;
//!   `process.rs`: what it must leave alone.

mod canary;
mod case;
pub mod ha_lock;
pub mod loaded;
mod options;
mod process;
mod proxy;
mod random;
mod report;
mod runner;
pub mod seal;
pub mod storage;
mod surroundings;
mod watch;

pub use crate::{
    options::{Class, Exception, NoSuchClass, Options},
    process::Process,
    proxy::{Direction, Proxy},
    random::{Random, seed},
    report::{Case, Latency, Outcome, Report, SUITE_VERSION, Subject},
    surroundings::{Network, Nothing, Surroundings},
};
