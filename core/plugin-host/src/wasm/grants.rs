//! What a component may reach: each import must be free or granted, and an instance gets the
//! granted folders and variables and nothing else of the machine.

use std::{path::PathBuf, sync::Arc};

use tracing::Level;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use crate::{
    Grant, PluginSpec,
    voice::Voice,
    wasm::{fault::ComponentFault, folders::Writable, lines::Lines, outline::Outline, tcp::Dialer},
};

/// Interfaces that every component may import: they reach nothing.
const FREE: &[&str] = &[
    "strongroom:plugin/types",
    "strongroom:plugin/log",
    "strongroom:plugin/metrics",
    "strongroom:plugin/clock",
    "strongroom:plugin/random",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];
/// Interfaces that a grant "http" opens.
const HTTP: &[&str] = &["wasi:http/types", "wasi:http/outgoing-handler"];
/// Interfaces that a grant "tcp" opens.
const SOCKETS: &str = "wasi:sockets/";
/// The most random bytes that a guest may ask for at once.
const RANDOM_BYTES_MAX: u64 = 64 << 10;

/// The folders and variables that every instance of a plugin gets.
#[derive(Debug)]
pub(crate) struct Grants {
    folders: Vec<Folder>,
    environment: Vec<(String, String)>,
}

#[derive(Debug)]
struct Folder {
    name: String,
    path: PathBuf,
    permissions: FsPerms,
}

/// What an instance may do with the folders that are granted for writing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Writing {
    Granted,
    /// Somebody else writes there.
    Denied,
}

/// Refuses a component that wants more than it is granted, by the name of what it wants.
pub(crate) fn check_imports(outline: &Outline, spec: &PluginSpec) -> Result<(), ComponentFault> {
    outline.imports.iter().try_for_each(|import| check_import(import, spec))
}

fn check_import(import: &str, spec: &PluginSpec) -> Result<(), ComponentFault> {
    let (name, version) = import.split_once('@').unwrap_or((import, ""));
    let not_provided =
        |advice| Err(ComponentFault::NotProvided { import: import.to_owned(), advice });
    if name.starts_with("wasi:") && !version.starts_with("0.2.") {
        return not_provided("build it for WASI 0.2 (the target wasm32-wasip2)");
    }
    if FREE.contains(&name) {
        return Ok(());
    }
    if HTTP.contains(&name) {
        if spec.grants.iter().any(|grant| matches!(grant, Grant::Http { .. })) {
            return Ok(());
        }
        return Err(ComponentFault::NotGranted {
            import: import.to_owned(),
            advice: "write grant \"http\" \"<name>\" { origins = [\"https://<host>\"] } into its \
                     stanza if it may",
        });
    }
    if name.starts_with(SOCKETS) {
        if spec.grants.iter().any(|grant| matches!(grant, Grant::Tcp { .. })) {
            return Ok(());
        }
        return Err(ComponentFault::NotGranted {
            import: import.to_owned(),
            advice: "write grant \"tcp\" \"<name>\" { address = \"<host>:<port>\" } into its \
                     stanza if it may",
        });
    }
    not_provided("build it without")
}

impl Grants {
    /// Reads the grants of a stanza, and looks whether they can be given.
    pub(crate) fn new(spec: &PluginSpec) -> Result<Self, ComponentFault> {
        let mut grants = Self { folders: Vec::new(), environment: Vec::new() };
        for grant in &spec.grants {
            match grant {
                Grant::Http { .. } | Grant::Tcp { .. } => (),
                Grant::Dir { name, path, writable } => {
                    std::fs::read_dir(path).map_err(|why| {
                        refused("dir", name, &format!("{}: {why}", path.display()))
                    })?;
                    grants.folders.push(Folder {
                        name: name.clone(),
                        path: path.clone(),
                        permissions: if *writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly },
                    });
                }
                Grant::Env { variable } => match std::env::var(variable) {
                    Ok(value) => grants.environment.push((variable.clone(), value)),
                    Err(_absent) => {
                        return Err(refused("env", variable, "the server has no such variable"));
                    }
                },
            }
        }
        Ok(grants)
    }

    /// The folders that are granted for writing.
    pub(crate) fn writable(&self) -> Vec<Writable<'_>> {
        let writable = self.folders.iter().filter(|it| it.permissions == FsPerms::ReadWrite);
        writable.map(|it| Writable { name: &it.name, path: &it.path }).collect()
    }

    /// The WASI of a new instance. What the guest prints becomes lines of the log.
    pub(crate) fn context(
        &self,
        voice: &Arc<Voice>,
        dialer: &Dialer,
        writing: Writing,
    ) -> wasmtime::Result<WasiCtx> {
        let mut builder = WasiCtxBuilder::new();
        builder
            .stdout(Lines::new(voice.clone(), Level::INFO))
            .stderr(Lines::new(voice.clone(), Level::WARN))
            .envs(&self.environment)
            .max_random_size(RANDOM_BYTES_MAX);
        for folder in &self.folders {
            let permissions = match writing {
                Writing::Granted => folder.permissions,
                Writing::Denied => FsPerms::ReadOnly,
            };
            builder.preopened_dir(&folder.path, &folder.name, permissions)?;
        }
        dialer.admit(&mut builder);
        Ok(builder.build())
    }
}

fn refused(kind: &str, name: &str, why: &str) -> ComponentFault {
    ComponentFault::Grant { grant: format!("\"{kind}\" \"{name}\""), why: why.to_owned() }
}
