//! When a copy is kept, and when not.

use std::sync::Arc;

use crypto::Secret;
use jiff::Timestamp;

use super::{Cache, SHARD_ENTRIES_MAX, SHARDS};
use crate::{Entry, Identity};

fn identity(token: &str, id: &str) -> Arc<Identity> {
    let entry = Entry::new("auth/token/create", vec!["p".to_owned()], Timestamp::UNIX_EPOCH);
    Arc::new(Identity::new(Secret::new(token.to_owned()), id, entry))
}

#[test]
fn found_until_changed() {
    let cache = Cache::default();
    let generation = cache.generation();
    cache.insert(&identity("s.a", "ha"), "s.a", generation);
    cache.insert(&identity("s.b", "hb"), "s.b", generation);
    assert!(cache.find("s.a").is_some());
    assert!(cache.find("s.c").is_none());
    cache.forget("ha");
    assert!(cache.find("s.a").is_none());
    assert!(cache.find("s.b").is_some());
}

#[test]
fn a_change_in_between_keeps_a_copy_out() {
    let cache = Cache::default();
    let generation = cache.generation();
    cache.forget("ha");
    cache.insert(&identity("s.a", "ha"), "s.a", generation);
    assert!(cache.find("s.a").is_none());
    cache.insert(&identity("s.a", "ha"), "s.a", cache.generation());
    assert!(cache.find("s.a").is_some());
}

#[test]
fn bounded() {
    let cache = Cache::default();
    let most = SHARD_ENTRIES_MAX * usize::try_from(SHARDS).unwrap_or(0);
    for number in 0..most + 1000 {
        let (token, id) = (format!("s.{number}"), format!("h{number}"));
        cache.insert(&identity(&token, &id), &token, cache.generation());
    }
    let kept: usize = cache.shards.iter().map(|shard| shard.read().len()).sum();
    assert!(kept <= most);
    assert_eq!(cache.index.lock().hashes.len(), kept);
}
