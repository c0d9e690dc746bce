//! The server's configuration: HCL or JSON files as types that are already valid.
//!
//! [`Config::load`] reads files and folders, lets environment variables have the last word, and
//! answers a [`Config`] in which addresses are parsed, durations are durations and limits have
//! their defaults. What belongs to a provider (`storage`, `ha_storage`, `seal`, `plugin`) stays a
//! [`Stanza`] of settings: the provider knows them, and nobody else does.
//!
//! The words are Vault's and OpenBao's. A key that nobody knows gives a warning, so that a file
//! written for a newer server still starts; a value that cannot be meant gives an error with its
//! file and line. No `Debug` here shows the value of a provider's setting.

mod address;
mod audit;
mod config;
mod env;
mod error;
mod listener;
mod load;
mod lockout;
mod log;
mod plugin;
mod seal;
mod section;
mod stanza;
mod storage;
mod telemetry;

pub use crate::{
    address::{Address, Cidr},
    audit::AuditStanza,
    config::Config,
    error::{Error, Place, Result},
    listener::{
        Bind, ClientCertificates, Cors, ForwardedFor, HttpTimeouts, Listener, RequestLimits,
        ResponseHeaders, StatusPattern, Tls, TlsVersion, Unauthenticated, UnixSocket,
    },
    load::{FILES_MAX, Loaded},
    lockout::UserLockout,
    log::{Log, LogFile, LogFormat, LogLevel},
    plugin::{PluginGrant, PluginStanza},
    seal::{SEALS_MAX, SealHealth, SealStanza},
    stanza::Stanza,
    telemetry::Telemetry,
};
