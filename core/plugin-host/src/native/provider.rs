//! The provider that a library is.

use std::sync::{Arc, atomic::Ordering};

use async_trait::async_trait;
use plugin_api::{Opened, Provider, Result, Settings, abi};

use crate::{
    Instances, Kind,
    native::{
        Handle, Library,
        call::{Call, Opening, Output},
        check::{ensure, wrong},
        ha_lock::NativeHaLock,
        operation::Thread,
        seal::NativeSeal,
        storage::NativeStorage,
    },
    vitals::Vitals,
};

/// A loaded library.
pub(super) struct NativeProvider {
    library: &'static Library,
}

impl NativeProvider {
    pub(super) fn new(library: &'static Library) -> Self {
        Self { library }
    }
}

#[async_trait]
impl Provider for NativeProvider {
    fn name(&self) -> &str {
        &self.library.name
    }

    async fn open(&self, settings: Settings) -> Result<Opened> {
        self.library.usable()?;
        let settings = settings.into_values().into_iter().collect();
        let deadline = self.library.deadline();
        let call = Call::Open { settings };
        let waiting = self.library.start_call(Handle::none(), call, deadline, Thread::Any)?;
        let Output::Opened(opening) = waiting.await? else {
            return Err(wrong("it opened nothing"));
        };
        let Opening { instance, interfaces, capabilities } = *opening;
        let (needed, what) = match self.library.kind {
            Kind::Storage => (abi::STORAGE, "storage"),
            Kind::HaLock => (abi::HA_LOCK, "HA lock"),
            Kind::Seal => (abi::SEAL, "seal"),
        };
        ensure(interfaces & needed != 0, &format!("what it opened is no {what}"))?;
        let mut opened = Opened::default();
        if interfaces & abi::STORAGE != 0 {
            let storage = NativeStorage::new(instance.clone(), capabilities);
            opened.storage = Some(Arc::new(storage));
        }
        if interfaces & abi::HA_LOCK != 0 {
            opened.ha_lock = Some(Arc::new(NativeHaLock::new(instance.clone())));
        }
        if interfaces & abi::SEAL != 0 {
            opened.seal = Some(Arc::new(NativeSeal::new(instance)));
        }
        Ok(opened)
    }
}

impl Vitals for &'static Library {
    fn now(&self) -> Instances {
        let open = self.open.load(Ordering::Relaxed);
        let busy = self.places.all().filter(|place| !place.turn.is_free()).count();
        Instances { open, busy, restarts: 0 }
    }
}
