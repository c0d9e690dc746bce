//! The calls of the contracts and what they give, as values that wait for each other.

use std::sync::Arc;

use plugin_api::{
    Acquired, Blob, Bytes, Capabilities, Changes, Check, Fence, Holder, Page, SealStatus, Secret,
    Write,
};

use crate::native::instance::Instance;

/// A call with all that the plugin may look at until it has answered.
pub(super) enum Call {
    Open { settings: Vec<(String, String)> },
    Close,
    Get { key: String },
    Put { key: String, value: Bytes, fence: Option<Fence> },
    Delete { key: String, fence: Option<Fence> },
    List { prefix: String, after: String, limit: usize },
    Apply { checks: Vec<Check>, writes: Vec<Write>, fence: Option<Fence> },
    Changes { cursor: Option<String>, wait_ms: u64 },
    Health,
    Acquire { key: String, value: String, ttl_ms: u64 },
    Renew { fence: Fence, ttl_ms: u64 },
    Release { fence: Fence },
    Current { key: String },
    Status,
    Wrap { plaintext: Secret<Vec<u8>>, aad: Vec<u8> },
    Unwrap { blob: Blob, aad: Vec<u8> },
    Random { length: u64 },
}

/// What a call gave.
pub(super) enum Output {
    Nothing,
    Opened(Opening),
    Value(Option<Bytes>),
    Page(Page),
    Changes(Changes),
    Acquired(Acquired),
    Renewed(bool),
    Holder(Option<Holder>),
    Status(SealStatus),
    Wrapped(Blob),
    Secret(Secret<Vec<u8>>),
}

/// An opened instance, and what it is.
pub(super) struct Opening {
    pub(super) instance: Arc<Instance>,
    pub(super) interfaces: u32,
    pub(super) capabilities: Capabilities,
}

impl Call {
    /// Whether the call may have changed something if it ends without an answer.
    pub(super) fn writes(&self) -> bool {
        match self {
            Self::Put { .. }
            | Self::Delete { .. }
            | Self::Apply { .. }
            | Self::Acquire { .. }
            | Self::Renew { .. }
            | Self::Release { .. } => true,
            Self::Open { .. }
            | Self::Close
            | Self::Get { .. }
            | Self::List { .. }
            | Self::Changes { .. }
            | Self::Health
            | Self::Current { .. }
            | Self::Status
            | Self::Wrap { .. }
            | Self::Unwrap { .. }
            | Self::Random { .. } => false,
        }
    }

    /// Its name in the contract.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Close => "close",
            Self::Get { .. } => "get",
            Self::Put { .. } => "put",
            Self::Delete { .. } => "delete",
            Self::List { .. } => "list",
            Self::Apply { .. } => "apply",
            Self::Changes { .. } => "changes",
            Self::Health => "health",
            Self::Acquire { .. } => "acquire",
            Self::Renew { .. } => "renew",
            Self::Release { .. } => "release",
            Self::Current { .. } => "current",
            Self::Status => "status",
            Self::Wrap { .. } => "wrap",
            Self::Unwrap { .. } => "unwrap",
            Self::Random { .. } => "random",
        }
    }

    /// The fence that it carries.
    pub(super) fn fence(&self) -> Option<&Fence> {
        match self {
            Self::Put { fence, .. } | Self::Delete { fence, .. } | Self::Apply { fence, .. } => {
                fence.as_ref()
            }
            Self::Renew { fence, .. } | Self::Release { fence } => Some(fence),
            _ => None,
        }
    }
}
