//! The web pages that may ask, before anybody sets it by the API.

use crate::{error::Result, section::Section};

/// Cross-origin requests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cors {
    /// The origins, or `*`.
    pub allowed_origins: Vec<String>,
    /// Headers besides the usual ones.
    pub allowed_headers: Vec<String>,
    /// Whether pages may send credentials.
    pub allow_credentials: bool,
}

/// Reads the keys that begin with `cors_`; nothing if it is off.
pub(super) fn read(section: &mut Section<'_>) -> Result<Option<Cors>> {
    let enabled = section.flag("cors_enabled")?.unwrap_or(false);
    let cors = Cors {
        allowed_origins: section.list("cors_allowed_origins")?,
        allowed_headers: section.list("cors_allowed_headers")?,
        allow_credentials: section.flag("cors_allow_credentials")?.unwrap_or(false),
    };
    Ok(enabled.then_some(cors))
}
