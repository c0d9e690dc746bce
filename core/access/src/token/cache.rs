//! The identities of tokens that were seen lately: the server's hottest look-up.
//!
//! A copy is put in only if no token was changed since before its entry was read, and is taken out
//! when a change of its token is committed. So a copy is never older than the store.
//!
//! Tokens are found by a hash under a random key and then compared in constant time: neither the
//! place nor the time of a miss tells anything of the tokens that are here.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
    sync::Arc,
};

use parking_lot::{Mutex, RwLock};

use crate::Identity;

#[cfg(test)]
mod tests;

/// How many shards there are; a power of two.
const SHARDS: u64 = 32;

/// How many identities are kept in each shard. A full one is emptied.
pub(crate) const SHARD_ENTRIES_MAX: usize = 1024;

/// The copies.
pub(crate) struct Cache {
    hasher: RandomState,
    shards: Vec<RwLock<Shard>>,
    index: Mutex<Index>,
}

type Shard = HashMap<u64, Arc<Identity>, BuildHasherDefault<Ready>>;

/// Where the copy of a token is, by the token's id.
#[derive(Default)]
struct Index {
    /// Grows with each change of any token.
    generation: u64,
    hashes: HashMap<Arc<str>, u64>,
}

impl Default for Cache {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| RwLock::default()).collect();
        Self { hasher: RandomState::new(), shards, index: Mutex::default() }
    }
}

impl Cache {
    /// The identity of a token.
    pub(crate) fn find(&self, token: &str) -> Option<Arc<Identity>> {
        let hash = self.hasher.hash_one(token);
        let shard = self.shard(hash)?.read();
        let identity = shard.get(&hash)?;
        identity.is_of(token).then(|| Arc::clone(identity))
    }

    /// What [`insert`](Self::insert) must be given, taken before the entry is read.
    pub(crate) fn generation(&self) -> u64 {
        self.index.lock().generation
    }

    /// Puts a copy in, unless some token was changed since `generation`.
    pub(crate) fn insert(&self, identity: &Arc<Identity>, token: &str, generation: u64) {
        let hash = self.hasher.hash_one(token);
        let mut index = self.index.lock();
        if index.generation != generation {
            return;
        }
        let Some(shard) = self.shard(hash) else { return };
        let mut shard = shard.write();
        if shard.len() >= SHARD_ENTRIES_MAX {
            for (_, old) in shard.drain() {
                index.hashes.remove(&old.caller.token_id);
            }
        }
        if let Some(old) = shard.insert(hash, Arc::clone(identity)) {
            index.hashes.remove(&old.caller.token_id);
        }
        index.hashes.insert(Arc::clone(&identity.caller.token_id), hash);
    }

    /// Takes the copy of a token out: it was changed.
    pub(crate) fn forget(&self, id: &str) {
        let mut index = self.index.lock();
        index.generation += 1;
        let Some(hash) = index.hashes.remove(id) else { return };
        if let Some(shard) = self.shard(hash) {
            shard.write().remove(&hash);
        }
    }

    fn shard(&self, hash: u64) -> Option<&RwLock<Shard>> {
        self.shards.get(usize::try_from(hash % SHARDS).ok()?)
    }
}

/// A hash of what is a hash already.
#[derive(Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        // The lowest bits are the same in a whole shard; the map wants the others there.
        self.0.rotate_right(SHARDS.trailing_zeros())
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
