//! The WASM engine of a plugin, and the clock that interrupts what computes for too long.

use std::{sync::OnceLock, thread, time::Duration};

use parking_lot::Mutex;
use wasmtime::{Config, Engine, EngineWeak};

/// How long a guest computes before others get their turn and its time is looked at.
const TICK: Duration = Duration::from_millis(10);
/// The stack of a guest's code, in bytes.
const STACK_BYTES: usize = 1 << 20;
/// The stack of a call: the guest's, and the host functions that it calls.
const CALL_STACK_BYTES: usize = 2 << 20;

/// The engines that the clock ticks for.
static ENGINES: OnceLock<Mutex<Vec<EngineWeak>>> = OnceLock::new();

/// A new engine. Every plugin has its own: plugins share no code and no tables.
///
/// Only synchronous components run on it: a pending call is cancelled by dropping it.
pub(crate) fn engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        .async_stack_size(CALL_STACK_BYTES);
    let engine = Engine::new(&config)?;
    clock()?.lock().push(engine.weak());
    Ok(engine)
}

/// The list of the clock, which is started with the first engine.
fn clock() -> wasmtime::Result<&'static Mutex<Vec<EngineWeak>>> {
    if let Some(engines) = ENGINES.get() {
        return Ok(engines);
    }
    thread::Builder::new().name("plugin-clock".to_owned()).spawn(tick)?;
    Ok(ENGINES.get_or_init(Mutex::default))
}

fn tick() {
    loop {
        thread::sleep(TICK);
        if let Some(engines) = ENGINES.get() {
            engines.lock().retain(|engine| match engine.upgrade() {
                Some(engine) => {
                    engine.increment_epoch();
                    true
                }
                None => false,
            });
        }
    }
}
