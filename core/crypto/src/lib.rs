//! The one door to cryptography and randomness: every other crate of ours uses these few shapes.
//!
//! Reading order: [`aead`] → [`hmac`], [`hash`], [`hkdf`] → [`random`] → [`shamir`] →
//! [`es512`].

pub mod aead;
pub mod compare;
pub mod error;
pub mod es512;
pub mod hash;
pub mod hkdf;
pub mod hmac;
pub mod random;
pub mod root_key;
pub mod shamir;

pub use plugin_api::Secret;

pub use crate::{
    aead::Aead,
    compare::ct_eq,
    error::{Error, Result},
    es512::SigningKey,
    hash::{sha1, sha256, sha384, sha512},
    hmac::{Hmac, hmac_sha256},
    root_key::RootKey,
};
