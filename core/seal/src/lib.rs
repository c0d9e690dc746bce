//! What guards the root key: Shamir's unseal keys or a provider's key, and the recovery keys.
//!
//! A seal keeps a few entries beside the barrier, in Vault's formats, so that unseal keys and
//! wrapped root keys carry over. It gives the root key and knows nothing of what is done with it.
//!
//! Reading order: [`Protection`] → `split`, `quorum` → `stored`, `blob` → [`StaticProvider`].

mod auto;
mod blob;
mod config;
mod envelope;
mod error;
mod init;
mod label;
mod protection;
mod quorum;
mod recovery;
mod shamir;
mod split;
mod static_key;
mod stored;
mod unseal;

pub use crate::{
    auto::{Auto, Wrapping},
    blob::{BlobInfo, KeyInfo},
    config::{SHAMIR, SealConfig},
    envelope::{open_envelope, seal_envelope},
    error::{Error, Result},
    init::{InitParams, Initialized},
    label::{Label, Paths, SHAMIR_KEK, SealName},
    protection::Protection,
    quorum::{Given, Progress, Quorum},
    split::{KEY_BYTES_MAX, KEY_BYTES_MIN, Purpose, Split, SplitFault, SplitRequest},
    static_key::{Environment, STATIC_ENVIRONMENT, StaticKey, StaticProvider},
    unseal::{Unsealed, Unsealing},
};
