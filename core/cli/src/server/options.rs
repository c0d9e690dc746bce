//! What the command line says about the server.

use std::path::PathBuf;

use crate::{
    call::Call,
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
};

/// The flags of `server`.
pub(crate) const FLAGS: &[Flag] = &[
    Flag::new(
        &["config"],
        Kind::List,
        "A configuration file (HCL or JSON), or a folder of them. May be repeated.",
    )
    .or_variable("CONFIG_PATH"),
    Flag::new(&["log-level"], Kind::Text, "trace, debug, info, warn or error.")
        .or_variable("LOG_LEVEL"),
    Flag::new(&["log-format"], Kind::Text, "standard or json.").or_variable("LOG_FORMAT"),
    Flag::new(
        &["dev"],
        Kind::Bool,
        "Start in memory, initialised and unsealed, with key-value secrets at secret/. For trying \
         things out: nothing is kept.",
    ),
    Flag::new(
        &["dev-root-token-id"],
        Kind::Text,
        "The root token of a dev server. Made up if not given.",
    )
    .or_variable("DEV_ROOT_TOKEN_ID"),
    Flag::new(
        &["dev-listen-address"],
        Kind::Text,
        "Where a dev server listens: 127.0.0.1:8200 if not given.",
    )
    .or_variable("DEV_LISTEN_ADDRESS"),
    Flag::new(
        &["dev-no-store-token"],
        Kind::Bool,
        "Do not leave the dev root token in the token file of the client commands.",
    ),
    Flag::new(
        &["dev-tls"],
        Kind::Bool,
        "Listen with TLS, with a certificate that is made at each start. The server prints which \
         authority clients have to trust.",
    ),
    Flag::new(
        &["dev-tls-cert-dir"],
        Kind::Text,
        "The folder for that certificate and its authority; by default one that goes with the \
         server.",
    ),
    Flag::new(
        &["dev-kv-v1"],
        Kind::Bool,
        "Mount version 1 of key-value secrets at secret/, not version 2.",
    ),
    Flag::new(&["dev-no-kv"], Kind::Bool, "Mount nothing at secret/."),
];

/// The parsed options.
pub(crate) struct Options {
    /// Files and folders, in order.
    pub(crate) config: Vec<PathBuf>,
    /// Overrides the configuration's.
    pub(crate) log_level: Option<String>,
    /// Overrides the configuration's.
    pub(crate) log_format: Option<String>,
    /// A server for trying things out.
    pub(crate) dev: Option<Dev>,
}

/// What a dev server is told.
pub(crate) struct Dev {
    pub(crate) root_token: Option<String>,
    pub(crate) listen_address: String,
    pub(crate) store_token: bool,
    pub(crate) kv: DevKv,
    pub(crate) tls: DevTls,
}

/// Where a dev server has its certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum DevTls {
    /// It has none and speaks clear text.
    Off,
    /// In a folder that goes with the server.
    Temporary,
    /// In this folder.
    Folder(PathBuf),
}

/// What a dev server mounts at `secret/`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DevKv {
    None,
    Version1,
    Version2,
}

impl Options {
    /// Reads the flags and the variables that stand for them.
    pub(crate) fn parse(call: &Call) -> Outcome<Self> {
        let config: Vec<PathBuf> =
            call.given.list("config").into_iter().map(PathBuf::from).collect();
        let dev = IMPLY_DEV.iter().any(|flag| call.given.is(flag)).then(|| dev(call));
        let named = client::settings::variable("CONFIG_PATH").is_some_and(|path| !path.is_empty());
        if dev.is_none() && config.is_empty() && !named {
            return Err(Failure::local(
                "A configuration is needed: -config=FILE, or -dev to try things out in memory",
            ));
        }
        if dev.as_ref().is_some_and(|dev| dev.tls != DevTls::Off) && !config.is_empty() {
            return Err(Failure::local(
                "-dev-tls is for a server without -config: write tls_cert_file and tls_key_file \
                 in the listener stanza, or leave out -config",
            ));
        }
        Ok(Self {
            config,
            log_level: text(call, "log-level", "LOG_LEVEL"),
            log_format: text(call, "log-format", "LOG_FORMAT"),
            dev,
        })
    }
}

/// Each of these alone asks for a dev server.
const IMPLY_DEV: [&str; 2] = ["dev", "dev-tls"];

fn dev(call: &Call) -> Dev {
    let folder = call.given.text("dev-tls-cert-dir").filter(|path| !path.is_empty());
    Dev {
        root_token: text(call, "dev-root-token-id", "DEV_ROOT_TOKEN_ID"),
        listen_address: text(call, "dev-listen-address", "DEV_LISTEN_ADDRESS")
            .unwrap_or_else(|| "127.0.0.1:8200".to_owned()),
        store_token: !call.given.is("dev-no-store-token"),
        kv: match (call.given.is("dev-no-kv"), call.given.is("dev-kv-v1")) {
            (true, _) => DevKv::None,
            (false, true) => DevKv::Version1,
            (false, false) => DevKv::Version2,
        },
        tls: match (call.given.is("dev-tls"), folder) {
            (false, _) => DevTls::Off,
            (true, None) => DevTls::Temporary,
            (true, Some(folder)) => DevTls::Folder(PathBuf::from(folder)),
        },
    }
}

/// A flag, or the variable that stands for it.
fn text(call: &Call, flag: &str, variable: &str) -> Option<String> {
    let given = call.given.text(flag).map(str::to_owned);
    given.or_else(|| client::settings::variable(variable)).filter(|text| !text.is_empty())
}
