//! What to load, what it may reach and how much it may use: one `plugin` stanza as data.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use plugin_api::{Manifest, Provider, digest};

use crate::{Kind, Report, vitals::Vitals};

/// The longest that one call may take unless the stanza says otherwise.
pub const CALL_TIME: Duration = Duration::from_secs(30);
/// The memory of one sandboxed instance, in bytes, unless the stanza says otherwise.
pub const MEMORY_BYTES: u64 = 256 << 20;
/// What a sandboxed plugin may hand over to the host at once, in bytes, unless the stanza says
/// otherwise.
pub const FUEL: u64 = 64 << 20;
/// Sandboxed instances that are kept, unless the stanza says otherwise.
pub const INSTANCES: usize = 4;
/// Lines a plugin may log each second unless the stanza says otherwise.
pub const LOG_LINES_PER_SECOND: u32 = 100;

/// A provider in a file: `plugin "storage" "mystore" { … }`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PluginSpec {
    /// What it is to provide.
    pub kind: Kind,
    /// The label under which stanzas use it.
    pub name: String,
    /// The file ([`find`](crate::find) makes it from what the stanza says).
    pub path: PathBuf,
    /// The digest that the file must have. Without one, nothing is loaded.
    pub sha256: Option<[u8; 32]>,
    /// `trust = "full"`: the operator knows that a native plugin can do what the server can.
    pub trust_full: bool,
    /// The conformance report on the file, as `strongroom plugin test -report` writes it.
    pub report: Option<PathBuf>,
    /// What a sandboxed plugin may reach.
    pub grants: Vec<Grant>,
    /// How much it may use.
    pub limits: Limits,
}

impl PluginSpec {
    /// A digest of the files that grants name: they change, and keep their names.
    pub(crate) fn beside(&self) -> [u8; 32] {
        let mut all = Vec::new();
        for grant in &self.grants {
            let Grant::Http { tls, .. } = grant else { continue };
            let client = tls.client.iter().flat_map(|(certificate, key)| [certificate, key]);
            for path in tls.ca_file.iter().chain(client) {
                // What cannot be read is told when it is loaded.
                all.extend(digest::sha256(&std::fs::read(path).unwrap_or_default()));
            }
        }
        digest::sha256(&all)
    }
}

/// Something outside that a sandboxed plugin may reach, by the name that it knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Grant {
    /// Requests to some origins.
    Http {
        /// What the plugin calls it.
        name: String,
        /// `https://kms.example.com`, each with a port where it is not the scheme's own.
        origins: Vec<String>,
        /// `GET`, `POST`; empty means all.
        methods: Vec<String>,
        /// Whom it trusts, and who it is.
        tls: GrantTls,
    },
    /// Connections to one address.
    Tcp {
        /// What the plugin calls it.
        name: String,
        /// `host:port`.
        address: String,
    },
    /// A folder.
    Dir {
        /// Where the plugin sees it.
        name: String,
        /// Where it is.
        path: PathBuf,
        /// Whether the plugin may change what is in it.
        writable: bool,
    },
    /// A variable of the environment.
    Env {
        /// Its name; its value is the server's own.
        variable: String,
    },
}

/// The TLS of a grant "http", where it is not that of everybody. The files are PEM, and are read when
/// the plugin is loaded.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct GrantTls {
    /// The authorities that alone are trusted; without it those of the system are.
    pub ca_file: Option<PathBuf>,
    /// The certificate that is shown, with its chain, and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// How much a plugin may use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The memory of one instance, in bytes. Sandboxed plugins only.
    pub memory_bytes: u64,
    /// The longest that one call may take, whatever the caller would wait.
    pub call_time: Duration,
    /// What a plugin may hand over to the host at once, in bytes: an answer, or the arguments of a
    /// function of the host. Sandboxed plugins only; what they compute is limited by `call_time`.
    pub fuel: u64,
    /// How many instances are kept. Sandboxed plugins only.
    pub instances: usize,
    /// Log lines that are passed on each second; the rest is counted and dropped.
    pub log_lines_per_second: u32,
}

/// A provider that was loaded from a file.
#[derive(Clone)]
pub struct Loaded {
    /// The provider, ready to be opened.
    pub provider: Arc<dyn Provider>,
    /// What the file says of itself.
    pub manifest: Manifest,
    /// The SHA-256 of the very bytes that were loaded.
    pub digest: [u8; 32],
    /// How it was loaded.
    pub loader: Loader,
    /// What was tested of it, if the stanza names a report.
    pub report: Option<Report>,
    /// The digest of what lay beside it when it was loaded ([`PluginSpec::beside`]).
    pub(crate) beside: [u8; 32],
    pub(crate) vitals: Arc<dyn Vitals>,
}

/// How a provider came into the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Loader {
    /// Linked into the binary.
    Bundled,
    /// A library, through the C ABI.
    Native,
    /// A component, in a sandbox.
    Wasm,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_BYTES,
            call_time: CALL_TIME,
            fuel: FUEL,
            instances: INSTANCES,
            log_lines_per_second: LOG_LINES_PER_SECOND,
        }
    }
}

impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loaded")
            .field("manifest", &self.manifest)
            .field("digest", &hex::encode(self.digest))
            .field("loader", &self.loader)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Loader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bundled => "bundled",
            Self::Native => "native",
            Self::Wasm => "wasm",
        })
    }
}
