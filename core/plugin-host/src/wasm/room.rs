//! What the host keeps for one instance, and the functions of the host that the guest calls.

use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

use tracing::Level;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::{
    voice::{Measure, Voice},
    wasm::{
        bindings::{clock, log, metrics, random, types},
        grants::Writing,
        http::Gate,
        limits::{Memory, RESOURCES_MAX},
        module::Module,
        tcp::{self, Dialer},
    },
};

/// The guests' clock begins here.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The host's side of an instance.
pub(crate) struct Room {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    gate: Gate,
    dialer: Dialer,
    table: ResourceTable,
    pub(crate) memory: Memory,
    voice: Arc<Voice>,
}

/// The functions of the host that a component can be given. Which of them it may have is decided
/// before, by the names of its imports.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Room>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    tcp::link(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    types::add_to_linker::<_, HasSelf<Room>>(&mut linker, |room| room)?;
    log::add_to_linker::<_, HasSelf<Room>>(&mut linker, |room| room)?;
    metrics::add_to_linker::<_, HasSelf<Room>>(&mut linker, |room| room)?;
    clock::add_to_linker::<_, HasSelf<Room>>(&mut linker, |room| room)?;
    random::add_to_linker::<_, HasSelf<Room>>(&mut linker, |room| room)?;
    Ok(linker)
}

impl Room {
    pub(crate) fn new(module: &Module, memory: Memory, writing: Writing) -> wasmtime::Result<Self> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES_MAX);
        let dialer = Dialer::new(module.tcp.clone());
        Ok(Self {
            wasi: module.grants.context(&module.voice, &dialer, writing)?,
            http: WasiHttpCtx::new(),
            gate: Gate { http: module.http.clone(), until: Instant::now() },
            dialer,
            table,
            memory,
            voice: module.voice.clone(),
        })
    }

    /// The caller of the next call waits until then.
    pub(crate) fn wait_until(&mut self, until: Instant) {
        self.gate.until = until;
    }

    pub(crate) fn sockets_and_dialer(&mut self) -> (&mut WasiCtx, &mut ResourceTable, &mut Dialer) {
        (&mut self.wasi, &mut self.table, &mut self.dialer)
    }
}

impl WasiView for Room {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Room {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.gate }
    }
}

impl types::Host for Room {}

impl log::Host for Room {
    fn enabled(&mut self, level: log::Level) -> bool {
        match level {
            log::Level::Error => tracing::enabled!(Level::ERROR),
            log::Level::Warn => tracing::enabled!(Level::WARN),
            log::Level::Info => tracing::enabled!(Level::INFO),
            log::Level::Debug => tracing::enabled!(Level::DEBUG),
            log::Level::Trace => tracing::enabled!(Level::TRACE),
        }
    }

    fn emit(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) {
        let level = match level {
            log::Level::Error => Level::ERROR,
            log::Level::Warn => Level::WARN,
            log::Level::Info => Level::INFO,
            log::Level::Debug => Level::DEBUG,
            log::Level::Trace => Level::TRACE,
        };
        self.voice.say(level, &message, &fields);
    }
}

impl metrics::Host for Room {
    fn add(&mut self, name: String, labels: Vec<(String, String)>, delta: u64) {
        self.voice.measure(&name, &labels, &Measure::Add(delta));
    }

    fn set(&mut self, name: String, labels: Vec<(String, String)>, value: f64) {
        self.voice.measure(&name, &labels, &Measure::Set(value));
    }

    fn observe(&mut self, name: String, labels: Vec<(String, String)>, value: f64) {
        self.voice.measure(&name, &labels, &Measure::Observe(value));
    }
}

impl clock::Host for Room {
    fn now_ns(&mut self) -> u64 {
        u64::try_from(ORIGIN.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl random::Host for Room {
    fn draw(&mut self, length: u16) -> Vec<u8> {
        let mut bytes = vec![0; length.into()];
        crypto::random::fill(&mut bytes);
        bytes
    }
}
