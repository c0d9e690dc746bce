//! The stanza `storage "file" { … }`.

use std::path::PathBuf;

use plugin_api::{Error, ErrorKind, Result, Settings};

/// The settings of the file storage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// The folder that holds everything. Made if it is missing, for the server's user only.
    pub path: PathBuf,
}

impl Config {
    /// Reads the stanza; an unknown or missing setting is an error that names it.
    pub fn from_settings(mut settings: Settings) -> Result<Self> {
        let path = settings.require("path")?;
        settings.finish()?;
        if path.is_empty() {
            let message = "the setting \"path\" is empty; name the folder that is to hold the data";
            return Err(Error::new(ErrorKind::ConfigInvalid, message));
        }
        Ok(Self { path: path.into() })
    }
}
