//! `token lookup`, `renew`, `revoke` and `capabilities`.

use client::{Reply, Request};
use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    durations,
    failure::{Failure, Outcome},
    out,
    session::Session,
    show::{self, Document, Format, Secret},
};

/// Whose token is meant.
enum Whose<'a> {
    Own,
    Token(&'a str),
    Accessor(&'a str),
}

impl<'a> Whose<'a> {
    fn of(call: &'a Call, argument: Option<&'a str>) -> Outcome<Self> {
        match (argument, call.given.is("accessor")) {
            (Some(accessor), true) => Ok(Self::Accessor(accessor.trim())),
            (Some(token), false) => Ok(Self::Token(token.trim())),
            (None, false) => Ok(Self::Own),
            (None, true) => Err(Failure::local("Not enough arguments with -accessor (expected 1)")),
        }
    }
}

pub(super) fn lookup(call: &Call) -> Outcome {
    let argument = call.arguments.first().map(String::as_str);
    let request = match Whose::of(call, argument)? {
        Whose::Own => Request::get("auth/token/lookup-self"),
        Whose::Token(token) => Request::post("auth/token/lookup", json!({ "token": token })),
        Whose::Accessor(accessor) => {
            Request::post("auth/token/lookup-accessor", json!({ "accessor": accessor }))
        }
    };
    let session = Session::open(call)?;
    let reply = session.ask("Error looking up token", &request)?;
    print(call, &reply)
}

pub(super) fn renew(call: &Call) -> Outcome {
    let argument = call.arguments.first().map(String::as_str);
    let mut body = Map::new();
    if let Some(seconds) = call.given.text("increment").and_then(durations::parse) {
        body.insert("increment".to_owned(), Value::from(seconds));
    }
    let path = match Whose::of(call, argument)? {
        Whose::Own => "auth/token/renew-self",
        Whose::Token(token) => {
            body.insert("token".to_owned(), Value::from(token));
            "auth/token/renew"
        }
        Whose::Accessor(accessor) => {
            body.insert("accessor".to_owned(), Value::from(accessor));
            "auth/token/renew-accessor"
        }
    };
    let session = Session::open(call)?;
    let request = Request::put(path, Value::Object(body));
    let reply = session.ask("Error renewing token", &request)?;
    print(call, &reply)
}

pub(super) fn revoke(call: &Call) -> Outcome {
    let argument = call.arguments.first().map(String::as_str);
    let own = call.given.is("self");
    let mode = call.given.text("mode").unwrap_or_default();
    let accessor = call.given.is("accessor");
    let request = match (argument, mode) {
        (Some(_), _) if own => {
            return Err(Failure::local("Too many arguments with -self (expected 0, got 1)"));
        }
        (None, _) if !own => {
            return Err(Failure::local("Not enough arguments (expected 1 or -self, got 0)"));
        }
        (_, "orphan" | "path") if own || accessor => {
            return Err(Failure::local("-mode cannot be used with -self or -accessor"));
        }
        (None, _) => Request::put("auth/token/revoke-self", json!({})),
        (Some(name), "") if accessor => {
            Request::put("auth/token/revoke-accessor", json!({ "accessor": name }))
        }
        (Some(token), "") => Request::put("auth/token/revoke", json!({ "token": token })),
        (Some(token), "orphan") => {
            Request::put("auth/token/revoke-orphan", json!({ "token": token }))
        }
        (Some(prefix), "path") => {
            let prefix = prefix.trim_matches('/');
            Request::put(format!("sys/leases/revoke-prefix/{prefix}"), json!({}))
        }
        (Some(_), other) => return Err(Failure::Local(format!("Invalid mode: {other}"))),
    };
    let session = Session::open(call)?;
    session.ask("Error revoking token", &request)?;
    out::line("Success! Revoked token (if it existed)");
    Ok(())
}

pub(super) fn capabilities(call: &Call) -> Outcome {
    let (whose, path) = match call.arguments.as_slice() {
        [path] => (Whose::of(call, None)?, path),
        [name, path] => (Whose::of(call, Some(name))?, path),
        _ => return Err(Failure::local("Not enough arguments (expected 1 or 2)")),
    };
    let path = path.trim().trim_start_matches('/');
    let request = match whose {
        Whose::Own => Request::post("sys/capabilities-self", json!({ "path": path })),
        Whose::Token(token) => {
            Request::post("sys/capabilities", json!({ "token": token, "path": path }))
        }
        Whose::Accessor(accessor) => {
            let body = json!({ "accessor": accessor, "path": path });
            Request::post("sys/capabilities-accessor", body)
        }
    };
    let session = Session::open(call)?;
    let reply = session.ask("Error listing capabilities", &request)?;
    let found = reply.data().and_then(|data| data.get(path).or_else(|| data.get("capabilities")));
    let names = found.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    match call.format {
        Format::Table => out::line(&names.join(", ")),
        form => show::document(form, &Document::Leaf(Value::from(names))),
    }
    Ok(())
}

fn print(call: &Call, reply: &Reply) -> Outcome {
    match Secret::of(reply) {
        Some(secret) => show::secret(call, &secret),
        None => Err(Failure::remote("The server answered without data")),
    }
}
