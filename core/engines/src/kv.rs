//! Key/value secrets: version 1 keeps the last value, version 2 keeps several.
//!
//! The two lie apart in the mount's part of the store (`kv1/…` against `config`, `keys/…` and
//! `versions/…`), so a mount whose version is changed never reads one as the other. A version 2
//! engine serves what version 1 left behind as the first version of each secret, and rewrites it
//! with the next write; [`upgrade()`] rewrites all of it.

use std::{collections::BTreeMap, sync::Arc};

use logical::{Backend, Error, Result};

pub mod upgrade;
pub mod v1;
pub mod v2;

pub use crate::kv::upgrade::{Upgrade, upgrade};

/// The engine for a mount with these options.
pub fn open(options: &BTreeMap<String, String>) -> Result<Arc<dyn Backend>> {
    match options.get("version").map_or("", String::as_str) {
        "" | "1" => Ok(Arc::new(v1::Kv1::new())),
        "2" => Ok(Arc::new(v2::Kv2::new())),
        _ => Err(Error::invalid("nil backend of type \"kv\" returned from factory")),
    }
}
