//! What a plugin's file says of itself, readable without running any of it.
//!
//! It is JSON, in the section [`ELF_SECTION`] of a native library or in the custom section
//! [`WASM_SECTION`] of a component. [`export!`](crate::export) writes it; in C the macro
//! `SR_MANIFEST` does.

use serde::{Deserialize, Serialize};

/// The section of an ELF file that holds the manifest.
pub const ELF_SECTION: &str = ".sr.manifest";
/// The custom section of a WASM component that holds the manifest.
pub const WASM_SECTION: &str = "strongroom:manifest";
/// The longest manifest, in bytes.
pub const MANIFEST_BYTES_MAX: usize = 64 << 10;

/// A plugin's description of itself. Unknown fields are ignored.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Manifest {
    /// The provider's own name: `file`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it provides: `storage`, `ha-lock`, `seal`.
    pub kinds: Vec<String>,
    /// An SPDX expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// One sentence for a list of plugins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The C ABI that a native library was built for: `0.1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abi: Option<String>,
    /// The world that a component was built for: `strongroom:plugin/storage@0.1.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<String>,
    /// What it was built with: `rust 0.1.0`, `c`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<String>,
}

/// Why a section holds no manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It is too long to be one.
    #[error("it has {0} bytes, the limit is {MANIFEST_BYTES_MAX}")]
    TooLong(usize),
    /// It is not the JSON that it must be.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

impl Manifest {
    /// Reads the bytes of a section. A C string ends in NUL, and sections are padded with it.
    pub fn parse(section: &[u8]) -> Result<Self, ManifestError> {
        if section.len() > MANIFEST_BYTES_MAX {
            return Err(ManifestError::TooLong(section.len()));
        }
        let end = section.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        Ok(serde_json::from_slice(section.get(..end).unwrap_or_default())?)
    }
}

/// The text of a manifest as an array, which a section needs; for [`export!`](crate::export).
#[doc(hidden)]
pub const fn bytes<const N: usize>(text: &str) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(text.as_bytes());
    array
}

#[cfg(test)]
mod tests;
