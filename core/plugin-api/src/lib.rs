//! The contracts between the server and its providers: storage, HA lock and seal.
//!
//! A provider implements one of the traits below and is handed to the server as an `Arc<dyn …>`,
//! whether it is linked into the binary or loaded from a file. Nothing here knows the server: a
//! provider depends on this crate and on no other crate of ours.
//!
//! Reading order: [`storage`] → [`capabilities`] → [`error`]; then [`ha_lock`] or [`seal`].

pub mod capabilities;
pub mod clustered;
pub mod digest;
pub mod error;
pub mod ha_lock;
pub mod key;
pub mod op;
pub mod provider;
pub mod seal;
pub mod secret;
pub mod storage;

pub use async_trait::async_trait;
pub use bytes::Bytes;

pub use crate::{
    capabilities::Capabilities,
    clustered::ClusteredStorage,
    error::{Error, ErrorKind, Result},
    ha_lock::{Acquired, Fence, HaLock, Holder},
    op::Op,
    provider::{Opened, Provider, Settings},
    seal::{Blob, Seal, SealStatus},
    secret::Secret,
    storage::{Changes, Check, Page, Storage, Write},
};
