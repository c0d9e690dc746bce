//! What the `sys/` endpoints may ask of their node.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use barrier::Fence;
use logical::{Code, Data, Error, Raw, Result};
use sys::{Control, HaNode, MetricsFormat};

use crate::Node;

/// A node, as `sys` knows it. It does not keep the node alive.
pub(crate) struct NodeControl {
    node: Weak<Node>,
}

impl NodeControl {
    pub(crate) const fn new(node: Weak<Node>) -> Self {
        Self { node }
    }

    fn node(&self) -> Result<Arc<Node>> {
        self.node.upgrade().ok_or_else(|| Error::new(Code::Unavailable, "the node is stopping"))
    }
}

#[async_trait]
impl Control for NodeControl {
    async fn step_down(&self) -> Result<()> {
        // There is no other node to take over: nothing happens.
        self.node().map(drop)
    }

    fn fence(&self) -> Option<Arc<Fence>> {
        self.node.upgrade()?.state.load().active()?.fence.clone()
    }

    fn nodes(&self) -> Vec<HaNode> {
        Vec::new()
    }

    fn config_state(&self) -> Data {
        self.node.upgrade().map(|node| node.settings.shown.clone()).unwrap_or_default()
    }

    fn plugins(&self) -> Vec<Data> {
        self.node.upgrade().map(|node| (node.settings.plugins)()).unwrap_or_default()
    }

    fn metrics(&self, format: MetricsFormat) -> Result<Raw> {
        Ok((self.node()?.settings.metrics)(format))
    }

    fn wake(&self) {
        let Some(node) = self.node.upgrade() else { return };
        if let Some(active) = node.state.load().active() {
            active.work.notify_one();
        }
    }
}
