//! The contracts between the server and its providers: storage, HA lock and seal.
//!
//! A provider implements one of the traits below and is handed to the server as an `Arc<dyn …>`,
//! whether it is linked into the binary or loaded from a file. Nothing here knows the server: a
//! provider depends on this crate and on no other crate of ours.
//!
//! Reading order: [`storage`] → [`capabilities`] → [`error`]; then [`ha_lock`] or [`seal`].
//! [`export!`] makes a plugin of a provider; [`abi`] and `include/strongroom_plugin.h` are the C
//! ABI that a native one speaks.

pub mod abi;
pub mod capabilities;
pub mod clustered;
pub mod digest;
pub mod error;
mod export;
pub mod ha_lock;
pub mod key;
pub mod manifest;
#[cfg(all(feature = "native", not(target_family = "wasm")))]
pub mod native;
pub mod op;
pub mod provider;
pub mod seal;
pub mod secret;
pub mod storage;
#[cfg(all(feature = "wasm", target_family = "wasm"))]
pub mod wasm;

pub use async_trait::async_trait;
pub use bytes::Bytes;

pub use crate::{
    capabilities::Capabilities,
    clustered::ClusteredStorage,
    error::{Error, ErrorKind, Result},
    ha_lock::{Acquired, Fence, HaLock, Holder},
    manifest::Manifest,
    op::Op,
    provider::{Opened, Provider, Settings},
    seal::{Blob, Seal, SealStatus},
    secret::Secret,
    storage::{Changes, Check, Page, Storage, Write},
};
