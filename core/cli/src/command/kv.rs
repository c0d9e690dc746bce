//! `kv …`: secrets of the key-value engine, whichever version a mount has.

mod metadata;
mod read;
#[cfg(test)]
mod tests;
mod versions;
mod write;

use client::{Reply, Request};
use serde_json::Value;

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    out,
    session::Session,
    show::{Secret, table, text},
};

const MOUNT: &[Flag] = &[Flag::new(
    &["mount"],
    Kind::Text,
    "The mount's path; the argument is then the path below it.",
)];
const CAS: &[Flag] = &[Flag::new(
    &["cas"],
    Kind::Number,
    "Write only if this is the present version; 0: only if there is none.",
)];
const VERSION: &[Flag] =
    &[Flag::new(&["version"], Kind::Number, "Which version; by default the latest.")];
const VERSIONS: &[Flag] =
    &[Flag::new(&["versions"], Kind::List, "Which versions. May be repeated.")];
const PATCH: &[Flag] = &[
    Flag::new(
        &["method"],
        Kind::Text,
        "patch: the server merges; rw: this client reads, merges and writes. By default patch, and \
         rw if that is not allowed.",
    ),
    Flag::new(&["remove-data"], Kind::List, "A member to remove. May be repeated."),
];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "kv get",
        summary: "Read a secret",
        usage: "[options] PATH",
        about: "Prints a secret. With version 2 the metadata of its version is printed first, and \
                older versions can be read.",
        examples: &[
            ("Read a secret:", "strongroom kv get secret/app"),
            ("Read one field, for a script:", "strongroom kv get -field=password secret/app"),
            ("Read an older version:", "strongroom kv get -mount=secret -version=1 app"),
        ],
        flags: &[MOUNT, VERSION],
        globals: Globals::Field,
        arguments: Arguments::Exactly(1),
        run: read::get,
    },
    Command {
        name: "kv put",
        summary: "Write a secret",
        usage: "[options] PATH [DATA K=V...]",
        about: "Writes a secret whole: what is not given is no longer in it. With version 2 the \
                former one stays readable as an older version. For how data is given see \
                \"strongroom write -h\".",
        examples: &[
            ("Write a secret:", "strongroom kv put secret/app user=me password=-"),
            ("Only if there is none:", "strongroom kv put -cas=0 secret/app @app.json"),
        ],
        flags: &[MOUNT, CAS],
        globals: Globals::Field,
        arguments: Arguments::AtLeast(1),
        run: write::put,
    },
    Command {
        name: "kv patch",
        summary: "Change some of a secret",
        usage: "[options] PATH [DATA K=V...]",
        about: "Changes what is given and keeps the rest. Only for version 2, and only where there \
                is a secret.",
        examples: &[
            ("Change one member:", "strongroom kv patch secret/app password=new"),
            ("Remove one:", "strongroom kv patch -remove-data=user secret/app password=new"),
        ],
        flags: &[MOUNT, CAS, PATCH],
        globals: Globals::Field,
        arguments: Arguments::AtLeast(1),
        run: write::patch,
    },
    Command {
        name: "kv delete",
        summary: "Delete a secret, or versions of it",
        usage: "[options] PATH",
        about: "Deletes the latest version, or those that -versions names. With version 2 they can \
                be brought back with \"kv undelete\", until they are destroyed.",
        examples: &[
            ("Delete the latest version:", "strongroom kv delete secret/app"),
            ("Delete older ones:", "strongroom kv delete -versions=1,2 secret/app"),
        ],
        flags: &[MOUNT, VERSIONS],
        globals: Globals::Field,
        arguments: Arguments::Exactly(1),
        run: versions::delete,
    },
    Command {
        name: "kv undelete",
        summary: "Bring deleted versions back",
        usage: "[options] PATH",
        about: "Brings back versions that were deleted but not destroyed.",
        examples: &[("Bring a version back:", "strongroom kv undelete -versions=3 secret/app")],
        flags: &[MOUNT, VERSIONS],
        globals: Globals::Field,
        arguments: Arguments::Exactly(1),
        run: versions::undelete,
    },
    Command {
        name: "kv destroy",
        summary: "Destroy versions for good",
        usage: "[options] PATH",
        about: "Removes the data of versions for good. That they existed stays in the metadata.",
        examples: &[("Destroy two versions:", "strongroom kv destroy -versions=1,2 secret/app")],
        flags: &[MOUNT, VERSIONS],
        globals: Globals::Field,
        arguments: Arguments::Exactly(1),
        run: versions::destroy,
    },
    Command {
        name: "kv rollback",
        summary: "Make an older version the latest",
        usage: "[options] PATH",
        about: "Writes the data of an older version as a new one. It fails if someone else writes \
                in between.",
        examples: &[("Go back to version 3:", "strongroom kv rollback -version=3 secret/app")],
        flags: &[MOUNT, VERSION],
        globals: Globals::Field,
        arguments: Arguments::Exactly(1),
        run: versions::rollback,
    },
    Command {
        name: "kv list",
        summary: "List the names at a path",
        usage: "[options] PATH",
        about: "Prints the names directly below a path; one that ends in a slash has names below \
                it.",
        examples: &[("List a mount:", "strongroom kv list secret")],
        flags: &[MOUNT],
        globals: Globals::Listing,
        arguments: Arguments::Between(0, 1),
        run: read::list,
    },
    Command {
        name: "kv scan",
        summary: "List all names below a path",
        usage: "[options] PATH",
        about: "Prints the names below a path at any depth.",
        examples: &[("All secrets of a mount:", "strongroom kv scan secret")],
        flags: &[MOUNT],
        globals: Globals::Listing,
        arguments: Arguments::Between(0, 1),
        run: read::scan,
    },
    Command {
        name: "kv enable-versioning",
        summary: "Turn a mount from version 1 into version 2",
        usage: "[options] PATH",
        about: "Turns a mount of version 1 into one of version 2. Its secrets become first \
                versions. There is no way back.",
        examples: &[("Turn a mount:", "strongroom kv enable-versioning kv")],
        flags: &[],
        globals: Globals::Http,
        arguments: Arguments::Exactly(1),
        run: enable_versioning,
    },
    metadata::GET,
    metadata::PUT,
    metadata::PATCH,
    metadata::DELETE,
];

/// Where a secret is.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Place {
    /// The mount's path, without slashes around it; empty if it is not known.
    mount: String,
    /// The path below the mount.
    rest: String,
    /// Whether the mount is of version 2.
    versioned: bool,
}

impl Place {
    /// Asks the server for the mount of the first argument.
    fn find(call: &Call, session: &Session) -> Outcome<Self> {
        let path = call.path(0);
        let mount = call.given.text("mount").map(|mount| mount.trim_matches('/').to_owned());
        if path.is_empty() && mount.is_none() {
            return Err(Failure::local("Not enough arguments (expected 1, got 0)"));
        }
        let asked = mount.clone().unwrap_or_else(|| path.clone());
        let request = Request::get(format!("sys/internal/ui/mounts/{asked}"));
        let reply = session.send_now(&request).and_then(Reply::found);
        let reply = reply.map_err(|error| Failure::call("", &error))?;
        let about = reply.as_ref().and_then(Reply::data);
        let member = |name: &str| about.and_then(|data| data.get(name));
        let found = member("path").and_then(Value::as_str).unwrap_or_default().trim_matches('/');
        let version = member("options").and_then(|options| options.get("version")).map(text::of);
        let rest = match mount {
            Some(_) => path,
            None => below(&path, found).to_owned(),
        };
        Ok(Self { mount: found.to_owned(), rest, versioned: version.as_deref() == Some("2") })
    }

    /// The API's path of a secret in version 2, such as `secret/metadata/app`; in version 1 there is
    /// but one.
    fn api(&self, kind: &str) -> String {
        let kind = if self.versioned { kind } else { "" };
        let parts = [self.mount.as_str(), kind, self.rest.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }
}

fn below<'a>(path: &'a str, mount: &str) -> &'a str {
    match path.strip_prefix(mount) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') || mount.is_empty() => {
            rest.trim_start_matches('/')
        }
        _ => path,
    }
}

/// Prints where a secret is and what is known of its version.
fn print_place(title: &str, path: &str) {
    out::line(&format!("{}\n{path}\n", table::title(title, path.chars().count())));
}

/// Prints the members of an object under a title.
fn print_members(title: &str, members: &Value) {
    let members = members.as_object();
    let keys = members.into_iter().flatten().map(|(name, _)| name.as_str());
    out::line(&table::title(title, table::heading_width(keys)));
    let rows: Vec<(String, String)> = members
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), text::of(value)))
        .collect();
    out::line(&table::pairs(&rows));
}

/// The answer as a secret; without one the path is named.
fn expect_secret(reply: Option<&Reply>, path: &str) -> Outcome<Secret> {
    reply.and_then(Secret::of).ok_or_else(|| Failure::Remote(format!("No value found at {path}")))
}

fn enable_versioning(call: &Call) -> Outcome {
    let mount = call.path(0);
    let session = Session::open(call)?;
    let body = serde_json::json!({"options": {"version": "2"}});
    let request = Request::post(format!("sys/mounts/{mount}/tune"), body);
    session.ask(&format!("Error tuning secrets engine {mount}"), &request)?;
    out::line(&format!("Success! Tuned the secrets engine at: {mount}/"));
    Ok(())
}
