//! How large and how long requests may be at a listener.

use std::time::Duration;

use crate::{error::Result, section::Section};

/// The limits of one request. `u64::MAX` is no limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestLimits {
    /// Bytes of a body.
    pub max_request_size: u64,
    /// From its first byte to the last of its answer.
    pub max_request_duration: Duration,
    /// Estimated bytes of a JSON body in memory.
    pub max_request_json_memory: u64,
    /// Strings in a JSON body.
    pub max_request_json_strings: u64,
}

/// The limits of one connection; nothing is no limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HttpTimeouts {
    /// For the head of a request.
    pub read_header: Option<Duration>,
    /// For a request.
    pub read: Option<Duration>,
    /// For an answer.
    pub write: Option<Duration>,
    /// Between two requests.
    pub idle: Option<Duration>,
}

impl RequestLimits {
    /// The limits of a listener that sets none.
    pub const DEFAULT: Self = Self {
        max_request_size: 33_554_432,
        max_request_duration: Duration::from_secs(90),
        max_request_json_memory: 34_078_720,
        max_request_json_strings: 1000,
    };
}

/// Reads the keys that begin with `max_request_`.
pub(super) fn requests(section: &mut Section<'_>, duration: Duration) -> Result<RequestLimits> {
    let default = RequestLimits::DEFAULT;
    let max_request_duration = section.duration("max_request_duration")?;
    Ok(RequestLimits {
        max_request_size: section.limit("max_request_size", default.max_request_size)?,
        max_request_duration: max_request_duration
            .filter(|duration| !duration.is_zero())
            .unwrap_or(duration),
        max_request_json_memory: section
            .limit("max_request_json_memory", default.max_request_json_memory)?,
        max_request_json_strings: section
            .limit("max_request_json_strings", default.max_request_json_strings)?,
    })
}

/// Reads the keys that begin with `http_`.
pub(super) fn timeouts(section: &mut Section<'_>) -> Result<HttpTimeouts> {
    let mut timeout = |key, default: u64| -> Result<Option<Duration>> {
        let timeout = section.duration(key)?.unwrap_or(Duration::from_secs(default));
        Ok(Some(timeout).filter(|timeout| !timeout.is_zero()))
    };
    Ok(HttpTimeouts {
        read_header: timeout("http_read_header_timeout", 10)?,
        read: timeout("http_read_timeout", 30)?,
        write: timeout("http_write_timeout", 0)?,
        idle: timeout("http_idle_timeout", 300)?,
    })
}
