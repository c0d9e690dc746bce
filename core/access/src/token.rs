//! The tokens: who holds one, what it may do and for how long, and what ends with it.

use std::sync::Arc;

use bytes::Bytes;
use crypto::{Hmac, random};
use jiff::Timestamp;
use logical::{Result, Shown, View};
use serde::{Deserialize, Serialize};

use crate::{Blobs, Entry, Error, Rooms, json, lease::book::Book, token::cache::Cache};

mod batch;
pub(crate) mod cache;
mod cidr;
mod create;
pub(crate) mod entry;
pub(crate) mod identity;
pub(crate) mod issue;
mod names;
pub(crate) mod paths;
mod renew;
mod revoke;
pub(crate) mod uses;

/// The longest token that is looked at, in bytes. Batch tokens carry their record.
pub(crate) const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// What each token id is made with, so that the store does not tell tokens.
const SALT: &str = "sys/token/salt";

/// Entries, by the token's id.
const IDS: &str = "sys/token/id/";

/// Records of accessors, by their salted names.
const ACCESSORS: &str = "sys/token/accessor/";

/// The children of tokens, by their ids; the key without a slash is the marker.
const CHILDREN: &str = "sys/token/parent/";

/// All tokens. Cheap to share behind an `Arc`.
pub struct Tokens {
    /// Makes ids of tokens.
    hmac: Hmac,
    /// Makes names of accessors.
    salt: String,
    cache: Arc<Cache>,
    book: Book,
    rooms: Arc<dyn Rooms>,
    blobs: Arc<dyn Blobs>,
}

/// What an accessor leads to.
#[derive(Debug, Deserialize, Serialize)]
struct AccessorRecord {
    /// The accessor itself, for the list.
    accessor: String,
    /// The id of its token.
    token: String,
}

impl Tokens {
    /// The tokens of a store; a fresh one gets its salt.
    pub async fn load(
        view: &dyn View,
        rooms: Arc<dyn Rooms>,
        blobs: Arc<dyn Blobs>,
    ) -> Result<Self> {
        let salt = match view.get(SALT).await? {
            Some(salt) => String::from_utf8_lossy(&salt).into_owned(),
            None => {
                let salt = random::uuid();
                view.put(SALT, Bytes::from(salt.clone()))?;
                salt
            }
        };
        let (cache, book) = (Arc::default(), Book::default());
        Ok(Self { hmac: Hmac::new(salt.as_bytes()), salt, cache, book, rooms, blobs })
    }

    /// The id under which a token is kept, `h` and 64 hex digits.
    pub fn id(&self, token: &str) -> String {
        format!("h{}", self.hmac.sign_hex(token.as_bytes()))
    }

    /// The entry of a service token by its id, if it has not ended by now.
    pub async fn entry(&self, view: &dyn View, id: &str, now: Timestamp) -> Result<Option<Entry>> {
        Ok(self.stored(view, id).await?.filter(|entry| entry.is_live(now)))
    }

    /// The entry of any token, batch tokens included, as the store has it; the copies in memory
    /// are not asked.
    pub async fn lookup(
        &self,
        view: &dyn View,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<(String, Entry)>> {
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        if let Some(entry) = self.open_batch(view, token, now).await? {
            return Ok(Some((String::new(), entry)));
        }
        let id = self.id(token);
        Ok(self.entry(view, &id, now).await?.map(|entry| (id, entry)))
    }

    /// The id and the entry of the token behind an accessor.
    pub async fn by_accessor(
        &self,
        view: &dyn View,
        accessor: &str,
        now: Timestamp,
    ) -> Result<Option<(String, Entry)>> {
        let key = self.accessor_key(accessor);
        let Some(record) = json::get::<AccessorRecord>(view, &key).await? else {
            return Ok(None);
        };
        Ok(self.entry(view, &record.token, now).await?.map(|entry| (record.token, entry)))
    }

    /// All accessors, in no order.
    pub async fn accessors(&self, view: &dyn View) -> Result<Vec<String>> {
        let mut accessors = Vec::new();
        for name in view.list(ACCESSORS, "", 0).await?.keys {
            let key = format!("{ACCESSORS}{name}");
            if let Some(record) = json::get::<AccessorRecord>(&Shown(view), &key).await? {
                accessors.push(record.accessor);
            }
        }
        Ok(accessors)
    }

    /// Whether a service token is in the store. The commit of this transaction checks that it
    /// still is.
    pub(crate) async fn exists(&self, view: &dyn View, id: &str) -> Result<bool> {
        Ok(view.get(&id_key(id)).await?.is_some())
    }

    /// The leases' book, which the tokens write too.
    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// Grows with each change of a token.
    #[cfg(test)]
    pub(crate) fn cache_generation(&self) -> u64 {
        self.cache.generation()
    }

    async fn stored(&self, view: &dyn View, id: &str) -> Result<Option<Entry>> {
        match id.is_empty() {
            true => Ok(None),
            false => json::get(view, &id_key(id)).await,
        }
    }

    /// Replaces an entry.
    fn replace(&self, view: &dyn View, id: &str, entry: &Entry) -> Result<()> {
        json::put(view, &id_key(id), entry)?;
        self.forget(view, id);
        Ok(())
    }

    /// Drops the copy in memory, once the change is committed.
    fn forget(&self, view: &dyn View, id: &str) {
        let (cache, id) = (Arc::clone(&self.cache), id.to_owned());
        view.on_commit(Box::new(move || cache.forget(&id)));
    }

    fn accessor_key(&self, accessor: &str) -> String {
        let name = crypto::sha1(format!("{}{accessor}", self.salt).as_bytes());
        format!("{ACCESSORS}{}", hex::encode(name))
    }

    /// The entry that must be there for a change to be allowed.
    async fn must(&self, view: &dyn View, id: &str, now: Timestamp) -> Result<Entry> {
        Ok(self.entry(view, id, now).await?.ok_or(Error::TokenNotFound)?)
    }
}

fn id_key(id: &str) -> String {
    format!("{IDS}{id}")
}

fn children_marker(parent: &str) -> String {
    format!("{CHILDREN}{parent}")
}

fn child_key(parent: &str, child: &str) -> String {
    format!("{CHILDREN}{parent}/{child}")
}
