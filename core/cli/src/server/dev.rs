//! The server for trying things out: in memory, initialised, unsealed, with a place for secrets.

mod certificate;

use std::{io::Write, path::PathBuf, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use config::{Config, Error, Loaded};
use logical::{Namespace, Operation, Peer, Request};
use node::{InitRequest, Node, UnsealRequest};
use plugin_api::Secret;
use serde_json::{Map, Value, json};

use crate::{
    failure::{Failure, Outcome},
    out,
    server::{
        dev::certificate::Certificate,
        options::{Dev, DevKv},
    },
    token_file,
};

/// A dev server that is given no configuration: its own, and the files that go with it.
pub(crate) struct Bare {
    /// Its configuration.
    pub(crate) loaded: Loaded,
    certificate: Option<Certificate>,
}

impl Bare {
    /// Makes the configuration, and the certificate if there is to be one.
    pub(crate) fn new(wishes: &Dev) -> Outcome<Self> {
        let certificate = Certificate::issue(&wishes.tls, &wishes.listen_address)?;
        let loaded = load(wishes, certificate.as_ref())?;
        Ok(Self { loaded, certificate })
    }

    /// What clients need to trust.
    pub(crate) fn ca(&self) -> Option<PathBuf> {
        self.certificate.as_ref().map(|certificate| certificate.ca.clone())
    }
}

fn load(wishes: &Dev, certificate: Option<&Certificate>) -> Outcome<Loaded> {
    let address = &wishes.listen_address;
    let mut listener = Map::from_iter([
        ("address".to_owned(), json!(address)),
        ("disable_unauthed_rekey_endpoints".to_owned(), json!(false)),
        ("disable_unauthed_generate_root_endpoints".to_owned(), json!(false)),
    ]);
    match certificate {
        None => listener.extend([("tls_disable".to_owned(), json!(true))]),
        Some(files) => listener.extend([
            ("tls_cert_file".to_owned(), json!(files.cert.to_string_lossy())),
            ("tls_key_file".to_owned(), json!(files.key.to_string_lossy())),
        ]),
    }
    let text = json!({
        "storage": { "inmem": {} },
        "listener": { "tcp": listener },
        "api_addr": format!("{}://{address}", scheme(certificate.is_some())),
    });
    let mut file = tempfile::Builder::new()
        .prefix("dev-")
        .suffix(".json")
        .tempfile()
        .map_err(|error| Failure::local(format!("no temporary file can be made: {error}")))?;
    file.write_all(text.to_string().as_bytes())
        .map_err(|error| Failure::local(format!("no temporary file can be written: {error}")))?;
    let env = |name: &str| std::env::var(name).ok();
    Config::load(&[file.path().to_owned()], &env).map_err(|error| match error {
        // Nobody has written the file that the error would name; the address is all there is in it.
        Error::Setting { problem, .. } => Failure::local(format!("-dev-listen-address: {problem}")),
        other => Failure::local(other.to_string()),
    })
}

fn scheme(tls: bool) -> &'static str {
    if tls { "https" } else { "http" }
}

/// Initialises and unseals the node and mounts `secret/`; answers what to tell the user. `ca` is
/// what clients need to trust.
pub(crate) async fn prepare(
    node: &Arc<Node>,
    wishes: &Dev,
    ca: Option<PathBuf>,
) -> Outcome<String> {
    let request =
        InitRequest { secret_shares: Some(1), secret_threshold: Some(1), ..InitRequest::default() };
    let made = node.initialize(request).await.map_err(failed)?;
    let key = made.unseal_keys.first().cloned().unwrap_or_else(|| Secret::new(Vec::new()));
    let unseal = UnsealRequest::Key { key: key.clone(), migrate: false };
    node.unseal(unseal).await.map_err(failed)?;
    let mut token = made.root_token;
    if let Some(wanted) = &wishes.root_token {
        let ask = json!({ "id": wanted, "policies": ["root"], "no_parent": true,
                          "no_default_policy": true });
        call(node, &token, "auth/token/create", ask).await?;
        call(node, &token, "auth/token/revoke-self", json!({})).await?;
        token = Secret::new(wanted.clone());
    }
    let version = match wishes.kv {
        DevKv::None => None,
        DevKv::Version1 => Some("1"),
        DevKv::Version2 => Some("2"),
    };
    if let Some(version) = version {
        let ask = json!({ "type": "kv", "description": "key/value secret storage",
                          "options": { "version": version } });
        call(node, &token, "sys/mounts/secret", ask).await?;
    }
    if wishes.store_token
        && let Some(parsed) = client::Token::parse(token.expose())
        && let Err(failure) = token_file::store(&parsed)
    {
        out::warning(failure.text().unwrap_or_default());
    }
    Ok(banner(wishes, &key, &token, ca))
}

/// One write to the node.
async fn call(node: &Node, token: &Secret<String>, path: &str, data: Value) -> Outcome {
    let Value::Object(data) = data else { return Ok(()) };
    let request = Request {
        id: crypto::random::uuid(),
        operation: Operation::Update,
        path: path.to_owned(),
        namespace: Namespace::root(),
        token: Some(token.clone()),
        data,
        headers: Vec::new(),
        wrap: None,
        peer: Peer::default(),
    };
    node.handle(request).await.map(drop).map_err(failed)
}

fn failed(error: logical::Error) -> Failure {
    Failure::local(format!("the dev server cannot be prepared: {error}"))
}

fn banner(
    wishes: &Dev,
    key: &Secret<Vec<u8>>,
    token: &Secret<String>,
    ca: Option<PathBuf>,
) -> String {
    let (address, key) = (&wishes.listen_address, STANDARD.encode(key.expose()));
    let token = token.expose();
    let scheme = scheme(ca.is_some());
    let ca = ca.map(|path| format!("\n    $ export STRONGROOM_CACERT='{}'", path.display()));
    let ca = ca.unwrap_or_default();
    format!(
        "\n\
         Strongroom in dev mode: everything is in memory and gone when this process ends.\n\
         It is initialised with a single unseal key, and unsealed already.\n\
         \n\
         In another terminal:\n\
         \n    $ export STRONGROOM_ADDR='{scheme}://{address}'{ca}\n\
         \n\
         Unseal Key: {key}\n\
         Root Token: {token}\n\
         \n\
         Never use a dev server for real secrets.\n"
    )
}
