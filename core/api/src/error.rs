//! Why a listener cannot start or a certificate cannot be loaded: each one a sentence that says
//! what to do.

use std::{io, path::PathBuf};

/// What starting and reloading answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a listener cannot serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is not one of this machine, or not an address at all.
    #[error(
        "cannot listen on {address}: {source}; set `address` in the listener stanza to an \
         address of this machine and a port, such as 127.0.0.1:8200"
    )]
    Address {
        /// As it is configured.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// Another process listens there.
    #[error(
        "cannot listen on {address}: another process uses this address; stop it, or set another \
         `address` in the listener stanza"
    )]
    Occupied {
        /// As it is configured.
        address: String,
    },
    /// A port below 1024 without the right to it.
    #[error(
        "cannot listen on {address}: this user may not open the port; use one above 1023, or \
         grant the capability CAP_NET_BIND_SERVICE"
    )]
    Forbidden {
        /// As it is configured.
        address: String,
    },
    /// A socket in the file system cannot be made.
    #[error("cannot listen on the socket {path:?}: {source}; check `address` of the listener")]
    Socket {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of the listener cannot be read.
    #[error(
        "cannot read {setting} {path:?}: {source}; check the path, and that the server's user \
         may read the file"
    )]
    File {
        /// The key of the listener stanza.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file holds nothing of the wanted kind.
    #[error("{setting} {path:?} holds no {wanted} in PEM form; name a file that does")]
    Empty {
        /// The key of the listener stanza.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// A file holds something broken.
    #[error("{setting} {path:?} cannot be used: {why}; put a sound file there")]
    Broken {
        /// The key of the listener stanza.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The library's words.
        why: String,
    },
    /// The key is not the one of the certificate.
    #[error(
        "tls_key_file {key:?} does not belong to the first certificate in tls_cert_file {cert:?}; \
         the server's own certificate must come first, then those of its issuers"
    )]
    Mismatch {
        /// The key file.
        key: PathBuf,
        /// The certificate file.
        cert: PathBuf,
    },
    /// The TLS keys do not go together.
    #[error("the TLS keys of the listener stanza cannot be used: {0}")]
    Tls(String),
    /// A response header of the configuration is no header.
    #[error("custom_response_headers: {0:?} or its value cannot be sent as a header")]
    Header(String),
}
