//! The cubbyhole: a place for each token that no other token can look into.
//!
//! An entry is the JSON object of its data, under `<cubbyhole id>/<path>`. What a token left there
//! ends with the token: whoever revokes it calls [`wipe`].

use std::sync::Arc;

use async_trait::async_trait;
use logical::{
    Backend, Call, Data, Error, Operation, Path, PathAuth, Prefixed, Response, Result, Table, View,
};

use crate::{entry, path, walk::Walk};

/// Where a wrapping token keeps the answer that it wraps.
const WRAPPED: &str = "response";

/// The only policy of a wrapping token.
const WRAPPING: &str = "response-wrapping";

/// What a client is told that reads it there, as was usual once.
const OLD_WAY: &str = "Reading from 'cubbyhole/response' is deprecated. Please use \
                       sys/wrapping/unwrap to unwrap responses, as it provides additional security \
                       checks and other benefits.";

/// The engine behind `cubbyhole/`.
pub fn open() -> Arc<dyn Backend> {
    let path = Path::new(":path*")
        .help("Keeps what only the token that wrote it can read.")
        .on(Operation::Read, |(), call, _| Box::pin(read(call)))
        .on(Operation::Update, |(), call, _| Box::pin(write(call)))
        .on(Operation::Delete, |(), call, _| Box::pin(delete(call)))
        .on(Operation::List, |(), call, _| Box::pin(list(call)))
        .exists(|(), call, _| Box::pin(exists(call)));
    Arc::new(Cubbyhole { table: Table::new(vec![path]) })
}

/// Removes all that a token left in its cubbyhole.
pub async fn wipe(view: &dyn View, cubbyhole_id: &str) -> Result<()> {
    if cubbyhole_id.is_empty() {
        return Ok(());
    }
    let own = Prefixed::new(view, format!("{cubbyhole_id}/"));
    let mut walk = Walk::new();
    while let Some(folder) = walk.next_folder() {
        let entries = own.list(&folder, "", 0).await?;
        walk.add(&folder, entries)?;
    }
    walk.into_found().iter().try_for_each(|key| own.delete(key))
}

struct Cubbyhole {
    table: Table<()>,
}

#[async_trait]
impl Backend for Cubbyhole {
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

/// The part of the store that belongs to the caller's token.
fn own(call: Call<'_>) -> Result<Prefixed<'_>> {
    let caller = call.caller.ok_or_else(Error::no_token)?;
    if caller.cubbyhole_id.is_empty() {
        let text = "cubbyhole operations are only supported by 'service' type tokens";
        return Err(Error::invalid(text));
    }
    Ok(Prefixed::new(call.view, format!("{}/", caller.cubbyhole_id)))
}

async fn exists(call: Call<'_>) -> Result<bool> {
    let own = own(call)?;
    let Some(path) = path::named(call.path)? else { return Ok(false) };
    Ok(own.get(path).await?.is_some())
}

async fn read(call: Call<'_>) -> Result<Response> {
    let own = own(call)?;
    let Some(path) = path::named(call.path)? else { return Ok(Response::none()) };
    let Some(value) = own.get(path).await? else { return Ok(Response::none()) };
    let response = entry::decode::<Data>(path, &value).map(Response::data)?;
    Ok(match path == WRAPPED && is_wrapping(call) {
        true => response.with_warning(OLD_WAY),
        false => response,
    })
}

/// Whether the caller's token is one that wraps an answer.
fn is_wrapping(call: Call<'_>) -> bool {
    let policies = call.caller.map(|caller| caller.policies.as_slice());
    policies.is_some_and(|policies| policies == [WRAPPING])
}

async fn write(call: Call<'_>) -> Result<Response> {
    let own = own(call)?;
    let path = path::writable(call.path)?;
    let data = &call.request.data;
    if data.is_empty() {
        return Err(Error::invalid("missing data fields"));
    }
    own.put(path, entry::encode(path, data)?)?;
    Ok(Response::none())
}

async fn delete(call: Call<'_>) -> Result<Response> {
    let own = own(call)?;
    if let Some(path) = path::named(call.path)? {
        own.delete(path)?;
    }
    Ok(Response::none())
}

async fn list(call: Call<'_>) -> Result<Response> {
    let own = own(call)?;
    let folder = path::folder(call.path)?;
    Ok(Response::keys(own.list(&folder, "", 0).await?.keys))
}
