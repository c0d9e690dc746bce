//! One running node: its states, and the line that a request takes through it.

pub mod status;

pub use crate::status::{
    Cluster, Health, HealthState, InitRequest, Initialized, Leader, SealStatus, Ttls, UnsealRequest,
};
