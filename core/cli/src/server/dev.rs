//! The server for trying things out: in memory, initialised, unsealed, with a place for secrets.

use std::{io::Write, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use config::{Config, Loaded};
use logical::{Namespace, Operation, Peer, Request};
use node::{InitRequest, Node, UnsealRequest};
use plugin_api::Secret;
use serde_json::{Value, json};

use crate::{
    failure::{Failure, Outcome},
    out,
    server::options::{Dev, DevKv},
    token_file,
};

/// The configuration of a dev server that is given none.
pub(crate) fn config(wishes: &Dev) -> Outcome<Loaded> {
    let text = format!(
        "storage \"inmem\" {{}}\n\
         listener \"tcp\" {{ address = \"{address}\" tls_disable = true \
         disable_unauthed_rekey_endpoints = false \
         disable_unauthed_generate_root_endpoints = false }}\n\
         api_addr = \"http://{address}\"\n",
        address = wishes.listen_address
    );
    let mut file = tempfile::Builder::new()
        .prefix("dev-")
        .suffix(".hcl")
        .tempfile()
        .map_err(|error| Failure::local(format!("no temporary file can be made: {error}")))?;
    file.write_all(text.as_bytes())
        .map_err(|error| Failure::local(format!("no temporary file can be written: {error}")))?;
    let env = |name: &str| std::env::var(name).ok();
    Config::load(&[file.path().to_owned()], &env).map_err(|error| Failure::local(error.to_string()))
}

/// Initialises and unseals the node, mounts `secret/`, and tells the user how to go on.
pub(crate) async fn prepare(node: &Arc<Node>, wishes: &Dev) -> Outcome {
    let request = InitRequest {
        secret_shares: Some(1),
        secret_threshold: Some(1),
        ..InitRequest::default()
    };
    let made = node.initialize(request).await.map_err(failed)?;
    let key = made.unseal_keys.first().cloned().unwrap_or_else(|| Secret::new(Vec::new()));
    let unseal = UnsealRequest::Key { key: key.clone(), migrate: false };
    node.unseal(unseal).await.map_err(failed)?;
    let mut token = made.root_token;
    if let Some(wanted) = &wishes.root_token {
        let ask = json!({ "id": wanted, "policies": ["root"], "no_parent": true,
                          "no_default_policy": true, "display_name": "root" });
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
    banner(wishes, &key, &token);
    Ok(())
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

fn banner(wishes: &Dev, key: &Secret<Vec<u8>>, token: &Secret<String>) {
    let (address, key) = (&wishes.listen_address, STANDARD.encode(key.expose()));
    let token = token.expose();
    out::line(&format!(
        "\n\
         Strongroom in dev mode: everything is in memory and gone when this process ends.\n\
         It is initialised with a single unseal key, and unsealed already.\n\
         \n\
         In another terminal:\n\
         \n    $ export STRONGROOM_ADDR='http://{address}'\n\
         \n\
         Unseal Key: {key}\n\
         Root Token: {token}\n\
         \n\
         Never use a dev server for real secrets.\n"
    ));
}
