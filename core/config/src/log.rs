//! What the server logs, how, and where to.

use std::{path::PathBuf, time::Duration};

use crate::{env::Environment, error::Result, section::Section};

/// The log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Log {
    /// What is worth a line.
    pub level: LogLevel,
    /// Its form.
    pub format: LogFormat,
    /// A file besides the standard error stream.
    pub file: Option<LogFile>,
    /// At which level each finished request is logged, if it is.
    pub requests_level: Option<LogLevel>,
}

/// From much to little. Closed: the words of the configuration.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LogLevel {
    /// Everything.
    Trace,
    /// For the search for faults.
    Debug,
    /// The ordinary course.
    #[default]
    Info,
    /// What may become a fault.
    Warn,
    /// Faults.
    Error,
    /// Nothing.
    Off,
}

/// The form of a line. Closed: the words of the configuration.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LogFormat {
    /// Text.
    #[default]
    Standard,
    /// One JSON object.
    Json,
}

/// A log file and when it is turned over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogFile {
    /// The file, or a folder if it ends in a slash.
    pub path: PathBuf,
    /// After so many bytes.
    pub rotate_bytes: Option<u64>,
    /// After so long.
    pub rotate_duration: Duration,
    /// How many old files are kept; nothing means all.
    pub rotate_max_files: Option<u64>,
}

impl LogLevel {
    /// The level of a word, in any case.
    pub fn parse(word: &str) -> Result<Self, String> {
        match word.trim().to_ascii_lowercase().as_str() {
            "trace" => Ok(Self::Trace),
            "debug" => Ok(Self::Debug),
            "info" | "notice" => Ok(Self::Info),
            "warn" | "warning" => Ok(Self::Warn),
            "error" | "err" => Ok(Self::Error),
            "off" => Ok(Self::Off),
            _ => Err(format!("must be trace, debug, info, warn or error, not \"{word}\"")),
        }
    }
}

impl LogFormat {
    /// The format of a word.
    pub fn parse(word: &str) -> Result<Self, String> {
        match word.trim().to_ascii_lowercase().as_str() {
            "standard" | "unspecified" => Ok(Self::Standard),
            "json" => Ok(Self::Json),
            _ => Err(format!("must be standard or json, not \"{word}\"")),
        }
    }
}

/// Reads the keys that begin with `log_`; the environment has the last word.
pub(crate) fn read(outermost: &mut Section<'_>, env: Environment<'_>) -> Result<Log> {
    let level = outermost.parsed("log_level", LogLevel::parse)?;
    let format = outermost.parsed("log_format", LogFormat::parse)?;
    let day = Duration::from_secs(24 * 3600);
    let rotate_bytes = outermost.size("log_rotate_bytes")?.filter(|bytes| *bytes > 0);
    let rotate_duration = outermost.duration("log_rotate_duration")?.unwrap_or(day);
    let rotate_max_files = outermost.count("log_rotate_max_files")?.filter(|files| *files > 0);
    let file = outermost.text("log_file")?.map(|path| LogFile {
        path: PathBuf::from(path),
        rotate_bytes,
        rotate_duration,
        rotate_max_files,
    });
    Ok(Log {
        level: env.parsed("LOG_LEVEL", LogLevel::parse)?.or(level).unwrap_or_default(),
        format: env.parsed("LOG_FORMAT", LogFormat::parse)?.or(format).unwrap_or_default(),
        file,
        requests_level: outermost.parsed("log_requests_level", LogLevel::parse)?,
    })
}
