//! The calls of the contracts and what they give, as values that wait for each other.

use std::sync::Arc;

use plugin_api::{
    Acquired, Blob, Bytes, Capabilities, Changes, Check, Fence, Holder, Page, SealStatus, Secret,
    Write,
};

use crate::native::instance::Instance;

/// A call with all that the plugin may look at until it has answered. What is large and rare is in
/// a box.
#[derive(Default)]
pub(super) enum Call {
    #[default]
    None,
    Open {
        settings: Vec<(String, String)>,
    },
    Close,
    /// Its key is kept beside it, in memory that is used again: there are so many of them.
    Get,
    Put {
        key: String,
        value: Bytes,
        fence: Option<Box<Fence>>,
    },
    Delete {
        key: String,
        fence: Option<Box<Fence>>,
    },
    List {
        prefix: String,
        after: String,
        limit: usize,
    },
    Apply {
        checks: Vec<Check>,
        writes: Vec<Write>,
        fence: Option<Box<Fence>>,
    },
    Changes {
        cursor: Option<String>,
        wait_ms: u64,
    },
    Health,
    Acquire {
        key: String,
        value: String,
        ttl_ms: u64,
    },
    Renew {
        fence: Box<Fence>,
        ttl_ms: u64,
    },
    Release {
        fence: Box<Fence>,
    },
    Current {
        key: String,
    },
    Status,
    Wrap {
        plaintext: Secret<Vec<u8>>,
        aad: Vec<u8>,
    },
    Unwrap {
        blob: Box<Blob>,
        aad: Vec<u8>,
    },
    Random {
        length: u64,
    },
}

/// What a call gave. Two words each: it goes from hand to hand, and a value that is moved just after
/// it was written makes the processor wait.
pub(super) enum Output {
    Nothing,
    Opened(Box<Opening>),
    /// No value.
    Missing,
    /// A small value, ours.
    Copied(Box<[u8]>),
    /// A large one, in the plugin's memory.
    Shared(Box<Bytes>),
    Page(Box<Page>),
    Changes(Box<Changes>),
    Acquired(Box<Acquired>),
    /// A lock is held, as before.
    Held,
    /// It is held no more.
    Lost,
    Holder(Option<Box<Holder>>),
    Status(Box<SealStatus>),
    Wrapped(Box<Blob>),
    Secret(Box<Secret<Vec<u8>>>),
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
            Self::None
            | Self::Open { .. }
            | Self::Close
            | Self::Get
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
            Self::None => "none",
            Self::Open { .. } => "open",
            Self::Close => "close",
            Self::Get => "get",
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
                fence.as_deref()
            }
            Self::Renew { fence, .. } | Self::Release { fence } => Some(fence),
            _ => None,
        }
    }
}
