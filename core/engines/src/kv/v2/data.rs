//! `data/`: the secret itself, read, written and deleted one version at a time.

use logical::{Call, Data, Error, Field, Fields, Kind, Operation, Outcome, Path, Response, Result};
use serde_json::{Value, value::RawValue};

use crate::{
    entry,
    kv::v2::{cas, config::Config, delete, patch, record::Record, store::Store},
    path,
};

const FIELDS: &[Field] = &[
    Field::new("version", Kind::Int, "The version to read; 0 for the current one."),
    Field::new("options", Kind::Map, "cas: the version that must be the current one."),
    Field::new("data", Kind::Map, "The secret."),
];

/// `data/:path*`.
pub(super) fn path() -> Path<Store> {
    Path::new("data/:path*")
        .help("Reads, writes, patches and deletes the versions of a secret.")
        .fields(FIELDS)
        .on(Operation::Read, |store, call, fields| Box::pin(read(store, call, fields)))
        .on(Operation::Update, |store, call, fields| Box::pin(write(store, call, fields)))
        .on(Operation::Patch, |store, call, fields| Box::pin(patch::patch(store, call, fields)))
        .on(Operation::Delete, |store, call, fields| {
            Box::pin(delete::delete_current(store, call, fields))
        })
        .exists(|store, call, fields| Box::pin(exists(store, call, fields)))
}

/// Whether there is a record of the secret, with versions or without.
pub(super) async fn exists(store: &Store, call: Call<'_>, fields: Fields) -> Result<bool> {
    let Some(path) = path::named(fields.str("path"))? else { return Ok(false) };
    store.holds(call.view, path).await
}

/// The version that a read names; 0 for the current one.
pub(super) fn asked_version(fields: &Fields) -> u64 {
    fields.int("version").and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

/// The members of an answer that hold times, unless the client's own members have such names too.
pub(super) fn times(answer: &Data) -> &'static [&'static str] {
    let own = ["data", "custom_metadata"].iter().filter_map(|name| answer.get(*name));
    let custom = answer.get("metadata").and_then(|metadata| metadata.get("custom_metadata"));
    match own.chain(custom).any(names_a_time) {
        true => &[],
        false => &["created_time", "updated_time"],
    }
}

fn names_a_time(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, member)| {
            name == "created_time" || name == "updated_time" || names_a_time(member)
        }),
        Value::Array(items) => items.iter().any(names_a_time),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The answer to a write: what is now known about the version.
pub(super) fn written<D>(record: &Record<D>) -> Response {
    let version = record.version(record.current);
    Response { times: times(&version), ..Response::data(version) }
}

/// The data that a request brings.
fn given(call: &Call<'_>, fields: &Fields) -> Result<Box<RawValue>> {
    match fields.map("data") {
        Some(data) => entry::raw("data", data),
        // A null is a secret too; the conversion of fields drops it.
        None if call.request.data.contains_key("data") => Ok(RawValue::NULL.to_owned()),
        None => Err(Error::invalid("no data provided")),
    }
}

async fn read(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let Some(path) = path::named(fields.str("path"))? else { return Ok(Response::none()) };
    let Some(found) = store.find(&call, path, asked_version(&fields)).await? else {
        return Ok(Response::none());
    };
    let outcome = if found.secret.is_some() { Outcome::Done } else { Outcome::NotFound };
    let answer = Data::from_iter([
        ("data".to_owned(), found.secret.unwrap_or_default()),
        ("metadata".to_owned(), found.version.into()),
    ]);
    Ok(Response { outcome, times: times(&answer), ..Response::data(answer) })
}

async fn write(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let path = path::writable(fields.str("path"))?;
    let data = given(&call, &fields)?;
    let cas = cas::asked(&fields)?;
    let config = Config::load(call.view).await?;
    let record = store.load(call.view, path).await?;
    let mut record = record.unwrap_or_else(|| Record::new(call.now));
    cas::check(cas, &config, &record)?;
    store.add_version(&call, path, &mut record, data, &config)?;
    Ok(written(&record))
}
