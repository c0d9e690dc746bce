//! What is kept of a device, and how one is asked for.

use std::{collections::BTreeMap, sync::Arc};

use crypto::Hmac;
use logical::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::{
    Device,
    file::{FileDevice, parse_mode},
    line::Style,
};

/// A device at rest, at `core/audit/<uuid>`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// Its name, with a trailing `/`.
    pub path: String,
    /// Its type, `file`.
    pub kind: String,
    /// Names its entries in the store.
    pub uuid: String,
    /// Free text.
    pub description: String,
    /// It is not replicated. Kept for clients.
    pub local: bool,
    /// The options of its type.
    pub options: BTreeMap<String, String>,
}

/// A device as a client asks for it.
#[derive(Clone, Debug, Default)]
pub struct Enable {
    /// Its type.
    pub kind: String,
    /// Free text.
    pub description: String,
    /// Kept for clients.
    pub local: bool,
    /// The options of its type.
    pub options: BTreeMap<String, String>,
}

/// A device that the configuration declares.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Everything else.
    pub device: Enable,
}

impl Declared {
    /// The record of the device. Its id comes from its name, so that its HMACs stay the same over
    /// restarts and on every node.
    pub(crate) fn record(&self) -> Record {
        let digest = crypto::sha256(format!("audit device {}", self.name).as_bytes());
        let [a, b, c, d, ..] = digest;
        let (head, rest) = (u32::from_be_bytes([a, b, c, d]), digest.get(4..16).unwrap_or(&[]));
        let tail = rest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        Record::new(format!("declared-{head:08x}{tail}"), &self.name, self.device.clone())
    }
}

impl Record {
    pub(crate) fn new(uuid: String, path: &str, ask: Enable) -> Self {
        Self {
            path: format!("{}/", path.trim_matches('/')),
            kind: ask.kind,
            uuid,
            description: ask.description,
            local: ask.local,
            options: ask.options,
        }
    }

    /// Checks the options and opens the device.
    pub(crate) fn open(&self) -> Result<Arc<dyn Device>> {
        if self.kind != "file" {
            return Err(Error::invalid(format!("unknown backend type: \"{}\"", self.kind)));
        }
        let path = match self.option("file_path") {
            "" => self.option("path"),
            path => path,
        };
        if path.is_empty() {
            return Err(Error::invalid("file_path is required"));
        }
        self.check()?;
        let mode = parse_mode(self.option("mode")).map_err(Error::invalid)?;
        match FileDevice::open(path, mode) {
            Ok(device) => Ok(Arc::new(device)),
            Err(error) => Err(Error::invalid(format!(
                "sanity check failed; unable to open \"{path}\" for writing: {error}"
            ))),
        }
    }

    /// How its lines look, with this salt.
    pub(crate) fn style(&self, salt: &str) -> Result<Style> {
        Ok(Style {
            hmac: Hmac::new(salt.as_bytes()),
            raw: self.flag("log_raw", false)?,
            hmac_accessor: self.flag("hmac_accessor", true)?,
            elide_lists: self.flag("elide_list_responses", false)?,
        })
    }

    fn check(&self) -> Result<()> {
        if !self.option("prefix").is_empty() {
            return Err(Error::invalid("audit log prefixing is not allowed"));
        }
        match self.option("format") {
            "" | "json" => {}
            "jsonx" => return Err(Error::invalid("format type \"jsonx\" is not supported here")),
            other => return Err(Error::invalid(format!("unknown format type \"{other}\""))),
        }
        self.style("").map(|_| ())
    }

    fn option(&self, name: &str) -> &str {
        self.options.get(name).map_or("", String::as_str)
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool> {
        match self.option(name) {
            "" => Ok(default),
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            other => Err(Error::invalid(format!(
                "strconv.ParseBool: parsing \"{other}\": invalid syntax"
            ))),
        }
    }
}
