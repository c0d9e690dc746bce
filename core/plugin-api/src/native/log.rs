//! What a provider writes with `tracing`, and where it panics, in the server's log.

use std::fmt::{self, Write as _};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{abi, native::host};

/// Sends the events of this library to the server. Spans are not followed.
struct HostLog;

/// Lets this library's `tracing` and its panics write to the server's log. A library has a copy of
/// its own of both, so that nothing of the server's is replaced.
pub(super) fn begin() {
    let _ = tracing::subscriber::set_global_default(HostLog);
    std::panic::set_hook(Box::new(|panic| {
        // The place, and not the payload: it may hold what nobody may see.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        if let Some(host) = host() {
            host.log(abi::LOG_ERROR, "panic", &format!("the plugin panicked at {place}"));
        }
    }));
}

impl Subscriber for HostLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && host().is_some_and(|it| it.log_enabled(number(metadata.level())))
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let metadata = event.metadata();
        if let Some(host) = host() {
            let text = format!("{}{}", line.message, line.fields);
            host.log(number(metadata.level()), metadata.target(), &text);
        }
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

/// An event as text.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

fn number(level: &Level) -> u32 {
    match *level {
        Level::ERROR => abi::LOG_ERROR,
        Level::WARN => abi::LOG_WARN,
        Level::INFO => abi::LOG_INFO,
        Level::DEBUG => abi::LOG_DEBUG,
        Level::TRACE => abi::LOG_TRACE,
    }
}
