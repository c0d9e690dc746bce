//! `kv put` and `kv patch`.

use client::{Reply, Request, StatusCode};
use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    command::{
        generic,
        kv::{Place, expect_secret, print_members, print_place},
    },
    failure::{Failure, Outcome},
    pairs,
    session::Session,
    show::{self, Format, Secret},
};

pub(super) fn put(call: &Call) -> Outcome {
    let data = data(call)?;
    let session = Session::open(call)?;
    let place = Place::find(call, &session)?;
    let path = place.api("data");
    let body = if place.versioned { versioned(data, cas(call)) } else { Value::Object(data) };
    let reply = session.ask(&writing(&path), &Request::put(&path, body))?;
    written(call, &path, &reply)
}

pub(super) fn patch(call: &Call) -> Outcome {
    let mut changes = if call.given.has("remove-data") { parse(call)? } else { data(call)? };
    for name in call.given.list("remove-data") {
        changes.insert(name.to_owned(), Value::Null);
    }
    let session = Session::open(call)?;
    let place = Place::find(call, &session)?;
    if !place.versioned {
        let text = "K/V engine mount must be version 2 for patch support";
        return Err(Failure::remote(text));
    }
    let path = place.api("data");
    let reply = match call.given.text("method") {
        Some("rw") => read_and_write(call, &session, &path, changes)?,
        Some("patch") => merge(call, &session, &path, &changes)?
            .map_err(|error| Failure::call(&writing(&path), &error))?,
        None => match merge(call, &session, &path, &changes)? {
            Ok(reply) => reply,
            Err(error) if may_not_merge(error.status()) => {
                read_and_write(call, &session, &path, changes)?
            }
            Err(error) => return Err(Failure::call(&writing(&path), &error)),
        },
        Some(other) => {
            let text = format!("Unsupported method provided to -method flag: {other}");
            return Err(Failure::Local(text));
        }
    };
    written(call, &path, &reply)
}

/// Lets the server merge.
fn merge(
    call: &Call,
    session: &Session,
    path: &str,
    changes: &Map<String, Value>,
) -> Outcome<Result<Reply, client::Error>> {
    let request = Request::patch(path, versioned(changes.clone(), cas(call)));
    Ok(session.send(&request)?.and_then(Reply::check))
}

/// Older servers cannot merge, and older policies do not allow it.
fn may_not_merge(status: Option<StatusCode>) -> bool {
    matches!(status, Some(StatusCode::METHOD_NOT_ALLOWED | StatusCode::FORBIDDEN))
}

/// Merges here. Written only if nobody else has written since the reading.
fn read_and_write(
    call: &Call,
    session: &Session,
    path: &str,
    changes: Map<String, Value>,
) -> Outcome<Reply> {
    let read = session.send_now(&Request::get(path)).and_then(Reply::found);
    let read =
        read.map_err(|error| Failure::call(&format!("Error doing pre-read at {path}"), &error))?;
    let present = expect_secret(read.as_ref(), path)?;
    let Some(Value::Object(mut data)) = present.data().get("data").cloned() else {
        let text = format!("No data found at {path}; patch only works on existing data");
        return Err(Failure::Remote(text));
    };
    for (name, value) in changes {
        match value {
            Value::Null => data.remove(&name),
            value => data.insert(name, value),
        };
    }
    let version = present.data().get("metadata").and_then(|metadata| metadata.get("version"));
    let cas = cas(call).or_else(|| version.cloned());
    session.ask(&writing(path), &Request::put(path, versioned(data, cas)))
}

/// The data as version 2 wants it.
pub(super) fn versioned(data: Map<String, Value>, cas: Option<Value>) -> Value {
    let options = match cas {
        Some(cas) => json!({ "cas": cas }),
        None => json!({}),
    };
    json!({ "data": data, "options": options })
}

pub(super) fn writing(path: &str) -> String {
    format!("Error writing data to {path}")
}

fn cas(call: &Call) -> Option<Value> {
    // Less than nothing has always meant "do not check".
    call.given.number("cas").filter(|cas| *cas >= 0).map(Value::from)
}

fn data(call: &Call) -> Outcome<Map<String, Value>> {
    if call.rest(1).is_empty() {
        return Err(Failure::local("Must supply data"));
    }
    parse(call)
}

fn parse(call: &Call) -> Outcome<Map<String, Value>> {
    pairs::parse(call.rest(1))
}

fn written(call: &Call, path: &str, reply: &Reply) -> Outcome {
    let Some(secret) = Secret::of(reply) else {
        return generic::written(call, path, None);
    };
    if call.field().is_some() || call.format != Format::Table || secret.wrap_info().is_some() {
        return show::secret(call, &secret);
    }
    print_place("Secret Path", path);
    print_members("Metadata", secret.data());
    show::warnings(&secret);
    Ok(())
}
