//! The node behind the HTTP door.

use std::sync::Arc;

use api::{MetricsFormat, Service};
use async_trait::async_trait;
use logical::{Error, Raw, Request, Response};
use node::{Health, InitRequest, Initialized, Leader, Node, SealStatus, UnsealRequest};

/// A node, as `api` knows it.
pub(crate) struct NodeService(pub(crate) Arc<Node>);

#[async_trait]
impl Service for NodeService {
    async fn handle(&self, request: Request) -> Result<Response, Error> {
        self.0.handle(request).await
    }

    async fn initialized(&self) -> Result<bool, Error> {
        Ok(self.0.is_initialized())
    }

    async fn init(&self, request: InitRequest) -> Result<Initialized, Error> {
        self.0.initialize(request).await
    }

    async fn unseal(&self, request: UnsealRequest) -> Result<SealStatus, Error> {
        self.0.unseal(request).await
    }

    async fn seal_status(&self) -> Result<SealStatus, Error> {
        Ok(self.0.seal_status())
    }

    fn health(&self) -> Health {
        self.0.health()
    }

    fn leader(&self) -> Result<Leader, Error> {
        Ok(self.0.leader())
    }

    fn metrics(&self, format: MetricsFormat) -> Result<Raw, Error> {
        Ok((self.0.settings().metrics)(match format {
            MetricsFormat::Json => node::MetricsFormat::Json,
            MetricsFormat::Prometheus => node::MetricsFormat::Prometheus,
        }))
    }
}
