//! The server's log: lines on standard error, as text or JSON, with a level that can be changed.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, Registry, fmt,
    layer::SubscriberExt,
    reload::{self, Handle},
    util::SubscriberInitExt,
};

use crate::out;

/// The log of the running server.
pub(crate) struct Log {
    level: Handle<LevelFilter, Registry>,
}

impl Log {
    /// Starts the log. `format` is `standard` or `json`.
    pub(crate) fn start(level: &str, format: &str) -> Result<Self, String> {
        let (filter, handle) = reload::Layer::new(parse(level)?);
        let lines: Box<dyn Layer<_> + Send + Sync> = match format.trim() {
            "json" => Box::new(fmt::layer().json().with_writer(io::stderr)),
            "standard" => {
                // Colours are for a person; a file or a journal gets the words alone.
                let coloured = io::stderr().is_terminal() && !out::colours_refused();
                Box::new(fmt::layer().with_writer(io::stderr).with_ansi(coloured))
            }
            other => {
                return Err(format!(
                    "unknown log format \"{other}\"; the formats are standard and json"
                ));
            }
        };
        let subscriber = tracing_subscriber::registry().with(filter).with(lines);
        subscriber.try_init().map_err(|error| format!("the log cannot be started: {error}"))?;
        Ok(Self { level: handle })
    }

    /// Changes the level.
    pub(crate) fn set_level(&self, level: &str) -> Result<(), String> {
        self.level.reload(parse(level)?).map_err(|error| error.to_string())
    }
}

fn parse(level: &str) -> Result<LevelFilter, String> {
    match level.trim().to_ascii_lowercase().as_str() {
        "" | "info" | "notice" => Ok(LevelFilter::INFO),
        "trace" => Ok(LevelFilter::TRACE),
        "debug" => Ok(LevelFilter::DEBUG),
        "warn" | "warning" => Ok(LevelFilter::WARN),
        "err" | "error" => Ok(LevelFilter::ERROR),
        "off" => Ok(LevelFilter::OFF),
        other => Err(format!(
            "unknown log level \"{other}\"; the levels are trace, debug, info, warn, error"
        )),
    }
}
