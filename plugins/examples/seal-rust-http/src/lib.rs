//! `seal "transit-http"`: the transit engine of another server is the KMS.
//!
//! - `lib.rs`: the provider, its stanza, and the seal.
//! - `http.rs`: one request, over what the operator has granted.

#![cfg(target_family = "wasm")]

mod http;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use plugin_api::{
    Blob, Error, ErrorKind, Op, Opened, Provider, Result, Seal, SealStatus, Secret, Settings,
    async_trait,
};
use serde_json::{Value, json};

use crate::http::Method;

/// The longest secret that is wrapped; what is larger is the host's to put into an envelope.
const PLAINTEXT_BYTES_MAX: usize = 64 << 10;

struct TransitHttp;

/// The stanza.
struct TransitSeal {
    address: String,
    token: Secret<String>,
    mount: String,
    key: String,
}

plugin_api::export! {
    provider = TransitHttp,
    manifest = {
        name: "transit-http",
        kinds: [seal],
        license: "Apache-2.0",
        description: "Wraps with a key of another server's transit engine.",
    },
    shareable = true
}

#[async_trait]
impl Provider for TransitHttp {
    fn name(&self) -> &str {
        "transit-http"
    }

    async fn open(&self, mut settings: Settings) -> Result<Opened> {
        let address = settings.require("address")?;
        let seal = TransitSeal {
            address: address.trim_end_matches('/').to_owned(),
            token: settings.require("token")?.into(),
            mount: settings.take("mount_path").unwrap_or_else(|| "transit".to_owned()),
            key: settings.require("key_name")?,
        };
        settings.finish()?;
        if !seal.address.starts_with("http://") && !seal.address.starts_with("https://") {
            let message = "the setting \"address\" must begin with http:// or https://";
            return Err(Error::new(ErrorKind::ConfigInvalid, message));
        }
        Ok(Opened { seal: Some(Arc::new(seal)), ..Opened::default() })
    }
}

impl TransitSeal {
    fn ask(&self, op: Op, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let url = format!("{}/v1/{}/{path}/{}", self.address, self.mount, self.key);
        let headers = [("x-vault-token", self.token.expose().as_str())];
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let (status, answer) = http::request(op, method, &url, &headers, body.as_bytes())?;
        match status {
            200 => (),
            400 => return Err(Error::new(ErrorKind::Corrupt, "the KMS cannot decrypt this blob")),
            401 | 403 => {
                let message = "the KMS refuses the token; see \"token\" and its policies";
                return Err(Error::new(ErrorKind::PermissionDenied, message));
            }
            404 => {
                let message = "the KMS has no such key; see \"key_name\" and \"mount_path\"";
                return Err(Error::new(ErrorKind::ConfigInvalid, message));
            }
            429 => return Err(Error::new(ErrorKind::RateLimited, "the KMS asks to slow down")),
            other => {
                let message = format!("the KMS answered {other}");
                return Err(Error::new(ErrorKind::Unavailable, message));
            }
        }
        serde_json::from_slice(&answer).map_err(|_bad| unreadable())
    }

    fn text<'a>(&self, answer: &'a Value, field: &str) -> Result<&'a str> {
        answer["data"][field].as_str().ok_or_else(unreadable)
    }
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Internal, "the answer of the KMS cannot be read")
}

/// The version in `vault:v3:…`, which is the id of the key.
fn version(ciphertext: &str) -> Result<String> {
    let version = ciphertext.split(':').nth(1).and_then(|it| it.strip_prefix('v'));
    version.map(str::to_owned).ok_or_else(unreadable)
}

#[async_trait]
impl Seal for TransitSeal {
    async fn status(&self, op: Op) -> Result<SealStatus> {
        match self.ask(op, Method::Get, "keys", None) {
            Ok(answer) => {
                let version = answer["data"]["latest_version"].as_u64().ok_or_else(unreadable)?;
                Ok(SealStatus { healthy: true, key_id: version.to_string(), detail: String::new() })
            }
            Err(error) => {
                Ok(SealStatus { healthy: false, key_id: String::new(), detail: error.message })
            }
        }
    }

    async fn wrap(&self, op: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob> {
        let length = plaintext.expose().len();
        if length > PLAINTEXT_BYTES_MAX {
            let message =
                format!("the secret has {length} bytes, the limit is {PLAINTEXT_BYTES_MAX}");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let body = json!({
            "plaintext": STANDARD.encode(plaintext.expose()),
            "associated_data": STANDARD.encode(aad),
        });
        let answer = self.ask(op, Method::Post, "encrypt", Some(body))?;
        let ciphertext = self.text(&answer, "ciphertext")?;
        Ok(Blob {
            key_id: version(ciphertext)?,
            ciphertext: ciphertext.as_bytes().to_vec(),
            ..Blob::default()
        })
    }

    async fn unwrap(&self, op: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>> {
        let corrupt = || Error::new(ErrorKind::Corrupt, "this is no blob of the transit engine");
        let ciphertext = std::str::from_utf8(&blob.ciphertext).map_err(|_not_text| corrupt())?;
        if !ciphertext.starts_with("vault:v") {
            return Err(corrupt());
        }
        let body = json!({
            "ciphertext": ciphertext,
            "associated_data": STANDARD.encode(aad),
        });
        let answer = self.ask(op, Method::Post, "decrypt", Some(body))?;
        let plaintext = STANDARD.decode(self.text(&answer, "plaintext")?);
        plaintext.map(Secret::new).map_err(|_bad| unreadable())
    }
}
