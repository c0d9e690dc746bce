//! `subkeys/`: the shape of a secret, with every value replaced by null.

use logical::{Call, Data, Field, Fields, Kind, Operation, Outcome, Path, Response, Result};
use serde_json::Value;

use crate::{
    kv::v2::{
        data::{asked_version, times},
        store::Store,
    },
    path,
};

const FIELDS: &[Field] = &[
    Field::new("version", Kind::Int, "The version to look at; 0 for the current one."),
    Field::new("depth", Kind::Int, "How many levels to show; 0 for all."),
];

/// `subkeys/:path*`.
pub(super) fn path() -> Path<Store> {
    Path::new("subkeys/:path*")
        .help("Shows the names within a secret, without the values.")
        .fields(FIELDS)
        .on(Operation::Read, |store, call, fields| Box::pin(read(store, call, fields)))
}

async fn read(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let Some(path) = path::named(fields.str("path"))? else { return Ok(Response::none()) };
    let Some(found) = store.find(&call, path, asked_version(&fields)).await? else {
        return Ok(Response::none());
    };
    let levels = match fields.int("depth").unwrap_or(0) {
        0 => usize::MAX,
        // A negative depth shows one level: clients count on that.
        depth => usize::try_from(depth).unwrap_or(1),
    };
    let (outcome, subkeys) = match found.secret {
        Some(secret) => (Outcome::Done, shape(secret, levels)),
        None => (Outcome::NotFound, Value::Null),
    };
    // The shape holds no text, so a name in it that reads like a time's does no harm.
    let answer = Data::from_iter([
        ("metadata".to_owned(), found.version.into()),
        ("subkeys".to_owned(), subkeys),
    ]);
    Ok(Response { outcome, times: times(&answer), ..Response::data(answer) })
}

/// The names of a value down to some level.
fn shape(value: Value, levels: usize) -> Value {
    match value {
        Value::Object(members) if levels > 0 => {
            members.into_iter().map(|(name, member)| (name, shape(member, levels - 1))).collect()
        }
        Value::Object(_)
        | Value::Array(_)
        | Value::String(_)
        | Value::Number(_)
        | Value::Bool(_)
        | Value::Null => Value::Null,
    }
}

#[cfg(test)]
mod tests;
