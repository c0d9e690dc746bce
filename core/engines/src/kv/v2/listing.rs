//! The names of secrets: of one folder or of all below it, alone or with their metadata.

use logical::{Call, Data, Field, Fields, Kind, Operation, Path, Response, Result, Shown};
use serde::de::IgnoredAny;

use crate::{kv::v2::store::Store, path, walk::Walk};

const FIELDS: &[Field] = &[
    Field::new("after", Kind::String, "List only names after this one."),
    Field::new("limit", Kind::Int, "List at most so many names."),
];

/// `detailed-metadata/:path*`.
pub(super) fn path_detailed() -> Path<Store> {
    Path::new("detailed-metadata/:path*")
        .help("Lists secrets together with their metadata.")
        .fields(FIELDS)
        .on(Operation::List, |store, call, fields| Box::pin(list_detailed(store, call, fields)))
        .on(Operation::Scan, |store, call, fields| Box::pin(scan_detailed(store, call, fields)))
}

/// Names the children of a folder.
pub(super) async fn list(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let folder = path::folder(fields.str("path"))?;
    children(store, &call, &folder, &fields).await.map(Response::keys)
}

/// Names all secrets below a folder.
pub(super) async fn scan(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let folder = path::folder(fields.str("path"))?;
    descendants(store, &call, &folder, &fields).await.map(Response::keys)
}

async fn list_detailed(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let folder = path::folder(fields.str("path"))?;
    let keys = children(store, &call, &folder, &fields).await?;
    detailed(store, &call, &folder, keys).await
}

async fn scan_detailed(store: &Store, call: Call<'_>, fields: Fields) -> Result<Response> {
    let folder = path::folder(fields.str("path"))?;
    let keys = descendants(store, &call, &folder, &fields).await?;
    detailed(store, &call, &folder, keys).await
}

async fn children(
    store: &Store,
    call: &Call<'_>,
    folder: &str,
    fields: &Fields,
) -> Result<Vec<String>> {
    let entries = store.list(call.view, folder, fields.str("after"), limit(fields)).await?;
    Ok(entries.keys)
}

async fn descendants(
    store: &Store,
    call: &Call<'_>,
    top: &str,
    fields: &Fields,
) -> Result<Vec<String>> {
    let mut walk = Walk::new();
    while let Some(folder) = walk.next_folder() {
        let entries = store.list(call.view, &format!("{top}{folder}"), "", 0).await?;
        walk.add(&folder, entries)?;
    }
    let mut found = walk.into_found();
    // A scan has an order of its own: it goes on where the name stood in the answer before.
    if let Some(at) = found.iter().position(|name| name == fields.str("after")) {
        found.drain(..=at);
    }
    if let limit @ 1.. = limit(fields) {
        found.truncate(limit);
    }
    Ok(found)
}

/// The most names to give; 0 for all.
fn limit(fields: &Fields) -> usize {
    fields.int("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0)
}

async fn detailed(
    store: &Store,
    call: &Call<'_>,
    folder: &str,
    keys: Vec<String>,
) -> Result<Response> {
    let mut details = Data::new();
    for name in &keys {
        let metadata = match name.ends_with('/') {
            true => Data::new(),
            false => {
                let path = format!("{folder}{name}");
                let record = store.load::<IgnoredAny>(&Shown(call.view), &path).await?;
                record.map(|record| record.metadata()).unwrap_or_default()
            }
        };
        details.insert(name.clone(), metadata.into());
    }
    let mut response = Response::keys(keys);
    if let Some(data) = response.data.as_mut().filter(|_| !details.is_empty()) {
        data.insert("key_info".to_owned(), details.into());
    }
    Ok(response)
}
