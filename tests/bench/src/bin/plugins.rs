//! What the three forms of a provider cost: a `get` of 1 KiB, loading, and an instance.
//!
//! `plugins --library FILE.so --component FILE.wasm [--rounds 20]`
//!
//! Both files are built from `plugins/examples/storage-rust-mem`, which is compiled in as the bundled
//! form: one source three times. The forms take turns, so that a machine that is
//! slower for a moment is so for all of them.

#[expect(unreachable_pub, reason = "it is a crate of its own, and public there")]
#[path = "../../../../plugins/examples/storage-rust-mem/src/lib.rs"]
mod storage_rust_mem;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use bench::{Args, Error, Result};
use bytes::Bytes;
use plugin_api::{Op, Provider, Settings, Storage, digest};
use plugin_host::{Kind, Limits, PluginSpec, load};

/// Calls of one form before the next has its turn.
const CALLS: u32 = 20_000;
const VALUE: usize = 1024;
/// Instances whose memory is measured.
const INSTANCES: usize = 64;

/// A form of the storage, and the time of one call in each round.
struct Form {
    name: &'static str,
    storage: Arc<dyn Storage>,
    rounds: Vec<Duration>,
}

fn main() -> Result<()> {
    let args = Args::parse(&["library", "component", "rounds"])?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(Error::io("starting"))?;
    let work = runtime.spawn(async move { run(&args).await });
    let done = runtime.block_on(work);
    done.map_err(|error| Error::Unexpected(error.to_string()))?
}

async fn run(args: &Args) -> Result<()> {
    let rounds: u32 = args.text("rounds").and_then(|text| text.parse().ok()).unwrap_or(20);
    let (library, component) = (args.required("library")?, args.required("component")?);
    let native = load(&spec(Path::new(library))?).map_err(unexpected)?;
    let mut loading = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        load(&spec(Path::new(component))?).map_err(unexpected)?;
        loading.push(start.elapsed());
    }
    let wasm = load(&spec(Path::new(component))?).map_err(unexpected)?;
    let mut forms = [
        form("bundled", opened(&storage_rust_mem::Opener).await?).await?,
        form("native", opened(native.provider.as_ref()).await?).await?,
        form("WASM", opened(wasm.provider.as_ref()).await?).await?,
    ];
    for round in 0..=rounds {
        for form in &mut forms {
            let time = measure(form.storage.as_ref()).await?;
            // The first is a warm-up.
            if round > 0 {
                form.rounds.push(time);
            }
        }
    }
    let memory = memory(wasm.provider.as_ref()).await?;
    show(&forms, best(&loading), memory)
}

fn spec(path: &Path) -> Result<PluginSpec> {
    let bytes = fs::read(path).map_err(Error::io("reading a plugin"))?;
    Ok(PluginSpec {
        kind: Kind::Storage,
        name: "measured".to_owned(),
        path: PathBuf::from(path),
        sha256: Some(digest::sha256(&bytes)),
        trust_full: true,
        report: None,
        grants: Vec::new(),
        limits: Limits::default(),
    })
}

async fn opened(provider: &dyn Provider) -> Result<Arc<dyn Storage>> {
    let opened = provider.open(Settings::new(BTreeMap::new())).await.map_err(unexpected)?;
    opened.storage.ok_or_else(|| Error::Unexpected("it is no storage".to_owned()))
}

async fn form(name: &'static str, storage: Arc<dyn Storage>) -> Result<Form> {
    for number in 0..100 {
        let value = Bytes::from(vec![7; VALUE]);
        storage.put(op(), &key(number), value, None).await.map_err(unexpected)?;
    }
    Ok(Form { name, storage, rounds: Vec::new() })
}

/// The time of one call.
async fn measure(storage: &dyn Storage) -> Result<Duration> {
    let keys: Vec<String> = (0..100).map(key).collect();
    let op = op();
    let start = Instant::now();
    for key in keys.iter().cycle().take(CALLS as usize) {
        let value = storage.get(op, key).await.map_err(unexpected)?;
        if value.map(|value| value.len()) != Some(VALUE) {
            return Err(Error::Unexpected(format!("{key}: another value")));
        }
    }
    Ok(start.elapsed() / CALLS)
}

/// What one more instance takes, in MiB: resident, after a call.
async fn memory(provider: &dyn Provider) -> Result<f64> {
    let mut all = Vec::with_capacity(INSTANCES);
    let before = resident()?;
    for _ in 0..INSTANCES {
        let storage = opened(provider).await?;
        storage.get(op(), "a").await.map_err(unexpected)?;
        all.push(storage);
    }
    let after = resident()?;
    for storage in all {
        storage.close().await.map_err(unexpected)?;
    }
    Ok((after - before) / INSTANCES as f64)
}

/// The resident memory of this process, in MiB.
fn resident() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status").map_err(Error::io("reading /proc"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    let number = number.ok_or_else(|| Error::Unexpected("/proc has no VmRSS".to_owned()))?;
    Ok(number / 1024.0)
}

fn show(forms: &[Form], loading: Duration, memory: f64) -> Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let nanoseconds = |time: Duration| time.as_nanos();
    let bundled = forms.first().map(|form| best(&form.rounds)).unwrap_or_default();
    let mut text = String::from(
        "\n| get of 1 KiB | ns/call, best round | median round | over bundled |\n|---|--:|--:|--:|\n",
    );
    for form in forms {
        let (best, median) = (best(&form.rounds), median(&form.rounds));
        let over = nanoseconds(best.saturating_sub(bundled));
        let (best, median) = (nanoseconds(best), nanoseconds(median));
        text.push_str(&format!("| {} | {best} | {median} | {over} |\n", form.name));
    }
    let loading = loading.as_secs_f64() * 1_000.0;
    text.push_str(&format!(
        "\n| figure | value |\n|---|--:|\n| loading the component | {loading:.1} ms |\n\
         | a warm instance | {memory:.2} MiB |\n"
    ));
    out.write_all(text.as_bytes()).map_err(Error::io("writing"))
}

fn best(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn key(number: u32) -> String {
    format!("measured/{number}")
}

fn op() -> Op {
    Op::within(Duration::from_secs(600))
}

fn unexpected(error: impl std::fmt::Display) -> Error {
    Error::Unexpected(error.to_string())
}
