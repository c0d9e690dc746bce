//! `seal "{{name}}"`: a seal with a key from its stanza, until your KMS is in its place.
//!
//! What each call promises is said at the trait, `plugin_api::Seal`.

use std::sync::Arc;

use chacha20poly1305::{
    AeadCore, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, OsRng, Payload},
};
use plugin_api::{
    Blob, Error, ErrorKind, Op, Opened, Provider, Result, Seal, SealStatus, Secret, Settings,
    async_trait,
};

/// The largest secret that is wrapped, in bytes.
const SECRET_BYTES_MAX: usize = 64 << 10;

/// Opens the seal of a stanza.
pub struct Opener;

plugin_api::export! {
    provider = Opener,
    manifest = {
        name: "{{name}}",
        kinds: [seal],
        license: "Apache-2.0",
        description: "A seal for Strongroom.",
    }
}

#[async_trait]
impl Provider for Opener {
    fn name(&self) -> &str {
        "{{name}}"
    }

    async fn open(&self, mut settings: Settings) -> Result<Opened> {
        let key_id = settings.require("key_id")?;
        let key = Secret::new(settings.require("key")?);
        settings.finish()?;
        let seal = KeySeal { key_id, cipher: cipher(key.expose())? };
        Ok(Opened { seal: Some(Arc::new(seal)), ..Opened::default() })
    }
}

/// The stand-in: one key, here.
struct KeySeal {
    key_id: String,
    cipher: XChaCha20Poly1305,
}

/// The cipher of a key in hexadecimal.
fn cipher(key: &str) -> Result<XChaCha20Poly1305> {
    let wrong = || Error::new(ErrorKind::ConfigInvalid, "\"key\" must be 64 hexadecimal digits");
    let digits = (key.len() == 64 && key.is_ascii()).then_some(key).ok_or_else(wrong)?;
    let pairs = (0..64).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    let bytes: Vec<u8> = pairs.collect::<Result<_, _>>().map_err(|_| wrong())?;
    XChaCha20Poly1305::new_from_slice(Secret::new(bytes).expose()).map_err(|_| wrong())
}

#[async_trait]
impl Seal for KeySeal {
    async fn status(&self, _op: Op) -> Result<SealStatus> {
        Ok(SealStatus { healthy: true, key_id: self.key_id.clone(), detail: String::new() })
    }

    async fn wrap(&self, _op: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob> {
        if plaintext.expose().len() > SECRET_BYTES_MAX {
            let message = format!("a secret may have {SECRET_BYTES_MAX} bytes");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload { msg: plaintext.expose(), aad };
        let failed = |_| Error::new(ErrorKind::Internal, "the secret cannot be wrapped");
        let ciphertext = self.cipher.encrypt(&nonce, payload).map_err(failed)?;
        Ok(Blob { ciphertext, iv: nonce.to_vec(), key_id: self.key_id.clone(), mechanism: 1 })
    }

    async fn unwrap(&self, _op: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>> {
        let failed = || Error::new(ErrorKind::Corrupt, "the key does not open this secret");
        let nonce: [u8; 24] = blob.iv.as_slice().try_into().map_err(|_| failed())?;
        let payload = Payload { msg: &blob.ciphertext, aad };
        let nonce = XNonce::from(nonce);
        let plaintext = self.cipher.decrypt(&nonce, payload).map_err(|_| failed())?;
        Ok(Secret::new(plaintext))
    }
}
