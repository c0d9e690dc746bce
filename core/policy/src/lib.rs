//! Policies: parse one, decide a request. Pure.

mod grant;

pub use crate::grant::Grant;
