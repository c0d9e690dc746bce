//! `sys/audit`, `sys/audit-hash` and `sys/config/auditing`: who writes down what is asked.

use audit::Enable;
use logical::{
    Call, Data, Error, Field, Fields, Kind, Operation, Path, PathAuth, Response, Result,
};
use serde_json::json;

use crate::Sys;

const DEVICE: &[Field] = &[
    Field::new("type", Kind::String, "The type of the device: \"file\"."),
    Field::new("description", Kind::String, "Free text."),
    Field::new("options", Kind::Pairs, "Options of the type, such as \"file_path\"."),
    Field::new("local", Kind::Bool, "Kept for clients."),
];

const HASH: &[Field] = &[Field::new("input", Kind::String, "The text to hash.")];

const HEADER: &[Field] = &[Field::new("hmac", Kind::Bool, "Whether its values are hashed.")];

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("audit")
            .auth(PathAuth::Sudo)
            .help("Lists the audit devices.")
            .on(Operation::Read, |sys, _, _| Box::pin(async { Ok(list(sys)) })),
        Path::new("audit/:path*")
            .fields(DEVICE)
            .auth(PathAuth::Sudo)
            .help("Enables or disables an audit device.")
            .on(Operation::Update, |sys, call, fields| Box::pin(enable(sys, call, fields)))
            .on(Operation::Delete, |sys, call, fields| Box::pin(disable(sys, call, fields))),
        Path::new("audit-hash/:path*")
            .fields(HASH)
            .help("Hashes a text as an audit device would.")
            .on(Operation::Update, |sys, _, fields| Box::pin(async move { hash(sys, &fields) })),
        Path::new("config/auditing/request-headers")
            .auth(PathAuth::Sudo)
            .help("Lists the request headers that audit lines show.")
            .on(Operation::Read, |sys, _, _| Box::pin(async { Ok(headers(sys)) })),
        Path::new("config/auditing/request-headers/:header")
            .fields(HEADER)
            .auth(PathAuth::Sudo)
            .help("Shows a request header in audit lines, or no more.")
            .on(Operation::Read, |sys, _, fields| Box::pin(async move { header(sys, &fields) }))
            .on(Operation::Update, |sys, call, fields| Box::pin(show(sys, call, fields)))
            .on(Operation::Delete, |sys, call, fields| Box::pin(hide(sys, call, fields))),
    ]
}

fn list(sys: &Sys) -> Response {
    let devices = sys.handles.audit.list().into_iter().map(|device| {
        let shown = json!({
            "description": device.description,
            "local": device.local,
            "options": device.options,
            "path": device.path,
            "type": device.kind,
        });
        (device.path, shown)
    });
    Response::data(devices.collect::<Data>()).mirrored()
}

async fn enable(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    if !sys.settings.audit_by_api {
        return Err(Error::invalid(
            "cannot enable audit device via API; use declarative, config-based audit device \
             management instead",
        ));
    }
    let ask = Enable {
        kind: fields.str("type").to_owned(),
        description: fields.str("description").to_owned(),
        local: fields.bool("local").unwrap_or(false),
        options: fields.pairs("options").unwrap_or_default(),
    };
    sys.handles.audit.enable(call.view, fields.str("path"), ask).await?;
    Ok(Response::none())
}

async fn disable(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    sys.handles.audit.disable(call.view, fields.str("path")).await?;
    Ok(Response::none())
}

fn hash(sys: &Sys, fields: &Fields) -> Result<Response> {
    let input = fields.str("input");
    if input.is_empty() {
        return Err(Error::invalid("the \"input\" parameter is empty"));
    }
    let hash = sys.handles.audit.hash(fields.str("path"), input)?;
    Ok(Response::json(json!({ "hash": hash })).mirrored())
}

fn headers(sys: &Sys) -> Response {
    let all = sys.handles.audit.headers();
    let shown: Data = all.into_iter().map(|(name, hmac)| (name, json!({ "hmac": hmac }))).collect();
    Response::json(json!({ "headers": shown })).mirrored()
}

fn header(sys: &Sys, fields: &Fields) -> Result<Response> {
    let name = fields.str("header");
    match sys.handles.audit.headers().get(&name.to_ascii_lowercase()) {
        Some(hmac) => Ok(Response::json(json!({ name: { "hmac": hmac } })).mirrored()),
        None => Err(Error::invalid("Could not find header in config")),
    }
}

async fn show(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let hmac = fields.bool("hmac").unwrap_or(false);
    sys.handles.audit.show_header(call.view, fields.str("header"), hmac).await?;
    Ok(Response::none())
}

async fn hide(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    sys.handles.audit.hide_header(call.view, fields.str("header")).await?;
    Ok(Response::none())
}
