//! One running node: its states, and the line that a request takes through it.
//!
//! Reading order: [`status`] → `state` → [`Node`] → `init`, `undo`, `unseal` → `active` → `pipeline` →
//! `stages`, `answer`, `listing`; `gate` and `reopen` for when the storage loses an answer.

mod active;
mod answer;
mod catalog;
mod control;
mod fault;
mod gate;
mod init;
mod listing;
mod meters;
mod node;
mod pipeline;
mod reopen;
mod rooms;
mod settings;
mod stages;
mod state;
pub mod status;
#[cfg(test)]
mod tests;
mod undo;
mod unseal;
mod workers;

pub use audit::{Declared, Enable};
pub use sys::{MetricsFormat, Settings as Switches};

pub use crate::{
    node::{Node, Parts, StartError},
    settings::{RenderMetrics, Settings, ShowPlugins},
    status::{
        Cluster, Health, HealthState, InitRequest, Initialized, Leader, SealStatus, Ttls,
        UnsealRequest,
    },
};
