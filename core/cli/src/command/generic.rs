//! `read`, `write`, `patch`, `delete`, `unwrap` and `path-help`: any path of the API.

use client::{Method, Request, Token};
use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    out, pairs,
    session::Session,
    show::{self, Format, Secret, text},
};

const FORCE: &[Flag] =
    &[Flag::new(&["force", "f"], Kind::Bool, "Write without data, for paths that need none.")];

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "read",
        summary: "Read a path",
        usage: "[options] PATH [K=V...]",
        about: "Reads what is at a path: a secret, a role, a setting, or a credential that is made \
                at that moment. Names and values behind the path are sent as parameters.",
        examples: &[
            ("Read a path:", "strongroom read cubbyhole/note"),
            ("Read one field, for a script:", "strongroom read -field=password cubbyhole/note"),
            ("Hand a secret on:", "strongroom read -wrap-ttl=5m cubbyhole/note"),
        ],
        flags: &[],
        globals: Globals::Field,
        arguments: Arguments::AtLeast(1),
        run: read,
    },
    Command {
        name: "write",
        summary: "Write to a path",
        usage: "[options] PATH [DATA K=V...]",
        about: "Writes data to a path. A value that begins with @ is read from a file, and - from \
                standard input; @file.json or - in the place of the data is a whole JSON \
                object. A key that is given twice becomes a list.\n\nWhat is written on the \
                command line stays in the shell's history: prefer a file or standard input for \
                secrets.",
        examples: &[
            ("Write two values:", "strongroom write cubbyhole/note user=me place=here"),
            ("Take a value from a file:", "strongroom write cubbyhole/note key=@key.pem"),
            ("Take all from standard input:", "strongroom write cubbyhole/note - < data.json"),
            ("Write without data:", "strongroom write -f sys/tools/random/16"),
        ],
        flags: &[FORCE],
        globals: Globals::Field,
        arguments: Arguments::AtLeast(1),
        run: write,
    },
    Command {
        name: "patch",
        summary: "Change some of what is at a path",
        usage: "[options] PATH [DATA K=V...]",
        about: "Sends the data as a merge patch: what it names is changed, what it gives as null \
                is removed, the rest stays. Not every path can be patched.",
        examples: &[(
            "Change a member of a secret of version 2:",
            "strongroom patch secret/data/app @change.json",
        )],
        flags: &[FORCE],
        globals: Globals::Field,
        arguments: Arguments::AtLeast(1),
        run: patch,
    },
    Command {
        name: "delete",
        summary: "Delete what is at a path",
        usage: "[options] PATH [K=V...]",
        about: "Deletes what is at a path. It is no error if there is nothing.",
        examples: &[("Delete a note:", "strongroom delete cubbyhole/note")],
        flags: &[],
        globals: Globals::Field,
        arguments: Arguments::AtLeast(1),
        run: delete,
    },
    Command {
        name: "unwrap",
        summary: "Take what a wrapping token stands for",
        usage: "[options] [TOKEN]",
        about: "Takes the answer that was wrapped. This works once: a token that was opened before \
                you is how you notice that someone else has read it.\n\nWithout an argument the \
                token of this client is taken for the wrapping token.",
        examples: &[
            ("Take the answer:", "strongroom unwrap s.3vVqKlwdmVrv21OTR7Zq1bOv"),
            (
                "Take one field of it:",
                "strongroom unwrap -field=password s.3vVqKlwdmVrv21OTR7Zq1bOv",
            ),
        ],
        flags: &[],
        globals: Globals::Field,
        arguments: Arguments::Between(0, 1),
        run: unwrap,
    },
    Command {
        name: "path-help",
        summary: "Explain a path",
        usage: "[options] PATH",
        about: "Prints the server's own explanation of a path: what it is for and which fields it \
                takes.",
        examples: &[("Which paths are there?", "strongroom path-help sys")],
        flags: &[],
        globals: Globals::Format,
        arguments: Arguments::Exactly(1),
        run: path_help,
    },
];

fn read(call: &Call) -> Outcome {
    let path = call.path(0);
    let request = with_parameters(Request::get(&path), call.rest(1))?;
    let session = Session::open(call)?;
    let reply = session.find(&format!("Error reading {path}"), &request)?;
    match reply.as_ref().and_then(Secret::of) {
        Some(secret) => show::secret(call, &secret),
        None => Err(Failure::Remote(format!("No value found at {path}"))),
    }
}

fn write(call: &Call) -> Outcome {
    send_data(call, Method::PUT)
}

fn patch(call: &Call) -> Outcome {
    send_data(call, Method::PATCH)
}

fn send_data(call: &Call, method: Method) -> Outcome {
    let path = call.path(0);
    let data = pairs::parse(call.rest(1))?;
    if call.rest(1).is_empty() && !call.given.is("force") {
        return Err(Failure::local("Must supply data or use -force"));
    }
    let session = Session::open(call)?;
    let request = Request::new(method, &path).body(Value::Object(data));
    let reply = session.ask(&format!("Error writing data to {path}"), &request)?;
    written(call, &path, Secret::of(&reply))
}

/// Prints the answer of a write, or that it has none.
pub(super) fn written(call: &Call, path: &str, secret: Option<Secret>) -> Outcome {
    match secret {
        Some(secret) => show::secret(call, &secret),
        None => {
            done(call, &format!("Success! Data written to: {path}"));
            Ok(())
        }
    }
}

/// Prints that something was done, for people only: a program has the exit code.
pub(super) fn done(call: &Call, text: &str) {
    if call.format == Format::Table {
        out::line(text);
    }
}

fn delete(call: &Call) -> Outcome {
    let path = call.path(0);
    let request = with_parameters(Request::delete(&path), call.rest(1))?;
    let session = Session::open(call)?;
    let reply = session.ask(&format!("Error deleting {path}"), &request)?;
    match Secret::of(&reply) {
        Some(secret) => show::secret(call, &secret),
        None => {
            done(call, &format!("Success! Data deleted (if it existed) at: {path}"));
            Ok(())
        }
    }
}

/// The words as query parameters; a list becomes several of the same name.
fn with_parameters(mut request: Request, words: &[String]) -> Outcome<Request> {
    for (name, value) in pairs::parse(words)? {
        let values = match value {
            Value::Array(values) => values,
            single => vec![single],
        };
        for value in values {
            request = request.query(name.clone(), text::of(&value));
        }
    }
    Ok(request)
}

fn unwrap(call: &Call) -> Outcome {
    let mut session = Session::open(call)?;
    let own = session.client().settings().token.clone();
    let wrapping = Token::parse(call.argument(0)).filter(|token| Some(token) != own.as_ref());
    let body = match (own, wrapping) {
        // With a token of one's own the audit trail says who has opened it.
        (Some(_), Some(wrapping)) => json!({ "token": wrapping.expose() }),
        (None, Some(wrapping)) => {
            session.use_token(Some(wrapping));
            Value::Object(Map::new())
        }
        (_, None) => Value::Object(Map::new()),
    };
    let reply = session.ask("Error unwrapping", &Request::put("sys/wrapping/unwrap", body))?;
    match Secret::of(&reply) {
        Some(secret) => show::secret(call, &secret),
        None => Err(Failure::remote("Could not find wrapped response")),
    }
}

fn path_help(call: &Call) -> Outcome {
    let session = Session::open(call)?;
    let request = Request::get(call.path(0)).query("help", "1");
    let reply = session.ask("Error retrieving help", &request)?;
    match (call.format, reply.member("help").and_then(Value::as_str)) {
        (Format::Table, Some(help)) => out::line(help.trim_end()),
        (Format::Table, None) => {
            let path = call.path(0);
            return Err(Failure::Remote(format!("There is no help for {path}")));
        }
        (form, _) => show::document(form, &show::Document::Leaf(reply.json.unwrap_or_default())),
    }
    Ok(())
}
