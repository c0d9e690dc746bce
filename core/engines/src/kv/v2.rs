//! KV version 2: a secret has versions, which can be deleted, brought back and destroyed, and
//! metadata of its own.
//!
//! `data/` is the secret, `metadata/` what is known about it; `delete/`, `undelete/` and `destroy/`
//! act on versions; `subkeys/` shows the shape of a secret without its values.

use async_trait::async_trait;
use bytes::Bytes;
use logical::{
    Backend, Call, Error, Operation, Outcome, Path, PathAuth, Raw, Response, Result, Table,
};

mod cas;
mod config;
mod custom;
mod data;
mod delete;
mod listing;
mod merge;
mod metadata;
mod patch;
mod record;
mod store;
mod subkeys;

pub use crate::kv::v2::custom::{
    CUSTOM_METADATA_KEY_BYTES_MAX, CUSTOM_METADATA_KEYS_MAX, CUSTOM_METADATA_VALUE_BYTES_MAX,
};
pub(super) use crate::kv::v2::store::Store;

/// The engine of a version 2 mount.
pub struct Kv2 {
    table: Table<Store>,
    store: Store,
}

impl Kv2 {
    /// An engine; all it keeps in memory is whether entries of version 1 are left.
    pub fn new() -> Self {
        let paths = vec![
            config::path(),
            data::path(),
            delete::path_delete(),
            delete::path_undelete(),
            delete::path_destroy(),
            metadata::path(),
            listing::path_detailed(),
            subkeys::path(),
            path_elsewhere(),
        ];
        Self { table: Table::new(paths), store: Store::new() }
    }
}

impl Default for Kv2 {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Backend for Kv2 {
    fn auth(&self, path: &str, _: Operation) -> PathAuth {
        self.table.auth(path)
    }

    async fn exists(&self, call: Call<'_>) -> Result<Option<bool>> {
        self.table.exists(&self.store, call).await.map_err(unprefixed)
    }

    async fn handle(&self, call: Call<'_>) -> Result<Response> {
        if !call.operation.lists() && is_root(call.path) {
            let text = "Non-listing operations on the root of a K/V v2 mount are not supported.";
            return Ok(Response::warning(text).with_outcome(Outcome::NotFound));
        }
        self.table.handle(&self.store, call).await
    }
}

/// Whether the path names one of the families and nothing in it.
fn is_root(path: &str) -> bool {
    matches!(
        path.strip_suffix('/').unwrap_or(path),
        "data" | "delete" | "undelete" | "destroy" | "metadata" | "detailed-metadata" | "subkeys"
    )
}

/// Clients know the faults that the existence check finds without the usual prefix.
fn unprefixed(mut error: Error) -> Error {
    if let Some(text) = error.public.strip_prefix("Field validation failed: ") {
        error.public = text.to_owned().into();
    }
    error
}

/// Every other path: most likely a client that takes the mount for version 1.
fn path_elsewhere() -> Path<Store> {
    Path::new(":path*")
        .help("No such path; secrets are below data/ and metadata/.")
        .free_form()
        .on(Operation::Read, |_, _, _| Box::pin(elsewhere("get")))
        .on(Operation::Update, |_, _, _| Box::pin(elsewhere("put")))
        .on(Operation::Patch, |_, _, _| Box::pin(elsewhere("patch")))
        .on(Operation::Delete, |_, _, _| Box::pin(elsewhere("delete")))
        .on(Operation::List, |_, _, _| Box::pin(elsewhere("list")))
        .on(Operation::Scan, |_, _, _| Box::pin(elsewhere("scan")))
}

async fn elsewhere(verb: &str) -> Result<Response> {
    let text = format!(
        "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate \
         API endpoints to use. If using the OpenBao CLI, use 'bao kv {verb}' for this operation."
    );
    Ok(Response::warning(text).with_outcome(Outcome::NotFound))
}

/// The answer to a patch of what does not exist: the one 404 that has no body at all.
fn nothing_to_patch() -> Response {
    let raw = Raw { status: 404, content_type: "application/json".to_owned(), body: Bytes::new() };
    Response { raw: Some(raw), ..Response::none().with_outcome(Outcome::NotFound) }
}
