//! `delete/`, `undelete/` and `destroy/`: what becomes of versions.
//!
//! A deleted version keeps its data and can be brought back; a destroyed one has none any more.
//! Secrets and versions that do not exist are passed over.

use logical::{Call, Error, Field, Fields, Kind, Operation, Path, Response, Result};
use serde_json::value::RawValue;

use crate::{
    kv::v2::{record::Record, store::Store},
    path,
};

const FIELDS: &[Field] = &[Field::new("versions", Kind::IntList, "The numbers of the versions.")];

/// What is done to a version.
#[derive(Clone, Copy)]
enum Fate {
    Delete,
    Undelete,
    Destroy,
}

/// `delete/:path*`.
pub(super) fn path_delete() -> Path<Store> {
    Path::new("delete/:path*")
        .help("Deletes versions of a secret; they can be brought back.")
        .fields(FIELDS)
        .on(Operation::Update, |store, call, fields| {
            Box::pin(change(store, call, fields, Fate::Delete))
        })
}

/// `undelete/:path*`.
pub(super) fn path_undelete() -> Path<Store> {
    Path::new("undelete/:path*")
        .help("Brings deleted versions of a secret back.")
        .fields(FIELDS)
        .on(Operation::Update, |store, call, fields| {
            Box::pin(change(store, call, fields, Fate::Undelete))
        })
}

/// `destroy/:path*`.
pub(super) fn path_destroy() -> Path<Store> {
    Path::new("destroy/:path*")
        .help("Removes the data of versions of a secret for good.")
        .fields(FIELDS)
        .on(Operation::Update, |store, call, fields| {
            Box::pin(change(store, call, fields, Fate::Destroy))
        })
}

/// Deletes the current version.
pub(super) async fn delete_current(
    store: &Store,
    call: Call<'_>,
    fields: Fields,
) -> Result<Response> {
    let Some(path) = path::named(fields.str("path"))? else { return Ok(Response::none()) };
    if let Some(mut record) = store.load(call.view, path).await? {
        let current = record.current;
        mark(&mut record, current, &call, true);
        store.save(call.view, path, &record)?;
    }
    Ok(Response::none())
}

async fn change(store: &Store, call: Call<'_>, fields: Fields, fate: Fate) -> Result<Response> {
    let path = path::writable(fields.str("path"))?;
    let numbers = fields.ints("versions").unwrap_or_default();
    if numbers.is_empty() {
        return Err(Error::invalid(match fate {
            Fate::Delete | Fate::Undelete => "No version number provided",
            Fate::Destroy => "no version number provided",
        }));
    }
    let Some(mut record) = store.load(call.view, path).await? else { return Ok(Response::none()) };
    for number in numbers.into_iter().filter_map(|number| u64::try_from(number).ok()) {
        match fate {
            Fate::Delete => mark(&mut record, number, &call, true),
            Fate::Undelete => mark(&mut record, number, &call, false),
            Fate::Destroy => store.destroy(call.view, path, &mut record, number)?,
        }
    }
    store.save(call.view, path, &record)?;
    Ok(Response::none())
}

/// Changes the time at which a version counts as deleted; a destroyed one is left as it is.
fn mark(record: &mut Record<Box<RawValue>>, number: u64, call: &Call<'_>, deleted: bool) {
    let Some(version) = record.versions.get_mut(&number).filter(|v| !v.destroyed) else { return };
    match deleted {
        // One that is deleted already keeps the time at which that happened.
        true if version.is_gone(call.now) => {}
        true => version.deletion = Some(call.now),
        false => version.deletion = None,
    }
}
