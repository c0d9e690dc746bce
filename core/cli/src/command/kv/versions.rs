//! `kv delete`, `kv undelete`, `kv destroy` and `kv rollback`: the versions of a secret.

use client::{Reply, Request};
use serde_json::{Value, json};

use crate::{
    call::Call,
    command::{
        generic,
        kv::{
            Place, expect_secret,
            write::{versioned, writing},
        },
    },
    failure::{Failure, Outcome},
    session::Session,
    show::{self, Secret},
};

pub(super) fn delete(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let place = Place::find(call, &session)?;
    let path = place.api("data");
    let versions = call.given.list("versions");
    let request = if versions.is_empty() || !place.versioned {
        Request::delete(&path)
    } else {
        Request::put(place.api("delete"), json!({ "versions": versions }))
    };
    let reply = session.ask(&format!("Error deleting {path}"), &request)?;
    match Secret::of(&reply) {
        Some(secret) => show::secret(call, &secret)?,
        None => {
            generic::done(call, &format!("Success! Data deleted (if it existed) at: {path}"));
        }
    }
    Ok(())
}

pub(super) fn undelete(call: &Call) -> Outcome {
    change(call, "undelete")
}

pub(super) fn destroy(call: &Call) -> Outcome {
    change(call, "destroy")
}

fn change(call: &Call, deed: &str) -> Outcome {
    let versions = call.given.list("versions");
    if versions.is_empty() {
        return Err(Failure::Local(format!(
            "No versions provided, use the \"-versions\" flag to specify the version to {deed}."
        )));
    }
    let session = Session::open(call)?;
    let place = Place::find(call, &session)?;
    require_versions(&place, deed)?;
    let path = place.api(deed);
    let request = Request::put(&path, json!({ "versions": versions }));
    let reply = session.ask(&writing(&path), &request)?;
    generic::written(call, &path, Secret::of(&reply))
}

pub(super) fn rollback(call: &Call) -> Outcome {
    let Some(version) = call.given.number("version").filter(|version| *version > 0) else {
        return Err(Failure::local(
            "No version provided, use the \"-version\" flag to specify the version to roll back to.",
        ));
    };
    let session = Session::open(call)?;
    let place = Place::find(call, &session)?;
    require_versions(&place, "rollback")?;
    let path = place.api("data");
    let read = |request: &Request| {
        let reply = session.send_now(request).and_then(Reply::found);
        let tried = format!("Error doing pre-read at {path}");
        let reply = reply.map_err(|error| Failure::call(&tried, &error))?;
        expect_secret(reply.as_ref(), &path)
    };
    let latest = read(&Request::get(&path))?;
    let present = latest.data().get("metadata").and_then(|metadata| metadata.get("version"));
    let older = read(&Request::get(&path).query("version", version.to_string()))?;
    let Some(Value::Object(data)) = older.data().get("data").cloned() else {
        return Err(Failure::Remote(format!(
            "Version {version} at {path} was deleted or destroyed; there is nothing to roll back to"
        )));
    };
    let request = Request::put(&path, versioned(data, present.cloned()));
    let reply = session.ask(&writing(&path), &request)?;
    generic::written(call, &path, Secret::of(&reply))
}

fn require_versions(place: &Place, deed: &str) -> Outcome {
    if place.versioned {
        return Ok(());
    }
    Err(Failure::Local(format!("K/V engine mount must be version 2 for {deed} support")))
}
