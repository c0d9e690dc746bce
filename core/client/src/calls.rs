//! The typed helpers: the handful of calls that every program makes.

use http::Method;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{Client, Error, Reply, Request, Result};

/// What `sys/seal-status` and `sys/unseal` answer. Members that are not listed are in the reply.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SealStatus {
    /// The kind of seal, `shamir` for keys that people hold.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the server has ever been initialised.
    pub initialized: bool,
    /// Whether it is sealed now.
    pub sealed: bool,
    /// How many keys are needed.
    pub t: u64,
    /// How many keys there are.
    pub n: u64,
    /// How many have been given.
    pub progress: u64,
    /// Names the present attempt; empty before its first key.
    pub nonce: String,
    /// The server's version.
    pub version: String,
    /// Whether the keys that people hold are recovery keys.
    pub recovery_seal: bool,
    /// The kind of storage.
    pub storage_type: String,
    /// The cluster's name, once unsealed.
    pub cluster_name: String,
    /// The cluster's id, once unsealed.
    pub cluster_id: String,
}

/// What `sys/init` is asked. What is `None` is not sent.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InitRequest {
    /// Into how many unseal keys to split the root key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_shares: Option<u64>,
    /// How many of them unseal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_threshold: Option<u64>,
    /// One PGP key for each unseal key, base64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pgp_keys: Vec<String>,
    /// Into how many recovery keys to split; only where a KMS unseals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_shares: Option<u64>,
    /// How many of them authorise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_threshold: Option<u64>,
    /// One PGP key for each recovery key, base64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recovery_pgp_keys: Vec<String>,
    /// The PGP key for the root token, base64.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub root_token_pgp_key: String,
}

impl InitRequest {
    /// So many unseal keys, of which so many unseal.
    pub fn shamir(shares: u64, threshold: u64) -> Self {
        Self { secret_shares: Some(shares), secret_threshold: Some(threshold), ..Self::default() }
    }
}

/// What `sys/init` answers. Deliberately without `Debug`: all of it is secret.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct InitResult {
    /// The unseal keys, hex.
    #[serde(deserialize_with = "null_is_empty")]
    pub keys: Vec<String>,
    /// The unseal keys, base64.
    #[serde(deserialize_with = "null_is_empty")]
    pub keys_base64: Vec<String>,
    /// The recovery keys, hex.
    #[serde(deserialize_with = "null_is_empty")]
    pub recovery_keys: Vec<String>,
    /// The recovery keys, base64.
    #[serde(deserialize_with = "null_is_empty")]
    pub recovery_keys_base64: Vec<String>,
    /// The first token.
    pub root_token: String,
}

impl Client {
    /// Whether the server is initialised and sealed.
    pub async fn seal_status(&self) -> Result<SealStatus> {
        decode(&self.send(&Request::get("sys/seal-status")).await?.check()?)
    }

    /// Initialises the server.
    pub async fn init(&self, request: &InitRequest) -> Result<InitResult> {
        let body = serde_json::to_value(request)
            .map_err(|error| Error::Settings(format!("cannot encode the request: {error}")))?;
        decode(&self.send(&Request::put("sys/init", body)).await?.check()?)
    }

    /// Gives one unseal key, hex or base64.
    pub async fn unseal(&self, key: &str) -> Result<SealStatus> {
        let request = Request::put("sys/unseal", serde_json::json!({ "key": key }));
        decode(&self.send(&request).await?.check()?)
    }

    /// How the node is; the status code is a normal one in every state of a node.
    pub async fn health(&self) -> Result<Reply> {
        let mut request = Request::get("sys/health");
        for code in ["uninitcode", "sealedcode", "standbycode"] {
            request = request.query(code, "299");
        }
        self.send(&request).await?.check()
    }

    /// Reads a path; `None` if there is nothing.
    pub async fn read(&self, path: &str) -> Result<Option<Reply>> {
        self.send(&Request::get(path)).await?.found()
    }

    /// Writes to a path.
    pub async fn write(&self, path: &str, body: &Value) -> Result<Reply> {
        self.request(Method::PUT, path, Some(body), &[]).await?.check()
    }

    /// Lists the immediate children of a path; empty if there are none.
    pub async fn list(&self, path: &str) -> Result<Vec<String>> {
        let Some(reply) = self.send(&Request::list(path)).await?.found()? else {
            return Ok(Vec::new());
        };
        let keys = reply.data().and_then(|data| data.get("keys")).and_then(Value::as_array);
        let names = keys.into_iter().flatten().filter_map(Value::as_str);
        Ok(names.map(str::to_owned).collect())
    }

    /// Removes what is at a path; fine if there is nothing.
    pub async fn delete(&self, path: &str) -> Result<Reply> {
        self.send(&Request::delete(path)).await?.check()
    }

    /// Merges into what is at a path.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Reply> {
        self.request(Method::PATCH, path, Some(body), &[]).await?.check()
    }
}

/// Some servers write `null` for an empty list.
fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads an answer as a type.
fn decode<T: serde::de::DeserializeOwned>(reply: &Reply) -> Result<T> {
    serde_json::from_str(&reply.text)
        .map_err(|error| Error::Answer { url: reply.url.clone(), reason: error.to_string() })
}
