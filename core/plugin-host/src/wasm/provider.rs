//! The provider that a component is: opening it starts its first instance.

use std::sync::Arc;

use async_trait::async_trait;
use plugin_api::{Opened, Provider, Result, Settings};

use crate::{
    Kind,
    wasm::{
        bindings::provider, ha_lock::WasmHaLock, module::Module, pool::Pool, seal::WasmSeal,
        storage::WasmStorage, words,
    },
};

/// A loaded component.
pub(crate) struct WasmProvider {
    module: Arc<Module>,
}

impl WasmProvider {
    pub(crate) fn new(module: Arc<Module>) -> Self {
        Self { module }
    }

    /// Whether the provider opened as what the stanza needs.
    fn check(&self, opened: &provider::Opened) -> Result<()> {
        let fulfils = match self.module.kind {
            Kind::Storage => opened.storage.is_some(),
            Kind::HaLock => opened.ha_lock,
            Kind::Seal => opened.seal,
        };
        let exports = &self.module.indices;
        if !fulfils {
            return Err(words::wrong("it opened as something else than its stanza says"));
        }
        if opened.ha_lock && exports.ha_lock.is_none() {
            return Err(words::wrong("it has an HA lock, and does not export ha-lock"));
        }
        let changes = opened.storage.is_some_and(|caps| caps.changes);
        if changes && exports.storage_changes.is_none() {
            return Err(words::wrong("it claims changes, and does not export storage-changes"));
        }
        Ok(())
    }
}

#[async_trait]
impl Provider for WasmProvider {
    fn name(&self) -> &str {
        &self.module.name
    }

    async fn open(&self, settings: Settings) -> Result<Opened> {
        let settings = settings.into_values().into_iter().collect();
        let (pool, opened) = Pool::open(self.module.clone(), settings).await?;
        self.check(&opened)?;
        let pool = Arc::new(pool);
        let mut answer = Opened::default();
        if let (Some(caps), true) = (opened.storage, self.module.indices.storage.is_some()) {
            let storage = WasmStorage::new(pool.clone(), words::capabilities(caps)?);
            answer.storage = Some(Arc::new(storage));
        }
        if opened.ha_lock {
            answer.ha_lock = Some(Arc::new(WasmHaLock::new(pool.clone())));
        }
        if self.module.kind == Kind::Seal {
            answer.seal = Some(Arc::new(WasmSeal::new(pool)));
        }
        Ok(answer)
    }
}
