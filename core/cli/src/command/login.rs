//! `login`: from what someone can prove to a token, stored for the next commands.

use client::{Reply, Request, Token};
use serde_json::{Map, Value};

use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::Globals,
    out, pairs, prompt,
    session::Session,
    show::{self, Format, Secret},
    token_file,
};

const FLAGS: &[Flag] = &[
    Flag::new(
        &["method"],
        Kind::Text,
        "How to log in: token (the default), userpass, ldap, radius, approle, cert, jwt or \
         kubernetes.",
    ),
    Flag::new(&["path"], Kind::Text, "Where the auth method is enabled; by default at its name."),
    Flag::new(&["no-print"], Kind::Bool, "Print nothing."),
    Flag::new(&["no-store"], Kind::Bool, "Do not store the token."),
    Flag::new(&["token-only"], Kind::Bool, "Print the token alone and do not store it."),
];

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "login",
    summary: "Log in and store the token",
    usage: "[options] [TOKEN | K=V...]",
    about: "Logs in and stores the token in the token helper (the file ~/.vault-token, or what \
            STRONGROOM_TOKEN_PATH says), where the next commands find it.\n\nWithout -method the \
            argument is a token, - reads it from standard input, and without an argument it is \
            asked for. With -method the arguments are what that method needs; a password that is \
            not given is asked for.",
    examples: &[
        ("With a token, asked for:", "strongroom login"),
        ("With name and password:", "strongroom login -method=userpass username=me"),
        (
            "With an AppRole, for a script:",
            "strongroom login -token-only -method=approle role_id=… secret_id=@secret-id",
        ),
    ],
    flags: &[FLAGS],
    globals: Globals::Field,
    arguments: Arguments::AtLeast(0),
    run: login,
}];

/// What a method sends, and where.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Style {
    /// A name in the path, and a password.
    Password,
    /// Whatever was given, to `login`.
    Fields,
}

const METHODS: &[(&str, Style)] = &[
    ("userpass", Style::Password),
    ("ldap", Style::Password),
    ("radius", Style::Password),
    ("approle", Style::Fields),
    ("cert", Style::Fields),
    ("jwt", Style::Fields),
    ("kubernetes", Style::Fields),
];

fn login(call: &Call) -> Outcome {
    let method = call.given.text("method").unwrap_or("token");
    let style = METHODS.iter().find(|(name, _)| *name == method).map(|(_, style)| *style);
    let secret = match (method, style) {
        ("token", _) => with_token(call)?,
        (_, Some(style)) => with_method(call, method, style)?,
        (_, None) => {
            return Err(Failure::Local(format!(
                "Unknown auth method: {method}. Use \"strongroom auth list\" to see which are\n\
                 enabled; \"strongroom write auth/<path>/login …\" logs in with any of them."
            )));
        }
    };
    if secret.wrap_info().is_some() {
        // The token is inside; whoever unwraps it has logged in.
        return show::secret(call, &secret);
    }
    let token = secret.auth().and_then(|auth| auth.get("client_token")).and_then(Value::as_str);
    let Some(token) = token.and_then(Token::parse) else {
        // A second factor is asked for: the answer says which.
        return show::secret(call, &secret);
    };
    let token_only = call.given.is("token-only");
    let stored = !token_only && !call.given.is("no-store");
    if stored {
        token_file::store(&token)?;
    }
    if call.given.is("no-print") {
        return Ok(());
    }
    if token_only {
        out::value(token.expose());
        return Ok(());
    }
    if call.format == Format::Table && call.field().is_none() {
        explain(stored);
    }
    show::secret(call, &secret)
}

fn explain(stored: bool) {
    let variable = client::settings::variable("TOKEN").is_some_and(|value| !value.is_empty());
    if stored && variable {
        out::warning(
            "WARNING! A token is also set in the environment (STRONGROOM_TOKEN, BAO_TOKEN or\n\
             VAULT_TOKEN), and it wins over the stored one. Unset it to use the token of this \
             login.\n",
        );
    }
    out::line(if stored {
        "Success! You are now authenticated. The token shown below is already stored in\n\
         the token helper: the next commands use it, and you need not log in again.\n"
    } else {
        "Success! You are now authenticated. The token was not stored: set it in\n\
         STRONGROOM_TOKEN, or log in again without -no-store.\n"
    });
}

fn with_token(call: &Call) -> Outcome<Secret> {
    let words = call.rest(0);
    let text = match words {
        [] => ask(call, "Token (will be hidden): ", "token")?,
        [word] if word == "-" => pairs::read_stdin().map_err(Failure::Local)?,
        [word] => match word.strip_prefix("token=") {
            Some(value) => pairs::read_value(value).map_err(Failure::Local)?,
            None => word.clone(),
        },
        _ => return Err(Failure::local("Too many arguments (expected 0 or 1)")),
    };
    let Some(token) = Token::parse(&text) else {
        return Err(Failure::local("Error authenticating: a token must be given"));
    };
    let mut session = Session::open(call)?;
    session.use_token(Some(token.clone()));
    let reply = session.send_now(&Request::get("auth/token/lookup-self")).and_then(Reply::check);
    let tried = "Error authenticating: error looking up token";
    let reply = reply.map_err(|error| Failure::call(tried, &error))?;
    let looked_up = reply.data().and_then(Value::as_object).cloned().unwrap_or_default();
    Ok(Secret::of_auth(auth_of(&token, &looked_up)))
}

/// What a login would have answered, made from what a lookup says of the token.
fn auth_of(token: &Token, looked_up: &Map<String, Value>) -> Map<String, Value> {
    let mut auth = Map::new();
    let mut copy = |to: &str, from: &str| {
        auth.insert(to.to_owned(), looked_up.get(from).cloned().unwrap_or_default());
    };
    copy("accessor", "accessor");
    copy("token_policies", "policies");
    copy("identity_policies", "identity_policies");
    copy("metadata", "meta");
    copy("entity_id", "entity_id");
    copy("lease_duration", "ttl");
    // A root token is looked up without this member.
    let renewable = looked_up.get("renewable").cloned().unwrap_or(Value::Bool(false));
    let mut policies = Vec::new();
    for name in ["policies", "identity_policies"] {
        policies.extend(looked_up.get(name).and_then(Value::as_array).cloned().unwrap_or_default());
    }
    auth.insert("renewable".to_owned(), renewable);
    auth.insert("policies".to_owned(), Value::Array(policies));
    auth.insert("client_token".to_owned(), Value::String(token.expose().to_owned()));
    auth
}

fn with_method(call: &Call, method: &str, style: Style) -> Outcome<Secret> {
    let mut data = pairs::parse(call.rest(0))?;
    let path = call.given.text("path").unwrap_or(method).trim_matches('/').to_owned();
    let path = match style {
        Style::Fields => format!("auth/{path}/login"),
        Style::Password => {
            let name = data.remove("username").or_else(|| user().map(Value::String));
            let Some(Value::String(name)) = name else {
                let text = "Error authenticating: \"username\" must be given";
                return Err(Failure::local(text));
            };
            if !data.contains_key("password") {
                let password = ask(call, "Password (will be hidden): ", "password")?;
                data.insert("password".to_owned(), Value::String(password));
            }
            format!("auth/{path}/login/{name}")
        }
    };
    let mut session = Session::open(call)?;
    // A login is judged by what it proves, not by an old token.
    session.use_token(None);
    let request = Request::put(&path, Value::Object(data));
    let reply = session.ask("Error authenticating", &request)?;
    Secret::of(&reply)
        .ok_or_else(|| Failure::remote("Error authenticating: the server answered without a token"))
}

fn user() -> Option<String> {
    ["LOGNAME", "USER"].into_iter().find_map(|name| std::env::var(name).ok())
}

fn ask(call: &Call, question: &str, what: &str) -> Outcome<String> {
    if call.given.is("non-interactive") {
        return Err(Failure::Local(format!("The {what} must be given with -non-interactive")));
    }
    prompt::secret(question, what, "give it as an argument")
}
