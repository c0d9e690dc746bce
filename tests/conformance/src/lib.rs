//! The conformance suite: what a provider must do to be one, as tests that anybody can run.
//!
//! [`storage::all`] runs every case that the storage's claims ask for and gives a [`Report`].
//! How to use it: `tests/conformance/README.md`.

mod case;
mod random;
mod report;
pub mod storage;

pub use crate::{
    random::{Random, seed},
    report::{Case, Outcome, Report},
};
