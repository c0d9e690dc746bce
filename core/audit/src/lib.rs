//! The audit trail: what was asked, by whom, and how it ended, in JSON lines on one or more devices.
//!
//! A request is served only if at least one device took its request line, and its answer leaves
//! only if at least one took its response line. Secrets are shown as HMACs under a key of the
//! device. The pipeline calls [`Broker::open`] before the engine and [`Trail::close`] after it, on
//! denial too.
//!
//! Reading order: [`facts`] → `line` → [`device`], [`file`](mod@file) → [`trail`] →
//! [`store`], [`headers`].

pub mod device;
pub mod facts;
pub mod file;
pub mod headers;
mod json;
mod line;
pub mod record;
pub mod store;
pub mod trail;

pub use crate::{
    device::Device,
    facts::{Facts, MountFacts, Outcome, Permission},
    record::{Declared, Enable, Record},
    trail::{Broker, Trail},
};
