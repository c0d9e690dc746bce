//! `kv get`, `kv list` and `kv scan`.

use client::Request;
use serde_json::Value;

use crate::{
    call::Call,
    command::kv::{Place, expect_secret, print_members, print_place},
    failure::{Failure, Outcome},
    out,
    session::Session,
    show::{self, Format, Secret},
};

pub(super) fn get(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let place = Place::find(call, &session)?;
    let path = place.api("data");
    let mut request = Request::get(&path);
    if let Some(version) = call.given.number("version").filter(|_| place.versioned) {
        request = request.query("version", version.to_string());
    }
    let reply = session.find(&format!("Error reading {path}"), &request)?;
    let secret = expect_secret(reply.as_ref(), &path)?;
    if secret.data().is_null() && secret.wrap_info().is_none() {
        // Nothing but a remark, which says what is wrong with the path.
        show::warnings(&secret);
        return Err(Failure::Remote(format!("No value found at {path}")));
    }
    if secret.wrap_info().is_some() {
        return show::secret(call, &secret);
    }
    print(call, &place, &path, &secret)
}

fn print(call: &Call, place: &Place, path: &str, secret: &Secret) -> Outcome {
    let inner = |name: &str| secret.data().get(name).filter(|value| !value.is_null());
    let data = if place.versioned { inner("data") } else { Some(secret.data()) };
    if let Some(field) = call.field() {
        return match data {
            Some(data) => show::field(call, data, field),
            None => Err(Failure::Remote(format!("No data found at {path}"))),
        };
    }
    if call.format != Format::Table {
        return show::secret(call, secret);
    }
    if place.versioned {
        print_place("Secret Path", path);
        if let Some(metadata) = inner("metadata") {
            print_members("Metadata", metadata);
            out::line("");
        }
    }
    if let Some(data) = data.filter(|data| data.is_object()) {
        print_members("Data", data);
    }
    show::warnings(secret);
    Ok(())
}

pub(super) fn list(call: &Call) -> Outcome {
    names(call, "listing", |path| Request::list(path))
}

pub(super) fn scan(call: &Call) -> Outcome {
    names(call, "scanning", |path| Request::scan(path))
}

fn names(call: &Call, doing: &str, request: impl Fn(&str) -> Request) -> Outcome {
    let session = Session::open(call)?;
    let path = Place::find(call, &session)?.api("metadata");
    let reply = session.find(&format!("Error {doing} {path}"), &request(&path))?;
    let secret = reply.as_ref().and_then(Secret::of);
    // A remark without names is no listing.
    let secret = secret.filter(|secret| secret.data().get("keys").is_some_and(Value::is_array));
    show::listing(call, &path, secret.as_ref())
}
