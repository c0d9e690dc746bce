//! The chain of layers between the barrier and a storage, built in one function.

use std::sync::Arc;

use plugin_api::Storage;

use crate::{Cache, CacheOptions, Limits, Metered, PARALLEL_MAX, Retry};

/// How the layers are set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of the storage in the metrics: the label of its stanza.
    pub name: String,
    /// The cache; `None` for `disable_cache = true`.
    pub cache: Option<CacheOptions>,
    /// How many calls may be under way in the storage at once.
    pub parallel: usize,
}

/// A storage with its layers.
pub struct Stack {
    top: Arc<dyn Storage>,
    cache: Option<Arc<Cache>>,
}

/// Puts the layers around a storage.
///
/// ```text
/// barrier
///    │  cache     answers at once what it knows; above the limits, since a hit takes nobody's turn
///    │  limits    keys, sizes, deadline and turns; above the retries, which share one deadline
///    │  retry     repeats what failed and certainly did not happen
///    │  metrics   below the retries, so that each attempt is seen
///    ▼
/// storage
/// ```
pub fn stack(storage: Arc<dyn Storage>, options: &Options) -> Arc<Stack> {
    let metered = Arc::new(Metered::new(storage, &options.name));
    let retry = Arc::new(Retry::new(metered));
    let limits: Arc<dyn Storage> = Arc::new(Limits::new(retry, options.parallel));
    let stack = match &options.cache {
        None => Stack { top: limits, cache: None },
        Some(cache_options) => {
            let cache = Arc::new(Cache::new(limits, cache_options));
            Stack { top: cache.clone(), cache: Some(cache) }
        }
    };
    Arc::new(stack)
}

// === impl Options ===

impl Options {
    /// The defaults, for a storage of this name.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), cache: Some(CacheOptions::default()), parallel: PARALLEL_MAX }
    }
}

// === impl Stack ===

impl Stack {
    /// The topmost layer: what the barrier is given.
    pub fn storage(&self) -> Arc<dyn Storage> {
        self.top.clone()
    }

    /// The cache, if there is one.
    pub fn cache(&self) -> Option<&Arc<Cache>> {
        self.cache.as_ref()
    }

    /// Drops one key from the cache: another node has changed it.
    pub fn forget(&self, key: &str) {
        if let Some(cache) = &self.cache {
            cache.forget(key);
        }
    }

    /// Drops everything from the cache: other nodes may have changed anything.
    pub fn purge(&self) {
        if let Some(cache) = &self.cache {
            cache.purge();
        }
    }

    /// Switches the cache on or off: a standby that does not hear of changes must not use it.
    pub fn set_caching(&self, on: bool) {
        if let Some(cache) = &self.cache {
            cache.set_on(on);
        }
    }
}
