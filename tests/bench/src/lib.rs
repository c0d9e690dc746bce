//! What the benchmark programs share: `load` sends, `bare` answers, `drive` runs both and compares;
//! `plugins` holds the forms of a provider against each other.
//!
//! Everything is a ratio within one run: on this machine, at this moment, against a bare HTTP
//! server that answers the same bytes.

pub mod args;
pub mod error;
pub mod load;
pub mod process;
pub mod report;
pub mod target;
pub mod tls;
pub mod wire;

pub use crate::{
    args::Args,
    error::{Error, Result},
    load::{Load, Outcome},
    target::Target,
    wire::{Reply, Wire},
};
