//! `storage "file"`: one file per key in a folder, as Vault and OpenBao lay them out.
//!
//! - `config.rs`: the stanza.
//! - `storage.rs`: the provider and the [`Storage`](plugin_api::Storage) that it opens.
//! - `engine.rs`: the store itself, in synchronous code; its folder has the parts.
//! - `error.rs`: what can go wrong, as sentences.
//!
//! The layout and the promises are described in `README.md`.

mod config;
mod engine;
mod error;
mod storage;

pub use crate::{
    config::Config,
    error::FileError,
    storage::{FileProvider, FileStorage},
};

plugin_api::export! {
    provider = FileProvider,
    manifest = {
        name: "file",
        kinds: [storage],
        license: "Apache-2.0",
        description: "One file per key in a folder, as Vault and OpenBao lay them out.",
    }
}
