//! A plugin's file, looked at without running any of it.

mod component;
mod library;

use std::{
    fs,
    path::{Path, PathBuf},
};

use plugin_api::{Manifest, digest};

pub(super) use crate::command::plugin::file::{
    component::Component,
    library::{Library, glibc},
};
use crate::failure::{Failure, Outcome};

/// The symbol that makes a library a plugin.
pub(super) const ENTRY: &str = "sr_plugin_entry_v0";

/// A file that may be a plugin.
pub(super) struct PluginFile {
    /// Where it is, from the root.
    pub(super) path: PathBuf,
    /// Its size.
    pub(super) bytes: usize,
    /// Its SHA-256.
    pub(super) digest: [u8; 32],
    /// What it is.
    pub(super) form: Form,
    /// What it says of itself; else why there is nothing to read.
    pub(super) manifest: Result<Manifest, String>,
}

/// What a file is.
pub(super) enum Form {
    /// A library for the C ABI.
    Library(Library),
    /// A component for a sandbox.
    Component(Component),
}

impl PluginFile {
    /// Reads a file.
    pub(super) fn read(path: &str) -> Outcome<Self> {
        let fault = |why: String| Failure::Local(format!("{path}: {why}"));
        let shown = Path::new(path);
        let size = fs::metadata(shown).map_err(|error| fault(error.to_string()))?;
        if !size.is_file() {
            return Err(fault("this is not a file; name the built plugin".to_owned()));
        }
        if size.len() > plugin_host::FILE_BYTES_MAX {
            return Err(fault(format!("it has {} bytes, which is too much", size.len())));
        }
        let bytes = fs::read(shown).map_err(|error| fault(error.to_string()))?;
        let (form, section) = parsed(&bytes).map_err(fault)?;
        let manifest = match section {
            Some(section) => Manifest::parse(&section).map_err(|error| error.to_string()),
            None => Err("it has none".to_owned()),
        };
        let manifest = match (&form, manifest) {
            // A component need not describe itself: its exports do.
            (Form::Component(component), Err(_)) if component.manifest_is_absent => {
                Ok(component.described(shown))
            }
            (_, manifest) => manifest,
        };
        Ok(Self {
            path: fs::canonicalize(shown).unwrap_or_else(|_| shown.to_owned()),
            bytes: bytes.len(),
            digest: digest::sha256(&bytes),
            form,
            manifest,
        })
    }

    /// The digest, hexadecimal.
    pub(super) fn sha256(&self) -> String {
        hex::encode(self.digest)
    }

    /// How the server would load it.
    pub(super) fn loader(&self) -> &'static str {
        match self.form {
            Form::Library(_) => "native",
            Form::Component(_) => "wasm",
        }
    }

    /// The manifest, or why it cannot be had.
    pub(super) fn manifest(&self) -> Outcome<&Manifest> {
        self.manifest.as_ref().map_err(|why| {
            Failure::Local(format!(
                "{}: the manifest cannot be read ({why}); build it with export! in Rust or \
                 SR_MANIFEST in C",
                self.path.display()
            ))
        })
    }

    /// The stanzas to paste into a server's configuration.
    pub(super) fn stanza(&self) -> Outcome<String> {
        let manifest = self.manifest()?;
        let name = &manifest.name;
        let trust = match self.form {
            Form::Library(_) => {
                "\n  # A native plugin can do all that the server can.\n  trust  = \"full\""
            }
            Form::Component(_) => "",
        };
        let (path, sha256) = (self.path.display(), self.sha256());
        let mut text = String::new();
        for kind in ["storage", "ha-lock", "seal"] {
            if !manifest.kinds.iter().any(|it| it == kind) {
                continue;
            }
            let used = if kind == "ha-lock" { "ha_storage" } else { kind };
            text.push_str(&format!(
                "plugin \"{kind}\" \"{name}\" {{\n  path   = \"{path}\"\n  sha256 = \
                 \"{sha256}\"{trust}\n}}\n\n{used} \"{name}\" {{\n}}\n\n"
            ));
        }
        Ok(text.trim_end().to_owned())
    }
}

fn parsed(bytes: &[u8]) -> Result<(Form, Option<Vec<u8>>), String> {
    if bytes.starts_with(b"\x7fELF") {
        let (library, section) = Library::read(bytes)?;
        return Ok((Form::Library(library), section));
    }
    if bytes.starts_with(b"\0asm") {
        let (component, section) = Component::read(bytes)?;
        return Ok((Form::Component(component), section));
    }
    Err("this is neither a library (ELF) nor a WASM component; name the built plugin".to_owned())
}
