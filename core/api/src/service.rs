//! What stands behind the door: the node, as far as HTTP needs it.

use async_trait::async_trait;
use logical::{Error, Raw, Request, Response};
use node::{Health, InitRequest, Initialized, Leader, SealStatus, UnsealRequest};

/// A running node.
///
/// Errors carry the code that becomes the HTTP status and the text that the client reads.
#[async_trait]
pub trait Service: Send + Sync {
    /// Answers a request of a client. It is run to its end even if the client goes away.
    async fn handle(&self, request: Request) -> Result<Response, Error>;

    /// Whether the store holds a barrier.
    async fn initialized(&self) -> Result<bool, Error>;

    /// Writes the barrier and hands out the keys.
    async fn init(&self, request: InitRequest) -> Result<Initialized, Error>;

    /// Takes a key, or forgets those given.
    async fn unseal(&self, request: UnsealRequest) -> Result<SealStatus, Error>;

    /// How far the node is from serving.
    async fn seal_status(&self) -> Result<SealStatus, Error>;

    /// What a load balancer asks for. Must not block.
    fn health(&self) -> Health;

    /// Who leads. Must not block.
    fn leader(&self) -> Result<Leader, Error>;

    /// The metrics of the process, for a listener that shows them without a token.
    fn metrics(&self, format: MetricsFormat) -> Result<Raw, Error>;
}

/// How metrics are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MetricsFormat {
    /// One JSON object.
    Json,
    /// The text that Prometheus reads.
    Prometheus,
}

impl MetricsFormat {
    /// The format that a request asks for: the parameter `format`, else the `Accept` header.
    /// An unknown name is given back.
    pub fn choose<'a>(format: &'a str, accept: &str) -> Result<Self, &'a str> {
        match format {
            "prometheus" => Ok(Self::Prometheus),
            "" if accept.starts_with("application/openmetrics-text") => Ok(Self::Prometheus),
            "" | "json" => Ok(Self::Json),
            other => Err(other),
        }
    }
}
