//! What can be wrong with a plugin's file, each as a sentence that says what to do.

use std::io;

/// Why a file is not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// There is no such file.
    #[error("there is no such file; put it there, or correct \"path\" or \"plugin_directory\"")]
    Missing,
    /// It cannot be read.
    #[error("the file cannot be read: {0}; give the server's user the right to it")]
    Unreadable(io::Error),
    /// It is a folder or a device.
    #[error("this is not a regular file; name the plugin's file")]
    NotAFile,
    /// It is larger than any plugin should be.
    #[error("the file has {found} bytes, the limit is {limit}; strip it of its debug information")]
    TooLarge {
        /// Its size.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The stanza has no digest.
    #[error(
        "\"sha256\" is missing; if you know where the file comes from, write sha256 = \"{found}\""
    )]
    NoDigest {
        /// The digest of the file, hexadecimal.
        found: String,
    },
    /// The file is not the one that the stanza means.
    #[error(
        "the file has the sha256 {found}, and the stanza says {wanted}; put the right file there, \
         or write the new digest once you know where it comes from"
    )]
    WrongDigest {
        /// What the stanza says, hexadecimal.
        wanted: String,
        /// The digest of the file, hexadecimal.
        found: String,
    },
    /// It is no plugin in any form.
    #[error("this is neither a library (ELF) nor a WASM component; name the built plugin")]
    UnknownForm,
    /// This server was built without the loader that it needs.
    #[error("this build has no loader for {0} plugins; use a build that has it")]
    NoLoader(&'static str),
    /// A native plugin that the operator has not said to trust.
    #[error(
        "a native plugin can do all that the server can; write trust = \"full\" if you trust it \
         that far, or use its WASM build"
    )]
    NotTrusted,
    /// The file's structure is broken.
    #[error("the library cannot be read ({0}); it may be cut off: copy or build it again")]
    Broken(String),
    /// It was built for another machine.
    #[error("the library was built for {found}, and this machine is {wanted}; build it for that")]
    Machine {
        /// What the file says.
        found: String,
        /// What this is.
        wanted: String,
    },
    /// It is ELF, and not a library.
    #[error("this is a program or an object file, not a shared library; link it with -shared")]
    NotALibrary,
    /// It does not describe itself.
    #[error("it has no manifest ({0}); build it with export! in Rust or SR_MANIFEST in C")]
    NoManifest(&'static str),
    /// It describes itself badly.
    #[error("its manifest cannot be read ({0}); correct it and build the plugin again")]
    BadManifest(String),
    /// It is no provider of the kind that the stanza says.
    #[error("it provides {}, not {wanted}; correct the stanza's first label", found.join(", "))]
    WrongKind {
        /// What the manifest says.
        found: Vec<String>,
        /// What the stanza says.
        wanted: String,
    },
    /// It was built for an ABI or a world that the server does not know any more.
    #[error(
        "it was built for the older ABI {found}, and this server has {ours}; build it again with \
         this server's SDK"
    )]
    Older {
        /// The version it was built for.
        found: String,
        /// The server's.
        ours: String,
    },
    /// It was built for an ABI or a world that the server does not know yet.
    #[error(
        "it was built for the newer ABI {found}, and this server has {ours}; use a newer server, \
         or build it with this server's SDK"
    )]
    Newer {
        /// The version it was built for.
        found: String,
        /// The server's.
        ours: String,
    },
    /// It does not have the entry.
    #[error("it does not export {0}; build it with export! in Rust or define it in C")]
    NoEntry(&'static str),
    /// The system's loader refused it.
    #[error("the system's loader refuses it ({0}); install what it needs, or build it for here")]
    Linker(String),
    /// It is a component that cannot be used.
    #[cfg(feature = "wasm")]
    #[error(transparent)]
    Component(Box<crate::wasm::ComponentFault>),
    /// Its entry answered no table, or one that cannot be used.
    #[error("it refuses to start ({0}); see its lines in the log")]
    Refused(String),
}

#[cfg(feature = "wasm")]
impl From<crate::wasm::ComponentFault> for Fault {
    fn from(fault: crate::wasm::ComponentFault) -> Self {
        Self::Component(Box::new(fault))
    }
}
