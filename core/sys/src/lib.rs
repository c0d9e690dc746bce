//! The `sys/` endpoints, one file per family: an engine like any other, built with the handles that
//! it administers and without a pointer back to the node.
//!
//! Reading order: [`Sys`] → any of the families (`mounts`, `policies`, `leases`, `wrapping`,
//! `capabilities`, `audit_devices`, `rotate`, `seal`, `internal`, `metrics`, `plugins`, `raw`). What they ask
//! of the node is [`Control`].

mod audit_devices;
mod capabilities;
mod control;
mod internal;
mod leases;
mod metrics;
mod mount_ask;
mod mount_info;
mod mounts;
mod plugins;
mod policies;
mod raw;
#[cfg(test)]
mod replay;
mod rotate;
mod seal;
mod sys;
mod unwrapped;
mod wrapping;

pub use crate::{
    control::{Control, HaNode, MetricsFormat},
    sys::{Handles, Settings, Sys},
};
