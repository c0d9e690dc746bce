//! The conformance suite: what a provider must do to be one, as tests that anybody can run.
//!
//! [`storage::all`], [`ha_lock::all`] and [`seal::all`] run every case that applies and give a
//! [`Report`]. How to use it: `tests/conformance/README.md`.
//!
//! - `options.rs`, `runner.rs`, `case.rs`: what a run is, and what a case is made of.
//! - `report.rs`: what a run came to. `random.rs`: seeds, so that a run can be repeated.
//! - `surroundings.rs`, `proxy.rs`, `watch.rs`, `canary.rs`: what is around the provider.
//! - `storage/`, `ha_lock/`, `seal/`: the cases, one file per group.

mod canary;
mod case;
pub mod ha_lock;
mod options;
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
    proxy::{Direction, Proxy},
    random::{Random, seed},
    report::{Case, Latency, Outcome, Report, SUITE_VERSION, Subject},
    surroundings::{Network, Nothing, Surroundings},
};
