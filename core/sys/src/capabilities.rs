//! `sys/capabilities`: what a token may do with some paths.

use logical::{Call, Code, Data, Error, Field, Fields, Kind, Operation, Path, Response, Result};
use serde_json::json;

use crate::Sys;

const PATHS: Field = Field::new("paths", Kind::List, "The paths.");
const PATH: Field = Field::new("path", Kind::List, "The old name of \"paths\".");

const OF_TOKEN: &[Field] = &[Field::new("token", Kind::String, "The token."), PATHS, PATH];
const OF_ACCESSOR: &[Field] =
    &[Field::new("accessor", Kind::String, "The accessor of the token."), PATHS, PATH];
const OF_CALLER: &[Field] =
    &[Field::new("token", Kind::String, "Accepted for clients; has no effect."), PATHS, PATH];

/// The endpoints.
pub(crate) fn paths() -> Vec<Path<Sys>> {
    vec![
        Path::new("capabilities")
            .fields(OF_TOKEN)
            .help("What a token may do with some paths.")
            .on(Operation::Update, |sys, call, fields| Box::pin(of_token(sys, call, fields))),
        Path::new("capabilities-accessor")
            .fields(OF_ACCESSOR)
            .help("What the token behind an accessor may do with some paths.")
            .on(Operation::Update, |sys, call, fields| Box::pin(of_accessor(sys, call, fields))),
        Path::new("capabilities-self")
            .fields(OF_CALLER)
            .help("What the caller may do with some paths.")
            .on(Operation::Update, |sys, call, fields| Box::pin(of_caller(sys, call, fields))),
    ]
}

async fn of_token(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let paths = asked(&fields)?;
    let token = fields.str("token");
    if token.is_empty() {
        return Err(Error::listed(Code::InvalidRequest, "no token found"));
    }
    match sys.handles.tokens.lookup(call.view, token, call.now).await? {
        Some((_, entry)) => answer(sys, call, &entry.policies, paths).await,
        None => Err(Error::listed(Code::InvalidRequest, "invalid token")),
    }
}

async fn of_accessor(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let accessor = fields.str("accessor");
    if accessor.is_empty() {
        return Err(Error::invalid("missing accessor"));
    }
    let paths = asked(&fields)?;
    match sys.handles.tokens.by_accessor(call.view, accessor, call.now).await? {
        Some((_, entry)) => answer(sys, call, &entry.policies, paths).await,
        None => Err(Error::listed(Code::InvalidRequest, "invalid accessor")),
    }
}

async fn of_caller(sys: &Sys, call: Call<'_>, fields: Fields) -> Result<Response> {
    let caller = call.caller.ok_or_else(Error::no_token)?;
    answer(sys, call, &caller.policies, asked(&fields)?).await
}

fn asked(fields: &Fields) -> Result<Vec<String>> {
    let mut paths = fields.list("paths").unwrap_or_default();
    paths.extend(fields.list("path").unwrap_or_default());
    match paths.is_empty() {
        true => Err(Error::invalid("paths must be supplied")),
        false => Ok(paths),
    }
}

async fn answer(
    sys: &Sys,
    call: Call<'_>,
    policies: &[String],
    paths: Vec<String>,
) -> Result<Response> {
    let acl = sys.handles.policies.acl_of(call.view, policies, call.now).await?;
    let mut data = Data::new();
    let single = paths.len() == 1;
    for path in paths {
        let words = json!(acl.capabilities(path.strip_prefix('/').unwrap_or(&path)));
        if single {
            data.insert("capabilities".to_owned(), words.clone());
        }
        data.insert(path, words);
    }
    Ok(Response::data(data).mirrored())
}
