//! How a command talks to the server: settings from flags and environment, one call after the
//! other, and the two flags that print a call instead of making it.

#[cfg(test)]
mod tests;

use client::{Client, Method, Reply, Request, Settings};
use serde_json::Value;

use crate::{
    call::Call,
    failure::{Failure, Outcome},
    out, token_file,
};

/// A command's connection to the server.
pub(crate) struct Session {
    client: Client,
    runtime: tokio::runtime::Runtime,
    instead: Instead,
}

/// What to do with a call.
#[derive(Clone, Copy)]
enum Instead {
    Send,
    PrintCurl,
    PrintPolicy,
}

impl Session {
    /// A session with the settings of the environment, the flags and the stored token.
    pub(crate) fn open(call: &Call) -> Outcome<Self> {
        let local = |error: client::Error| Failure::Local(error.to_string());
        let mut settings = Settings::from_env().map_err(local)?;
        apply(&mut settings, call);
        if settings.token.is_none() {
            settings.token = token_file::load()?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Local(format!("cannot start the runtime: {error}")))?;
        let client = Client::from_settings(settings).map_err(local)?;
        let instead = if call.given.is("output-curl-string") {
            Instead::PrintCurl
        } else if call.given.is("output-policy") {
            Instead::PrintPolicy
        } else {
            Instead::Send
        };
        Ok(Self { client, runtime, instead })
    }

    /// The client, with all settings.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Goes on with another token.
    pub(crate) fn use_token(&mut self, token: Option<client::Token>) {
        self.client = self.client.with_token(token);
    }

    /// Makes a call, or prints it. The answer may be of any status.
    pub(crate) fn send(&self, request: &Request) -> Outcome<Result<Reply, client::Error>> {
        match self.instead {
            Instead::Send => Ok(self.runtime.block_on(self.client.send(request))),
            Instead::PrintCurl => {
                out::line(&curl(&self.client, request));
                Err(Failure::Said(0))
            }
            Instead::PrintPolicy => {
                out::line(&policy(request));
                Err(Failure::Said(0))
            }
        }
    }

    /// Makes a call that only finds out what to call then, and so is never printed and never
    /// wrapped.
    pub(crate) fn send_now(&self, request: &Request) -> Result<Reply, client::Error> {
        self.runtime.block_on(self.client.with_wrap_ttl("").send(request))
    }

    /// Makes such a call once: if it fails, that is an answer too.
    pub(crate) fn send_once(&self, request: &Request) -> Result<Reply, client::Error> {
        self.runtime.block_on(self.client.with_wrap_ttl("").without_retries().send(request))
    }

    /// Makes a call that must succeed. `tried` begins the message if it does not.
    pub(crate) fn ask(&self, tried: &str, request: &Request) -> Outcome<Reply> {
        let reply = self.send(request)?;
        reply.and_then(Reply::check).map_err(|error| Failure::call(tried, &error))
    }

    /// Makes a call that may find nothing.
    pub(crate) fn find(&self, tried: &str, request: &Request) -> Outcome<Option<Reply>> {
        let reply = self.send(request)?;
        reply.and_then(Reply::found).map_err(|error| Failure::call(tried, &error))
    }
}

/// Lets the flags have their say over the environment.
fn apply(settings: &mut Settings, call: &Call) {
    let given = &call.given;
    let text = |name: &str| given.text(name).map(str::to_owned);
    if let Some(address) = text("address") {
        settings.address = address;
    }
    if let Some(namespace) = text("namespace") {
        settings.namespace = namespace;
    }
    if let Some(name) = text("tls-server-name") {
        settings.tls_server_name = name;
    }
    if let Some(path) = text("ca-cert") {
        settings.ca_cert = Some(path.into());
        settings.ca_cert_pem = None;
    }
    if let Some(path) = text("ca-path") {
        settings.ca_path = Some(path.into());
    }
    if let Some(path) = text("client-cert") {
        settings.client_cert = Some(path.into());
    }
    if let Some(path) = text("client-key") {
        settings.client_key = Some(path.into());
    }
    if let Some(ttl) = given.ttl("wrap-ttl") {
        settings.wrap_ttl = ttl;
    }
    settings.tls_skip_verify = given.truth("tls-skip-verify").unwrap_or(settings.tls_skip_verify);
    settings.disable_redirects =
        given.truth("disable-redirects").unwrap_or(settings.disable_redirects);
    for (name, value) in given.pairs("header") {
        settings.headers.push((name.to_owned(), value.to_owned()));
    }
    let variable = client::settings::variable("MFA").unwrap_or_default();
    let credentials = match given.list("mfa") {
        none if none.is_empty() => variable.split(',').map(str::trim).collect(),
        credentials => credentials,
    };
    for credential in credentials.into_iter().filter(|credential| !credential.is_empty()) {
        settings.headers.push(("X-Vault-MFA".to_owned(), credential.to_owned()));
    }
    if given.is("policy-override") {
        settings.headers.push(("X-Vault-Policy-Override".to_owned(), "true".to_owned()));
    }
}

/// The curl command that makes the same call. The token is fetched when it runs, so that the line
/// can be shown to others.
fn curl(client: &Client, request: &Request) -> String {
    let quoted = |(name, value): (String, String)| (name, in_quotes(&value));
    let mut headers: Vec<(String, String)> =
        client.plain_headers().into_iter().map(quoted).collect();
    if client.settings().token.is_some() {
        headers.push(("X-Vault-Token".to_owned(), "$(strongroom print token)".to_owned()));
    }
    if request.method == Method::PATCH {
        headers.push(("Content-Type".to_owned(), request.content_type().to_owned()));
    }
    headers.sort();
    let mut words = vec!["curl".to_owned()];
    if client.settings().tls_skip_verify {
        words.push("--insecure".to_owned());
    }
    if request.method != Method::GET {
        words.push(format!("-X {}", request.method));
    }
    words.extend(headers.iter().map(|(name, value)| format!("-H \"{name}: {value}\"")));
    if let Some(body) = &request.body {
        words.push(format!("-d '{}'", body.to_string().replace('\'', r#"'"'"'"#)));
    }
    words.push(format!("\"{}\"", in_quotes(&client.url(request))));
    words.join(" ")
}

/// Text that a shell leaves as it is between double quotes.
fn in_quotes(text: &str) -> String {
    text.chars().fold(String::new(), |mut done, letter| {
        if matches!(letter, '$' | '`' | '"' | '\\') {
            done.push('\\');
        }
        done.push(letter);
        done
    })
}

/// The policy that allows this call.
fn policy(request: &Request) -> String {
    let lists = |name: &str| request.query.iter().any(|(key, _)| key == name);
    let (folder, capabilities) = match request.method {
        Method::GET if lists("list") => ("/", vec!["list"]),
        Method::GET if lists("scan") => ("/", vec!["scan"]),
        Method::PUT | Method::POST => ("", vec!["create", "update"]),
        Method::PATCH => ("", vec!["patch"]),
        Method::DELETE => ("", vec!["delete"]),
        _ => ("", vec!["read"]),
    };
    let quoted = Value::from(capabilities).to_string().replace(',', ", ");
    let path = request.path.trim_end_matches('/');
    format!("path \"{path}{folder}\" {{\n  capabilities = {quoted}\n}}")
}
