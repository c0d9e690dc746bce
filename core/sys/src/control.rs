//! What `sys` asks of the node that it runs in.

use std::sync::Arc;

use async_trait::async_trait;
use barrier::Fence;
use jiff::Timestamp;
use logical::{Data, Raw, Result};

/// The node, as far as `sys` commands it.
#[async_trait]
pub trait Control: Send + Sync {
    /// Gives up being the active node. Nothing happens where there is only this one.
    async fn step_down(&self) -> Result<()>;

    /// The fence of this activation, for writes outside a request's transaction.
    fn fence(&self) -> Option<Arc<Fence>>;

    /// The nodes of the cluster, as far as they are known.
    fn nodes(&self) -> Vec<HaNode>;

    /// The configuration without its secrets.
    fn config_state(&self) -> Data;

    /// The plugins of this process: an object each, with at least `kind` and `name`.
    fn plugins(&self) -> Vec<Data>;

    /// The metrics of this process.
    fn metrics(&self, format: MetricsFormat) -> Result<Raw>;

    /// Somebody has work for the background: data of a mount that is gone, leases that end.
    fn wake(&self);
}

/// One node of the cluster.
#[derive(Clone, Debug)]
pub struct HaNode {
    /// Its host name.
    pub hostname: String,
    /// Its address for clients.
    pub api_address: String,
    /// Its address for nodes.
    pub cluster_address: String,
    /// It is the active one.
    pub active: bool,
    /// When it was last heard of; `None` for the node that answers.
    pub last_echo: Option<Timestamp>,
    /// Its version.
    pub version: String,
}

/// The form of metrics.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MetricsFormat {
    /// The form of the old in-memory sink.
    Json,
    /// Prometheus' text form.
    Prometheus,
}
