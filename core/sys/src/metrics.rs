//! `sys/metrics` and `sys/config/state`: what the node tells of itself.

use bytes::Bytes;
use logical::{Call, Field, Fields, Kind, Operation, Path, Raw, Response, Result};

use crate::{MetricsFormat, Sys};

const FORMAT: &[Field] =
    &[Field::new("format", Kind::String, "\"prometheus\", or nothing for JSON.")];

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("metrics")
            .fields(FORMAT)
            .help("The metrics of this process.")
            .on(Operation::Read, |sys, call, fields| {
                Box::pin(async move { metrics(sys, &call, &fields) })
            }),
        Path::new("config/state/sanitized")
            .help("The configuration without its secrets.")
            .on(Operation::Read, |sys, _, _| {
                Box::pin(async { Ok(Response::data(sys.handles.control.config_state())) })
            }),
    ]
}

fn metrics(sys: &Sys, call: &Call<'_>, fields: &Fields) -> Result<Response> {
    let accept = call.request.header("accept").unwrap_or_default();
    let format = match fields.str("format") {
        "prometheus" => MetricsFormat::Prometheus,
        "" if accept.starts_with("application/openmetrics-text") => MetricsFormat::Prometheus,
        "" => MetricsFormat::Json,
        other => {
            let text = format!("metric response format \"{other}\" unknown");
            return Ok(raw(400, "text/plain", text.into()));
        }
    };
    Ok(Response { raw: Some(sys.handles.control.metrics(format)?), ..Response::none() })
}

fn raw(status: u16, content_type: &str, body: Bytes) -> Response {
    let raw = Raw { status, content_type: content_type.to_owned(), body };
    Response { raw: Some(raw), ..Response::none() }
}
