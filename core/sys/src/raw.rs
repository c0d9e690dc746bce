//! `sys/raw`: entries of the store in the clear, for repairs. Only where the configuration allows it.

use base64::{Engine, prelude::BASE64_STANDARD};
use logical::{Call, Error, Field, Fields, Kind, Operation, Path, PathAuth, Response, Result};
use serde_json::json;

use crate::Sys;

const FIELDS: &[Field] = &[
    Field::new("value", Kind::String, "The value of the entry."),
    Field::new("encoding", Kind::String, "\"base64\", or nothing for text."),
    Field::new("compressed", Kind::Bool, "Accepted for clients; nothing is compressed."),
    Field::new("after", Kind::String, "Only names after this one."),
    Field::new("limit", Kind::Int, "At most so many names."),
];

/// What not even repairs may touch: whoever changes these loses the store.
const PROTECTED: &[&str] = &["core/keyring", "core/root-key", "core/hsm/", "core/seal-config"];

/// The endpoints, where they are switched on.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("raw/:path*")
            .fields(FIELDS)
            .auth(PathAuth::Sudo)
            .help("Reads, writes, removes or lists entries of the store.")
            .on(Operation::Read, |_, call, fields| Box::pin(read(call, fields)))
            .on(Operation::Update, |_, call, fields| Box::pin(async move { write(call, &fields) }))
            .on(Operation::Delete, |_, call, fields| Box::pin(async move { delete(call, &fields) }))
            .on(Operation::List, |_, call, fields| Box::pin(list(call, fields))),
    ]
}

fn key(fields: &Fields) -> Result<&str> {
    let key = fields.str("path").trim_end_matches('/');
    if PROTECTED.iter().any(|protected| key.starts_with(protected)) {
        return Err(Error::invalid(format!("cannot access \"{key}\"")));
    }
    Ok(key)
}

async fn read(call: Call<'_>, fields: Fields) -> Result<Response> {
    let key = key(&fields)?;
    let value = match key {
        "" => None,
        key => call.view.get(key).await?,
    };
    let Some(value) = value else { return Ok(Response::none()) };
    let text = match fields.str("encoding") {
        "base64" => BASE64_STANDARD.encode(&value),
        "" => String::from_utf8_lossy(&value).into_owned(),
        other => return Err(Error::invalid(format!("invalid encoding \"{other}\""))),
    };
    Ok(Response::json(json!({ "value": text })))
}

fn write(call: Call<'_>, fields: &Fields) -> Result<Response> {
    let text = fields.str("value");
    let value = match fields.str("encoding") {
        "base64" => BASE64_STANDARD
            .decode(text)
            .map_err(|_| Error::invalid("the value is not valid base64"))?,
        "" => text.as_bytes().to_vec(),
        other => return Err(Error::invalid(format!("invalid encoding \"{other}\""))),
    };
    call.view.put(key(fields)?, value.into())?;
    Ok(Response::none())
}

fn delete(call: Call<'_>, fields: &Fields) -> Result<Response> {
    call.view.delete(key(fields)?)?;
    Ok(Response::none())
}

async fn list(call: Call<'_>, fields: Fields) -> Result<Response> {
    let prefix = match key(&fields)? {
        "" => String::new(),
        key => format!("{key}/"),
    };
    let limit = usize::try_from(fields.int("limit").unwrap_or(0)).unwrap_or(0);
    Ok(Response::keys(call.view.list(&prefix, fields.str("after"), limit).await?.keys))
}
