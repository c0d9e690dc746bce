//! What the configuration sets for a node.

use std::sync::Arc;

use audit::Declared;
use logical::{Data, Raw};
use sys::MetricsFormat;

use crate::status::Ttls;

/// Renders the metrics of the process.
pub type RenderMetrics = Arc<dyn Fn(MetricsFormat) -> Raw + Send + Sync>;

/// Tells of the plugins of the process, an object each.
pub type ShowPlugins = Arc<dyn Fn() -> Vec<Data> + Send + Sync>;

/// The settings of a node.
#[derive(Clone)]
pub struct Settings {
    /// The name of the cluster; made up at initialization if not set.
    pub cluster_name: Option<String>,
    /// The limits of leases.
    pub ttls: Ttls,
    /// The type of the storage, as seal-status shows it.
    pub storage_kind: String,
    /// The audit devices that the configuration declares.
    pub audit_devices: Vec<Declared>,
    /// Switches of the `sys/` endpoints.
    pub switches: sys::Settings,
    /// The configuration without its secrets.
    pub shown: Data,
    /// The metrics of the process.
    pub metrics: RenderMetrics,
    /// The plugins of the process.
    pub plugins: ShowPlugins,
}
