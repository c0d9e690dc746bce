//! The life of a server: start, signals, end.

use std::{sync::Arc, time::Duration};

use api::Server;
use config::{Config, Loaded};
use node::Node;
use plugin_api::Storage;
use plugin_host::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    failure::{Failure, Outcome},
    out,
    server::{
        dev::{self, Bare},
        listeners,
        logging::Log,
        options::Options,
        plugins,
        service::NodeService,
        setup,
        telemetry::Telemetry,
        trust,
        unheeded::unheeded,
    },
};

#[cfg(test)]
mod tests;

/// How long requests under way, and then the sealing, may take to end when the server stops.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs until SIGTERM or SIGINT, or until the storage cannot be relied on any more.
pub(crate) async fn run(options: Options) -> Outcome {
    let bare = bare(&options)?;
    let Loaded { config, warnings } = match &bare {
        Some(bare) => bare.loaded.clone(),
        None => load(&options)?,
    };
    let level = options.log_level.clone().unwrap_or_else(|| level_word(&config).to_owned());
    let format = options.log_format.clone().unwrap_or_else(|| format_word(&config).to_owned());
    let log = Log::start(&level, &format).map_err(Failure::Local)?;
    for warning in warnings.into_iter().map(|it| it.to_string()).chain(unheeded(&config)) {
        tracing::warn!("{warning}");
    }
    let telemetry = Telemetry::start().map_err(Failure::Local)?;
    let upkeep = telemetry.upkeep();
    let signals = Signals::listen()?;
    // Addresses and certificates first: a mistake there must not leave a store half opened.
    let bound = listeners::bind(&config, bare.as_ref().map(|_| "-dev-listen-address")).await?;
    let plugins = plugins::load(&config)?;
    let (node, storage) = setup::node(&config, &telemetry, &plugins).await?;
    let pid_file = config.pid_file.as_ref().map(|path| PidFile::write(path)).transpose()?;
    let mut greeting = None;
    if let Some(wishes) = &options.dev {
        let ca = bare.as_ref().and_then(Bare::ca);
        greeting = Some(dev::prepare(&node, wishes, ca).await?);
    } else if config.storage.label == "inmem" {
        tracing::warn!("storage \"inmem\" keeps nothing: all is gone when this process ends");
    }
    if bound.is_empty() {
        tracing::warn!("no listener stanza: nobody can reach this server");
    }
    let service = Arc::new(NodeService(Arc::clone(&node)));
    let mut servers = Vec::new();
    for listener in bound {
        tracing::info!(address = %listener.address(), "listening");
        servers.push(listener.serve(service.clone()));
    }
    tracing::info!(version = listeners::VERSION, storage = config.storage.label, "server started");
    if let Some(greeting) = greeting {
        out::line(&greeting);
    }
    let unsealing = tokio::spawn({
        let node = Arc::clone(&node);
        async move { node.unseal_by_itself().await }
    });
    let running =
        Running { options: &options, log: &log, servers: &servers, node: &node, plugins: &plugins };
    let ended = tokio::select! {
        () = signals.wait(&running) => Ok(()),
        failure = trust::lost(storage.as_ref()) => Err(failure),
    };
    tracing::info!("stopping: no more requests are accepted");
    unsealing.abort();
    stop(servers, &node, storage.as_ref()).await;
    upkeep.abort();
    drop(pid_file);
    ended
}

/// A dev server without a configuration, if this is one.
fn bare(options: &Options) -> Outcome<Option<Bare>> {
    let wishes = options.dev.as_ref().filter(|_| options.config.is_empty());
    wishes.map(Bare::new).transpose()
}

fn load(options: &Options) -> Outcome<Loaded> {
    let env = |name: &str| std::env::var(name).ok();
    Config::load(&options.config, &env).map_err(|error| {
        let hint = match error {
            config::Error::Read { .. } => {
                "; check the path, and that the server's user may read it"
            }
            _ => "",
        };
        Failure::local(format!("{error}{hint}"))
    })
}

async fn stop(servers: Vec<Server>, node: &Node, storage: &dyn Storage) {
    for server in servers {
        if !server.shutdown(PATIENCE).await {
            tracing::warn!("requests were still under way after {PATIENCE:?}");
        }
    }
    seal(node.seal(), PATIENCE).await;
    if let Err(error) = storage.close().await {
        tracing::error!(%error, "the storage could not be closed in order");
    }
}

/// Waits for the node to be sealed, but not for a storage that does not answer. The keys go with
/// the process then, too.
async fn seal(sealing: impl Future<Output = logical::Result<()>>, patience: Duration) {
    // An error is of no account: a node that is sealed or not initialized has nothing to close.
    if tokio::time::timeout(patience, sealing).await.is_err() {
        tracing::warn!("the node was not sealed within {patience:?}: the storage does not answer");
    }
}

/// What a signal acts upon.
struct Running<'r> {
    options: &'r Options,
    log: &'r Log,
    servers: &'r [Server],
    node: &'r Arc<Node>,
    plugins: &'r Runtime,
}

impl Running<'_> {
    /// SIGHUP: certificates, audit files, and what the configuration says anew.
    async fn reload(&self) {
        for server in self.servers {
            if let Err(error) = server.reload() {
                tracing::error!(%error, "the old certificate stays");
            }
        }
        self.node.reopen_audit().await;
        let has_file = self.options.dev.is_none() || !self.options.config.is_empty();
        if has_file {
            match load(self.options) {
                Ok(loaded) => self.configure(&loaded.config).await,
                Err(failure) => {
                    let error = failure.text().unwrap_or_default();
                    tracing::error!(error, "the configuration cannot be read; it stays");
                }
            }
        }
        tracing::info!("reloaded");
    }

    /// The log level and the plugins.
    async fn configure(&self, config: &Config) {
        if self.options.log_level.is_none()
            && let Err(error) = self.log.set_level(level_word(config))
        {
            tracing::error!(error, "the log level stays");
        }
        plugins::reload(self.plugins, config).await;
    }
}

/// The signals that a server minds.
struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Outcome<Self> {
        let on = |kind| {
            signal(kind)
                .map_err(|error| Failure::local(format!("signals cannot be received: {error}")))
        };
        Ok(Self {
            hangup: on(SignalKind::hangup())?,
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
        })
    }

    /// Waits for the end; reloads as often as it is asked to.
    async fn wait(mut self, running: &Running<'_>) {
        loop {
            tokio::select! {
                _ = self.hangup.recv() => tokio::select! {
                    // A plugin that does not answer must not keep the server from ending.
                    () = running.reload() => (),
                    _ = self.interrupt.recv() => return,
                    _ = self.terminate.recv() => return,
                },
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
            }
        }
    }
}

/// The file that holds the process id, removed at the end.
struct PidFile<'p> {
    path: &'p std::path::Path,
}

impl<'p> PidFile<'p> {
    fn write(path: &'p std::path::Path) -> Outcome<Self> {
        std::fs::write(path, std::process::id().to_string()).map_err(|error| {
            Failure::local(format!("the pid file {} cannot be written: {error}", path.display()))
        })?;
        Ok(Self { path })
    }
}

impl Drop for PidFile<'_> {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(self.path) {
            out::warning(&format!("{} cannot be removed: {error}", self.path.display()));
        }
    }
}

fn level_word(config: &Config) -> &'static str {
    use config::LogLevel::{Debug, Error, Info, Off, Trace, Warn};
    match config.log.level {
        Trace => "trace",
        Debug => "debug",
        Info => "info",
        Warn => "warn",
        Error => "error",
        Off => "off",
    }
}

fn format_word(config: &Config) -> &'static str {
    match config.log.format {
        config::LogFormat::Json => "json",
        config::LogFormat::Standard => "standard",
    }
}
