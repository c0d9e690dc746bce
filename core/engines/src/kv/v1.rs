//! KV version 1: a secret is one entry, replaced whole by each write.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use logical::{
    Backend, Call, Data, Error, Kind, LeaseTerms, Operation, Path, PathAuth, Response, Result,
    Table,
};
use serde::{Deserialize, Serialize};

use crate::{entry, path, walk::Walk};

/// Where the secrets lie in the mount's part of the store.
pub(super) const PREFIX: &str = "kv1/";

/// The entry of a secret.
#[derive(Deserialize, Serialize)]
pub(super) struct Stored<D> {
    /// When; of use once the mount becomes version 2.
    #[serde(with = "crate::time::required")]
    pub(super) written: Timestamp,
    /// What: a JSON object.
    pub(super) data: D,
}

/// The engine of a version 1 mount.
pub struct Kv1 {
    table: Table<()>,
}

impl Kv1 {
    /// An engine; it keeps nothing in memory.
    pub fn new() -> Self {
        let path = Path::new(":path*")
            .help("Keeps secrets; a write replaces what was there.")
            .on(Operation::Read, |(), call, _| Box::pin(read(call)))
            .on(Operation::Update, |(), call, _| Box::pin(write(call)))
            .on(Operation::Delete, |(), call, _| Box::pin(delete(call)))
            .on(Operation::List, |(), call, _| Box::pin(list(call)))
            .on(Operation::Scan, |(), call, _| Box::pin(scan(call)))
            .exists(|(), call, _| Box::pin(exists(call)));
        Self { table: Table::new(vec![path]) }
    }
}

impl Default for Kv1 {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Backend for Kv1 {
    fn auth(&self, path: &str, _: Operation) -> PathAuth {
        self.table.auth(path)
    }

    async fn exists(&self, call: Call<'_>) -> Result<Option<bool>> {
        self.table.exists(&(), call).await
    }

    async fn handle(&self, call: Call<'_>) -> Result<Response> {
        self.table.handle(&(), call).await
    }
}

/// The key of a secret.
pub(super) fn key(path: &str) -> String {
    format!("{PREFIX}{path}")
}

async fn exists(call: Call<'_>) -> Result<bool> {
    let Some(path) = path::named(call.path)? else { return Ok(false) };
    Ok(call.view.get(&key(path)).await?.is_some())
}

async fn read(call: Call<'_>) -> Result<Response> {
    let Some(path) = path::named(call.path)? else { return Ok(Response::none()) };
    let key = key(path);
    let Some(value) = call.view.get(&key).await? else { return Ok(Response::none()) };
    let data = entry::decode::<Stored<Data>>(&key, &value)?.data;
    let ttl = asked_ttl(&data).unwrap_or(call.mount.default_ttl);
    let lease = Some(LeaseTerms { ttl, ..LeaseTerms::default() });
    Ok(Response { lease, ..Response::data(data) })
}

/// The age at which the secret's writer wants it read again.
fn asked_ttl(data: &Data) -> Option<Duration> {
    let seconds = Kind::Duration.convert(data.get("ttl").or_else(|| data.get("lease"))?).ok()?;
    seconds.as_u64().filter(|&seconds| seconds > 0).map(Duration::from_secs)
}

async fn write(call: Call<'_>) -> Result<Response> {
    let path = path::writable(call.path)?;
    let data = &call.request.data;
    if data.is_empty() {
        return Err(Error::invalid("missing data fields"));
    }
    let key = key(path);
    call.view.put(&key, entry::encode(&key, &Stored { written: call.now, data })?)?;
    Ok(Response::none())
}

async fn delete(call: Call<'_>) -> Result<Response> {
    if let Some(path) = path::named(call.path)? {
        call.view.delete(&key(path))?;
    }
    Ok(Response::none())
}

async fn list(call: Call<'_>) -> Result<Response> {
    let folder = path::folder(call.path)?;
    Ok(Response::keys(call.view.list(&key(&folder), "", 0).await?.keys))
}

async fn scan(call: Call<'_>) -> Result<Response> {
    let top = path::folder(call.path)?;
    let mut walk = Walk::new();
    while let Some(folder) = walk.next_folder() {
        let entries = call.view.list(&key(&format!("{top}{folder}")), "", 0).await?;
        walk.add(&folder, entries)?;
    }
    Ok(Response::keys(walk.into_found()))
}
