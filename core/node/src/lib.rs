//! One running node: its states, and the line that a request takes through it.
//!
//! Reading order: [`status`] → `state` → [`Node`] → `init`, `unseal` → `active` → `pipeline` →
//! `stages`, `answer`.

mod active;
mod answer;
mod catalog;
mod control;
mod fault;
mod init;
mod node;
mod pipeline;
mod rooms;
mod settings;
mod stages;
mod state;
pub mod status;
mod unseal;
mod workers;

pub use audit::{Declared, Enable};
pub use sys::{MetricsFormat, Settings as Switches};

pub use crate::{
    node::{Node, Parts},
    settings::{RenderMetrics, Settings},
    status::{
        Cluster, Health, HealthState, InitRequest, Initialized, Leader, SealStatus, Ttls,
        UnsealRequest,
    },
};
