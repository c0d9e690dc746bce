//! The file of a plugin: where it is, and its bytes, checked against the digest of the stanza.

use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use plugin_api::digest;

use crate::{Fault, PluginSpec};

/// The largest file that is loaded, in bytes.
pub const FILE_BYTES_MAX: u64 = 512 << 20;

/// The bytes of a file, in the server's own memory: nobody can exchange them any more.
#[cfg_attr(
    not(any(feature = "native", feature = "wasm")),
    expect(dead_code, reason = "without a loader it is only looked at")
)]
pub(crate) struct Image {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: [u8; 32],
}

/// The form of a plugin, by its first bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Elf,
    Wasm,
}

/// The file that a stanza's `path` names: as it is when it is absolute, else in the
/// `plugin_directory`, else in the working directory.
pub fn find(path: &Path, plugin_directory: Option<&Path>) -> PathBuf {
    match plugin_directory {
        Some(folder) => folder.join(path),
        None => path.to_owned(),
    }
}

impl Image {
    /// Reads the file of a stanza; its bytes have the stanza's digest, or there is no image.
    pub(crate) fn read(spec: &PluginSpec) -> Result<Self, Fault> {
        let bytes = read(&spec.path)?;
        let digest = digest::sha256(&bytes);
        let found = hex::encode(digest);
        match spec.sha256 {
            None => Err(Fault::NoDigest { found }),
            Some(wanted) if wanted != digest => {
                Err(Fault::WrongDigest { wanted: hex::encode(wanted), found })
            }
            Some(_) => Ok(Self { bytes, digest }),
        }
    }

    /// What it is.
    pub(crate) fn form(&self) -> Result<Form, Fault> {
        if self.bytes.starts_with(b"\x7fELF") {
            Ok(Form::Elf)
        } else if self.bytes.starts_with(b"\0asm") {
            Ok(Form::Wasm)
        } else {
            Err(Fault::UnknownForm)
        }
    }
}

/// The bytes of a plugin's file, unchecked.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Fault::Missing,
        _ => Fault::Unreadable(error),
    };
    // A pipe would wait for a writer: look before it is opened.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(Fault::NotAFile);
    }
    let mut file = File::open(path).map_err(unreadable)?.take(FILE_BYTES_MAX + 1);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    match bytes.len() as u64 {
        found if found > FILE_BYTES_MAX => Err(Fault::TooLarge { found, limit: FILE_BYTES_MAX }),
        _ => Ok(bytes),
    }
}
