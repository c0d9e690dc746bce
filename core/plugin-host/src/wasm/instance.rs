//! One instance of a component: opened once, then called until it traps or is not needed.

use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use plugin_api::{Error, ErrorKind};
use wasmtime::Store;
use wasmtime_wasi::I32Exit;

use crate::wasm::{
    bindings::{ha_lock, provider, seal, storage, storage_changes, types},
    count::Counted,
    grants::Writing,
    limits::Memory,
    module::{Module, said},
    room::Room,
    words,
};

/// An instance. It is thrown away after a call that did not end well, whatever its state then is.
pub(crate) struct Live {
    pub(crate) store: Store<Room>,
    pub(crate) exports: Exports,
    _counted: Counted,
}

/// The contracts that an instance exports.
pub(crate) struct Exports {
    provider: provider::Guest,
    storage: Option<storage::Guest>,
    storage_changes: Option<storage_changes::Guest>,
    ha_lock: Option<ha_lock::Guest>,
    seal: Option<seal::Guest>,
}

/// What a call of a guest gives: a trap, or the guest's own answer.
pub(crate) type Answer<T> = wasmtime::Result<Result<T, types::Error>>;

/// One call, as the worker makes it.
pub(crate) type Call<T> =
    Box<dyn for<'a> FnOnce(&'a mut Live, types::Op) -> BoxFuture<'a, Answer<T>> + Send>;

/// A closure as a call, whatever the lifetime of the instance that it is given.
pub(crate) fn calling<T, F>(call: F) -> Call<T>
where
    F: for<'a> FnOnce(&'a mut Live, types::Op) -> BoxFuture<'a, Answer<T>> + Send + 'static,
{
    Box::new(call)
}

/// Why a call has no answer.
pub(crate) enum Ended {
    /// The guest refused. It is sound.
    Refused(Error),
    /// The instance cannot be used any more.
    Gone(Error),
}

// === impl Live ===

impl Live {
    /// Makes an instance and opens its provider with the settings of the stanza.
    pub(crate) async fn open(
        module: &Module,
        settings: &[(String, String)],
        writing: Writing,
    ) -> Result<(Self, provider::Opened), Error> {
        let budget = module.limits.call_time;
        let failed = |why: wasmtime::Error| {
            let message = format!("the component cannot be started: {}", said(&why));
            Error::new(ErrorKind::Internal, message)
        };
        let made = tokio::time::timeout(budget, Self::make(module, writing)).await;
        let mut live = made.map_err(|_elapsed| late("to start", budget))?.map_err(failed)?;
        let settings = settings.to_vec();
        let open: Call<provider::Opened> = Box::new(move |live, _op| {
            Box::pin(async move {
                let Self { store, exports, .. } = live;
                exports.provider.call_open(store, &settings).await
            })
        });
        match live.run(budget, open).await {
            Ok(opened) => Ok((live, opened)),
            Err(Ended::Refused(error) | Ended::Gone(error)) => Err(error),
        }
    }

    async fn make(module: &Module, writing: Writing) -> wasmtime::Result<Self> {
        let limits = &module.limits;
        let memory = Memory::new(limits.memory_bytes);
        let room = Room::new(module, memory, writing)?;
        let mut store = Store::new(module.linked.engine(), room);
        store.limiter(|room| &mut room.memory);
        store.set_hostcall_fuel(usize::try_from(limits.fuel).unwrap_or(usize::MAX));
        store.set_max_component_handles(crate::wasm::limits::RESOURCES_MAX);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let instance = module.linked.instantiate_async(&mut store).await?;
        let indices = &module.indices;
        let exports = Exports {
            provider: indices.provider.load(&mut store, &instance)?,
            storage: match &indices.storage {
                Some(index) => Some(index.load(&mut store, &instance)?),
                None => None,
            },
            storage_changes: match &indices.storage_changes {
                Some(index) => Some(index.load(&mut store, &instance)?),
                None => None,
            },
            ha_lock: match &indices.ha_lock {
                Some(index) => Some(index.load(&mut store, &instance)?),
                None => None,
            },
            seal: match &indices.seal {
                Some(index) => Some(index.load(&mut store, &instance)?),
                None => None,
            },
        };
        Ok(Self { store, exports, _counted: module.vitals.open() })
    }

    /// Makes one call, in so much time.
    pub(crate) async fn run<T>(&mut self, budget: Duration, call: Call<T>) -> Result<T, Ended> {
        self.run_for((budget, Instant::now() + budget), budget, call).await
    }

    /// The same for a caller who waits only so long, and until then: the guest is told how long.
    pub(crate) async fn run_for<T>(
        &mut self,
        (wait, until): (Duration, Instant),
        budget: Duration,
        call: Call<T>,
    ) -> Result<T, Ended> {
        self.store.set_epoch_deadline(1);
        self.store.data_mut().wait_until(until);
        match tokio::time::timeout(budget, call(self, words::op(wait))).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(error))) => Err(Ended::Refused(words::error(error))),
            Ok(Err(trap)) => Err(Ended::Gone(self.trapped(&trap))),
            Err(_elapsed) => Err(Ended::Gone(late("to answer", budget))),
        }
    }

    /// Lets the provider give up what it holds.
    pub(crate) async fn close(mut self, budget: Duration) -> Result<(), Error> {
        let close: Call<()> = Box::new(|live, _op| {
            Box::pin(async move {
                let Self { store, exports, .. } = live;
                exports.provider.call_close(store).await
            })
        });
        match self.run(budget, close).await {
            Ok(()) => Ok(()),
            Err(Ended::Refused(error) | Ended::Gone(error)) => Err(error),
        }
    }

    /// Whether a new instance would have a good deal more memory to use.
    pub(crate) fn is_tight(&self) -> bool {
        self.store.data().memory.is_tight()
    }

    fn trapped(&self, trap: &wasmtime::Error) -> Error {
        let message = if let Some(limit) = self.store.data().memory.exhausted() {
            format!(
                "the plugin ran into its limit of {limit} bytes of memory; raise \"memory\" in its \
                 limits if it needs more"
            )
        } else if let Some(I32Exit(status)) = trap.downcast_ref::<I32Exit>() {
            format!("the plugin ended itself with the status {status}")
        } else {
            let cause = trap.root_cause().to_string();
            // The engine has no type for it that can be seen from here.
            if cause.contains("fuel allocated for hostcalls has been exhausted") {
                let limit = self.store.hostcall_fuel();
                format!(
                    "the plugin handed over more than its limit of {limit} bytes; raise \"fuel\" in \
                     its limits if it must"
                )
            } else {
                let cause = cause.strip_prefix("wasm trap: ").unwrap_or(&cause);
                format!("the plugin trapped: {}", words::message(cause))
            }
        };
        Error::new(ErrorKind::Panicked, message)
    }
}

fn late(what: &str, budget: Duration) -> Error {
    let message = format!("the plugin took longer {what} than the {budget:?} that it had");
    Error::new(ErrorKind::Timeout, message)
}

// === impl Exports ===

impl Exports {
    pub(crate) fn storage(&self) -> wasmtime::Result<&storage::Guest> {
        self.storage.as_ref().ok_or_else(|| absent("storage"))
    }

    pub(crate) fn storage_changes(&self) -> wasmtime::Result<&storage_changes::Guest> {
        self.storage_changes.as_ref().ok_or_else(|| absent("storage-changes"))
    }

    pub(crate) fn ha_lock(&self) -> wasmtime::Result<&ha_lock::Guest> {
        self.ha_lock.as_ref().ok_or_else(|| absent("ha-lock"))
    }

    pub(crate) fn seal(&self) -> wasmtime::Result<&seal::Guest> {
        self.seal.as_ref().ok_or_else(|| absent("seal"))
    }
}

fn absent(contract: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!("the component does not export {contract}"))
}
