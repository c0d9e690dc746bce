//! `kv metadata …`: what is kept about a secret beside its data.

use client::{Method, Request};
use serde_json::{Map, Value};

use crate::{
    call::Call,
    command::{
        Arguments, Command, generic,
        kv::{MOUNT, Place, expect_secret, print_members, print_place, write::writing},
    },
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    out,
    session::Session,
    show::{self, Format, Secret},
};

const SETTINGS: &[Flag] = &[
    Flag::new(&["cas-required"], Kind::Bool, "Refuse writes that do not say -cas."),
    Flag::new(
        &["custom-metadata"],
        Kind::Pairs,
        "A name and value of your own. May be repeated. It is no place for secrets.",
    ),
    Flag::new(&["delete-version-after"], Kind::Ttl, "Delete each version this long after it."),
    Flag::new(&["max-versions"], Kind::Number, "How many versions to keep; 0: as the mount says."),
];
const REMOVE: &[Flag] = &[Flag::new(
    &["remove-custom-metadata"],
    Kind::List,
    "A name of your own to remove. May be repeated.",
)];

pub(super) const GET: Command = Command {
    name: "kv metadata get",
    summary: "Print what is kept about a secret",
    usage: "[options] PATH",
    about: "Prints the settings of a secret and the times of its versions.",
    examples: &[("Which versions are there?", "strongroom kv metadata get secret/app")],
    flags: &[MOUNT],
    globals: Globals::Field,
    arguments: Arguments::Exactly(1),
    run: get,
};

pub(super) const PUT: Command = Command {
    name: "kv metadata put",
    summary: "Set what is kept about a secret",
    usage: "[options] PATH",
    about: "Sets the settings of a secret, which need not have a version yet. Names and values of \
            your own are replaced as a whole; a setting that is not given stays.",
    examples: &[
        ("Keep five versions:", "strongroom kv metadata put -max-versions=5 secret/app"),
        ("Say whose it is:", "strongroom kv metadata put -custom-metadata=owner=me secret/app"),
    ],
    flags: &[MOUNT, SETTINGS],
    globals: Globals::Field,
    arguments: Arguments::Exactly(1),
    run: put,
};

pub(super) const PATCH: Command = Command {
    name: "kv metadata patch",
    summary: "Change some of what is kept about a secret",
    usage: "[options] PATH",
    about: "Changes what is given and keeps the rest, names and values of your own too.",
    examples: &[(
        "Add one name and remove another:",
        "strongroom kv metadata patch -custom-metadata=team=a -remove-custom-metadata=owner \
         secret/app",
    )],
    flags: &[MOUNT, SETTINGS, REMOVE],
    globals: Globals::Field,
    arguments: Arguments::Exactly(1),
    run: patch,
};

pub(super) const DELETE: Command = Command {
    name: "kv metadata delete",
    summary: "Delete a secret with all its versions",
    usage: "[options] PATH",
    about: "Deletes all versions of a secret and all that is kept about it, for good.",
    examples: &[("Delete all of a secret:", "strongroom kv metadata delete secret/app")],
    flags: &[MOUNT],
    globals: Globals::Field,
    arguments: Arguments::Exactly(1),
    run: delete,
};

/// The API's path; only version 2 has one.
fn path(call: &Call, session: &Session) -> Outcome<String> {
    let place = Place::find(call, session)?;
    if place.versioned {
        return Ok(place.api("metadata"));
    }
    Err(Failure::local("Metadata not supported on KV Version 1"))
}

fn get(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let path = path(call, &session)?;
    let reply = session.find(&format!("Error reading {path}"), &Request::get(&path))?;
    let secret = expect_secret(reply.as_ref(), &path)?;
    let simple = call.field().is_none() && call.format == Format::Table;
    let Some(data) = secret.data().as_object().filter(|_| simple) else {
        return show::secret(call, &secret);
    };
    print_place("Metadata Path", &path);
    let settings: Map<String, Value> = data
        .iter()
        .filter(|(name, _)| *name != "versions")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    print_members("Metadata", &Value::Object(settings));
    let versions = data.get("versions").and_then(Value::as_object);
    let mut versions: Vec<(u64, &Value)> = versions
        .into_iter()
        .flatten()
        .filter_map(|(number, about)| Some((number.parse().ok()?, about)))
        .collect();
    versions.sort_by_key(|(number, _)| *number);
    for (number, about) in versions {
        out::line("");
        print_members(&format!("Version {number}"), about);
    }
    show::warnings(&secret);
    Ok(())
}

fn put(call: &Call) -> Outcome {
    change(call, Method::PUT)
}

fn patch(call: &Call) -> Outcome {
    change(call, Method::PATCH)
}

fn change(call: &Call, method: Method) -> Outcome {
    let session = Session::open(call)?;
    let path = path(call, &session)?;
    let request = Request::new(method, &path).body(Value::Object(settings(call)));
    let reply = session.ask(&writing(&path), &request)?;
    generic::written(call, &path, Secret::of(&reply))
}

fn settings(call: &Call) -> Map<String, Value> {
    let given = &call.given;
    let mut body = Map::new();
    let mut add = |name: &str, value: Option<Value>| {
        value.map(|value| body.insert(name.to_owned(), value));
    };
    add("cas_required", given.truth("cas-required").map(Value::Bool));
    add("delete_version_after", given.ttl("delete-version-after").map(Value::String));
    add("max_versions", given.number("max-versions").map(Value::from));
    let mut own = Map::new();
    for (name, value) in given.pairs("custom-metadata") {
        own.insert(name.to_owned(), Value::String(value.to_owned()));
    }
    for name in given.list("remove-custom-metadata") {
        own.insert(name.to_owned(), Value::Null);
    }
    add("custom_metadata", (!own.is_empty()).then_some(Value::Object(own)));
    body
}

fn delete(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let path = path(call, &session)?;
    session.ask(&format!("Error deleting {path}"), &Request::delete(&path))?;
    generic::done(call, &format!("Success! Data deleted (if it existed) at: {path}"));
    Ok(())
}
