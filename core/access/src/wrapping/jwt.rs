//! Wrapping tokens in the form of JWTs: a signed ES512 token whose `jti` is the wrapping token.
//!
//! Whoever is handed one can check with the public key that it is this server's before unwrapping
//! it. It says no more about whether the wrapped answer is still there: the store does.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use crypto::{Secret, SigningKey};
use logical::{Result, View, WrapInfo};
use serde::{Deserialize, Serialize};

use crate::{json, token::TOKEN_BYTES_MAX};

#[cfg(test)]
mod tests;

/// Where the key is kept.
const KEY: &str = "core/wrapping/jwtkey";

/// What every one of these JWTs begins with.
const HEADER: &str = r#"{"alg":"ES512","typ":"JWT"}"#;

/// What tells them from other JWTs.
const TYPE: &str = "wrapping";

/// Decimal digits are made nine at a time.
const GROUP: u64 = 1_000_000_000;

/// Makes and opens the JWTs of one store.
pub(crate) struct Jwts {
    key: SigningKey,
}

/// The key as it is kept: PKCS #8 in DER, in base64.
#[derive(Deserialize, Serialize)]
struct Record {
    pkcs8: String,
}

#[derive(Deserialize, Serialize)]
struct Claims {
    /// The accessor of the token inside the wrapped answer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    accessor: String,
    /// The address of the server.
    #[serde(default)]
    addr: String,
    exp: i64,
    iat: i64,
    /// The wrapping token.
    jti: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The public half of the key: the coordinates of its point on P-521, in decimal digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicPoint {
    /// The first coordinate.
    pub x: String,
    /// The second one.
    pub y: String,
}

impl Jwts {
    /// The key of a store; a fresh one gets its own.
    pub(crate) async fn load(view: &dyn View) -> Result<Self> {
        let unusable = |error: crypto::Error| logical::Error::internal(error);
        if let Some(record) = json::get::<Record>(view, KEY).await? {
            let corrupt = || logical::Error::internal(format!("the entry {KEY} is corrupt"));
            let stored = STANDARD.decode(&record.pkcs8).map_err(|_| corrupt())?;
            let key = SigningKey::from_pkcs8(&Secret::new(stored)).map_err(|_| corrupt())?;
            return Ok(Self { key });
        }
        let (key, stored) = SigningKey::generate().map_err(unusable)?;
        json::put(view, KEY, &Record { pkcs8: STANDARD.encode(stored.expose()) })?;
        Ok(Self { key })
    }

    /// The JWT around the token of `info`, for the server at `address`.
    pub(crate) fn around(&self, info: &WrapInfo, address: &str) -> Result<Secret<String>> {
        let iat = info.creation_time.as_second();
        let claims = Claims {
            accessor: info.wrapped_accessor.clone(),
            addr: address.to_owned(),
            exp: iat.saturating_add_unsigned(info.ttl.as_secs()),
            iat,
            jti: info.token.expose().clone(),
            kind: TYPE.to_owned(),
        };
        let claims = serde_json::to_vec(&claims).map_err(logical::Error::internal)?;
        let mut jwt = URL_SAFE_NO_PAD.encode(HEADER);
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut jwt);
        let signature = self.key.sign(jwt.as_bytes()).map_err(logical::Error::internal)?;
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jwt);
        Ok(Secret::new(jwt))
    }

    /// The wrapping token inside a JWT of ours; nothing if it is anything else.
    pub(crate) fn inside(&self, jwt: &str) -> Option<Secret<String>> {
        let (signed, signature) = jwt.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        if jwt.len() > TOKEN_BYTES_MAX || header != URL_SAFE_NO_PAD.encode(HEADER) {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if !self.key.verify(signed.as_bytes(), &signature) {
            return None;
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: Claims = serde_json::from_slice(&claims).ok()?;
        (claims.kind == TYPE).then(|| Secret::new(claims.jti))
    }

    /// What others check the signatures with.
    pub(crate) fn public_point(&self) -> PublicPoint {
        let (x, y) = self.key.public_point();
        PublicPoint { x: decimal(x), y: decimal(y) }
    }
}

/// A big-endian number in decimal digits.
fn decimal(bytes: &[u8]) -> String {
    // The least significant group of digits first.
    let mut groups = vec![0_u64];
    for &byte in bytes {
        let mut carry = u64::from(byte);
        for group in &mut groups {
            let value = *group * 256 + carry;
            (*group, carry) = (value % GROUP, value / GROUP);
        }
        if carry > 0 {
            groups.push(carry);
        }
    }
    let mut text = String::new();
    for group in groups.iter().rev() {
        match text.is_empty() {
            true => text = group.to_string(),
            false => text.push_str(&format!("{group:09}")),
        }
    }
    text
}
