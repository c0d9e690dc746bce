//! A patch of a secret: a new version, made of the current one and of what the request changes.

use logical::{Call, Data, Error, Fields, Outcome, Response, Result};
use serde_json::value::RawValue;

use crate::{
    entry,
    kv::v2::{cas, config::Config, data, merge::merge, nothing_to_patch, store::Store},
    path,
};

/// Patches the current version.
pub(super) async fn patch(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let path = path::writable(fields.str("path"))?;
    let change = fields.map("data").ok_or_else(|| Error::invalid("no data provided"))?;
    let cas = cas::asked(&fields)?;
    let config = Config::load(call.view).await?;
    let Some(mut record) = store.load::<Box<RawValue>>(call.view, path).await? else {
        return Ok(nothing_to_patch());
    };
    let Some(gone) = record.versions.get(&record.current).map(|v| v.is_gone(call.now)) else {
        return Ok(nothing_to_patch());
    };
    cas::check(cas, &config, &record)?;
    if gone {
        return Ok(data::written(&record).with_outcome(Outcome::NotFound));
    }
    let before: Option<Data> = entry::decode(path, record.data.get().as_bytes())?;
    let mut after =
        before.ok_or_else(|| Error::invalid("the current version has no data to patch"))?;
    merge(&mut after, change);
    let after = entry::raw(path, &after)?;
    store.add_version(&call, path, &mut record, after, &config)?;
    Ok(data::written(&record))
}
