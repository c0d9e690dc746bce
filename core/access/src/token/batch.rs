//! Batch tokens: the token is its own record, encrypted; nothing is stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::Secret;
use jiff::Timestamp;
use logical::{Result, TokenType, View};

use crate::{Entry, Tokens};

/// How batch tokens begin.
pub(crate) const PREFIX: &str = "b.";

impl Tokens {
    /// The batch token of a record.
    pub(crate) fn seal_batch(&self, entry: &Entry) -> Result<Secret<String>> {
        let record = serde_json::to_vec(entry).map_err(logical::Error::internal)?;
        let blob = self.blobs.encrypt(&record)?;
        Ok(Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(blob))))
    }

    /// The record of a batch token, if it is one of ours, has not ended, and neither has its
    /// parent.
    pub(crate) async fn open_batch(
        &self,
        view: &dyn View,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Entry>> {
        let Some(entry) = self.read_batch(token)? else { return Ok(None) };
        if !entry.is_live(now) {
            return Ok(None);
        }
        let orphan = entry.parent.is_empty();
        let lives = orphan || self.entry(view, &entry.parent, now).await?.is_some();
        Ok(lives.then_some(entry))
    }

    /// The record of a batch token of ours.
    pub(crate) fn read_batch(&self, token: &str) -> Result<Option<Entry>> {
        let Some(text) = token.strip_prefix(PREFIX) else { return Ok(None) };
        let Ok(blob) = URL_SAFE_NO_PAD.decode(text) else { return Ok(None) };
        let Some(record) = self.blobs.decrypt(&blob)? else { return Ok(None) };
        let entry = serde_json::from_slice(record.expose()).ok();
        Ok(entry.filter(|entry: &Entry| entry.kind == TokenType::Batch))
    }
}
