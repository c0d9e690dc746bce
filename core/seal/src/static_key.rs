//! The `static` seal: a key from the configuration, a file or the environment wraps the secrets.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use crypto::{Aead, Secret, aead::NONCE_BYTES, random};
use plugin_api::{
    Blob, Error, ErrorKind, Op, Opened, Provider, Result, Seal, SealStatus, Settings,
};

#[cfg(test)]
mod tests;

/// The settings that the environment may give or override, each with its variable; applied by who
/// reads the configuration.
pub const STATIC_ENVIRONMENT: [(&str, &str); 4] = [
    ("current_key_id", "BAO_STATIC_SEAL_CURRENT_KEY_ID"),
    ("current_key", "BAO_STATIC_SEAL_CURRENT_KEY"),
    ("previous_key_id", "BAO_STATIC_SEAL_PREVIOUS_KEY_ID"),
    ("previous_key", "BAO_STATIC_SEAL_PREVIOUS_KEY"),
];

/// The length of a static key, in bytes.
const KEY_BYTES: usize = 32;
/// The longest file or variable that is read for a key, in bytes.
const KEY_TEXT_MAX: u64 = 4096;

/// Reads a variable of the environment.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Opens `seal "static"`.
pub struct StaticProvider {
    environment: Environment,
}

/// The static seal, opened.
pub struct StaticKey {
    current: NamedKey,
    previous: Option<NamedKey>,
}

struct NamedKey {
    id: String,
    aead: Aead,
}

// === impl StaticProvider ===

impl StaticProvider {
    /// A provider that reads `env://` keys through this function.
    pub fn new(environment: Environment) -> Self {
        Self { environment }
    }

    /// A key of the stanza, with the name that its blobs carry; none if neither is set.
    async fn key(&self, settings: &mut Settings, which: &str) -> Result<Option<NamedKey>> {
        let (id_name, key_name) = (format!("{which}_key_id"), format!("{which}_key"));
        let key = settings.take(&key_name).map(Secret::new);
        match (settings.take(&id_name).filter(|id| !id.is_empty()), key) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(invalid(format!("the setting \"{id_name}\" is missing"))),
            (Some(_), None) => Err(invalid(format!("the setting \"{key_name}\" is missing"))),
            (Some(id), Some(source)) => {
                let bytes = self.read(&key_name, source).await?;
                let aead = Aead::new(bytes.expose()).map_err(|_| not_a_key(&key_name))?;
                Ok(Some(NamedKey { id, aead }))
            }
        }
    }

    /// The 32 bytes that a setting stands for.
    async fn read(&self, name: &str, source: Secret<String>) -> Result<Secret<Vec<u8>>> {
        let text = source.expose();
        let raw = if let Some(variable) = text.strip_prefix("env://") {
            let unset = || invalid(format!("\"{name}\": the variable {variable} is not set"));
            Secret::new((self.environment)(variable).ok_or_else(unset)?.into_bytes())
        } else if let Some(path) = text.strip_prefix("file://") {
            read_file(name, path).await?
        } else {
            Secret::new(text.clone().into_bytes())
        };
        decode(raw.expose()).ok_or_else(|| not_a_key(name))
    }
}

#[async_trait]
impl Provider for StaticProvider {
    fn name(&self) -> &str {
        "static"
    }

    async fn open(&self, mut settings: Settings) -> Result<Opened> {
        let missing = || invalid("the setting \"current_key\" is missing".to_owned());
        let current = self.key(&mut settings, "current").await?.ok_or_else(missing)?;
        let previous = self.key(&mut settings, "previous").await?;
        settings.finish()?;
        let key = StaticKey { current, previous };
        Ok(Opened { seal: Some(Arc::new(key)), ..Opened::default() })
    }
}

// === impl StaticKey ===

impl StaticKey {
    /// The keys that may have wrapped a blob, likeliest first. A blob that names one of them was
    /// wrapped by no other.
    fn candidates(&self, key_id: &str) -> Vec<&NamedKey> {
        let all = || [Some(&self.current), self.previous.as_ref()].into_iter().flatten();
        let named: Vec<_> = all().filter(|key| key.id == key_id).collect();
        if named.is_empty() { all().collect() } else { named }
    }
}

#[async_trait]
impl Seal for StaticKey {
    async fn status(&self, _: Op) -> Result<SealStatus> {
        Ok(SealStatus { healthy: true, key_id: self.current.id.clone(), detail: String::new() })
    }

    async fn wrap(&self, _: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob> {
        let nonce = random::nonce();
        let ciphertext = self
            .current
            .aead
            .seal(nonce, aad, plaintext.expose())
            .map_err(|error| Error::new(ErrorKind::TooLarge, error.to_string()))?;
        let key_id = self.current.id.clone();
        Ok(Blob { ciphertext, iv: nonce.to_vec(), key_id, mechanism: 0 })
    }

    async fn unwrap(&self, _: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>> {
        let (nonce, ciphertext) = match blob.iv.as_slice() {
            [] => blob.ciphertext.split_first_chunk::<NONCE_BYTES>(),
            iv => {
                <&[u8; NONCE_BYTES]>::try_from(iv).ok().map(|iv| (iv, blob.ciphertext.as_slice()))
            }
        }
        .ok_or_else(|| Error::new(ErrorKind::Corrupt, "the wrapped secret has no nonce"))?;
        self.candidates(&blob.key_id)
            .into_iter()
            .find_map(|key| key.aead.open_secret(*nonce, aad, ciphertext).ok())
            .ok_or_else(|| {
                let message = format!(
                    "no configured static key opens a secret that was wrapped under {:?}",
                    blob.key_id
                );
                Error::new(ErrorKind::PermissionDenied, message)
            })
    }
}

async fn read_file(name: &str, path: &str) -> Result<Secret<Vec<u8>>> {
    let unreadable = |why: String| invalid(format!("\"{name}\": the file {path}: {why}"));
    let size =
        tokio::fs::metadata(path).await.map_err(|error| unreadable(error.to_string()))?.len();
    if size > KEY_TEXT_MAX {
        return Err(unreadable(format!("it has {size} bytes, which is no key")));
    }
    let bytes = tokio::fs::read(path).await.map_err(|error| unreadable(error.to_string()))?;
    Ok(Secret::new(bytes))
}

/// A key as 32 raw bytes, in hex, or in base64; a line end behind it does not matter.
fn decode(text: &[u8]) -> Option<Secret<Vec<u8>>> {
    let trimmed = text.trim_ascii_end();
    for raw in [text, trimmed] {
        if raw.len() == KEY_BYTES {
            return Some(Secret::new(raw.to_vec()));
        }
    }
    let key = hex::decode(trimmed).ok().or_else(|| STANDARD.decode(trimmed).ok()).map(Secret::new);
    key.filter(|key| key.expose().len() == KEY_BYTES)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::ConfigInvalid, message)
}

fn not_a_key(name: &str) -> Error {
    invalid(format!(
        "the setting \"{name}\" must be {KEY_BYTES} bytes, raw, in hex or in base64, or env://NAME \
         or file://PATH of such"
    ))
}
