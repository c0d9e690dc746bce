//! `plugin bench`: how long the calls of a provider take, beside the storage in memory.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use plugin_api::{Acquired, Error, HaLock, Op, Result, Seal, Secret, Storage};
use serde_json::{Value, json};

use super::subject::Subject;
use crate::{
    call::Call,
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{Flag, Kind},
    globals::{self, Globals},
    out,
    show::{self, Document, Format, table},
};

/// The most calls of one kind.
const COUNT_MAX: i64 = 1_000_000;
/// The largest value, in bytes.
const SIZE_MAX: i64 = 1 << 20;
/// How long one call may take.
const CALL: Duration = Duration::from_secs(30);
/// Where a storage is written to.
const PREFIX: &str = "bench/";

const FLAGS: &[Flag] = &[
    super::CONFIG,
    Flag::new(&["n"], Kind::Number, "How many calls of each kind: 1000 if not given."),
    Flag::new(&["size"], Kind::Number, "The bytes of a value: 1024 if not given."),
];

pub(super) const COMMAND: Command = Command {
    name: "plugin bench",
    summary: "Measure a plugin's calls beside the storage in memory",
    usage: "[options] FILE",
    about: "Makes calls one after the other and prints how long half of them take at most (p50), \
            and ninety-nine of a hundred (p99). For a storage the same calls are made to the one \
            in memory: the difference is what the plugin and its service cost.\n\nA storage is \
            written to below bench/, and what was written is removed.",
    examples: &[
        ("How fast is it?", "strongroom plugin bench ./mystore.wasm"),
        ("With larger values:", "strongroom plugin bench -size=65536 -n=200 ./mystore.so"),
    ],
    flags: &[FLAGS, globals::FORMAT],
    globals: Globals::None,
    arguments: Arguments::Exactly(1),
    run: bench,
};

/// The calls of one name.
struct Figures {
    call: &'static str,
    times: Vec<Duration>,
    /// The same for the storage in memory.
    beside: Option<Vec<Duration>>,
}

#[derive(Clone, Copy)]
struct Load {
    count: usize,
    size: usize,
}

fn bench(call: &Call) -> Outcome {
    let number = |flag: &str, usual: i64, most: i64| match call.given.number(flag).unwrap_or(usual)
    {
        value if (1..=most).contains(&value) => Ok(usize::try_from(value).unwrap_or_default()),
        value => Err(Failure::Local(format!("-{flag}={value}: give 1 to {most}"))),
    };
    let load =
        Load { count: number("n", 1_000, COUNT_MAX)?, size: number("size", 1_024, SIZE_MAX)? };
    let all = super::run(async {
        let subject = Subject::load(call)?;
        let name = subject.about.name.clone();
        measured(&subject, load)
            .await
            .map_err(|error| Failure::Local(format!("{name}: {error} ({:?})", error.kind)))
    })?;
    print(call, load, &all);
    Ok(())
}

async fn measured(subject: &Subject, load: Load) -> Result<Vec<Figures>> {
    let opened = subject.open(&[]).await?;
    let mut all = Vec::new();
    if let Some(storage) = opened.storage {
        let beside: Arc<dyn Storage> = Arc::new(storage::Inmem::new());
        let beside = of_storage(&beside, load).await?;
        for ((call, times), (_, beside)) in
            of_storage(&storage, load).await?.into_iter().zip(beside)
        {
            all.push(Figures { call, times, beside: Some(beside) });
        }
        storage.close().await?;
    }
    if let Some(lock) = opened.ha_lock {
        all.extend(of_lock(&lock, load).await?);
    }
    if let Some(seal) = opened.seal {
        all.extend(of_seal(&seal, load).await?);
    }
    Ok(all)
}

type Times = Vec<(&'static str, Vec<Duration>)>;

async fn of_storage(storage: &Arc<dyn Storage>, load: Load) -> Result<Times> {
    let key = |n: usize| format!("{PREFIX}{}/{n}", n % 10);
    let value = Bytes::from(vec![b'x'; load.size.min(storage.capabilities().max_value_bytes)]);
    let mut times: Times = Vec::new();
    let (mut put, mut get, mut list, mut delete) = (vec![], vec![], vec![], vec![]);
    for n in 0..load.count {
        put.push(timed(storage.put(op(), &key(n), value.clone(), None)).await?);
    }
    for n in 0..load.count {
        get.push(timed(storage.get(op(), &key(n))).await?);
    }
    for n in 0..load.count.div_ceil(10) {
        let folder = format!("{PREFIX}{}/", n % 10);
        list.push(timed(storage.list(op(), &folder, "", 100)).await?);
    }
    for n in 0..load.count {
        delete.push(timed(storage.delete(op(), &key(n), None)).await?);
    }
    times.extend([("put", put), ("get", get), ("list", list), ("delete", delete)]);
    Ok(times)
}

async fn of_lock(lock: &Arc<dyn HaLock>, load: Load) -> Result<Vec<Figures>> {
    let ttl = Duration::from_secs(30);
    let (mut acquire, mut renew, mut release) = (vec![], vec![], vec![]);
    for _ in 0..load.count {
        let start = Instant::now();
        let Acquired::Acquired(fence) = lock.acquire(op(), "bench/lock", "bench", ttl).await?
        else {
            let message = "somebody else holds the lock bench/lock";
            return Err(Error::new(plugin_api::ErrorKind::Unavailable, message));
        };
        acquire.push(start.elapsed());
        renew.push(timed(lock.renew(op(), &fence, ttl)).await?);
        release.push(timed(lock.release(op(), &fence)).await?);
    }
    let all = [("acquire", acquire), ("renew", renew), ("release", release)];
    Ok(all.into_iter().map(alone).collect())
}

async fn of_seal(seal: &Arc<dyn Seal>, load: Load) -> Result<Vec<Figures>> {
    let secret = Secret::new(vec![7; 32]);
    let (mut wrap, mut unwrap) = (vec![], vec![]);
    for _ in 0..load.count {
        let start = Instant::now();
        let blob = seal.wrap(op(), &secret, b"bench").await?;
        wrap.push(start.elapsed());
        unwrap.push(timed(seal.unwrap(op(), &blob, b"bench")).await?);
    }
    Ok([("wrap", wrap), ("unwrap", unwrap)].into_iter().map(alone).collect())
}

fn alone((call, times): (&'static str, Vec<Duration>)) -> Figures {
    Figures { call, times, beside: None }
}

async fn timed<T>(call: impl Future<Output = Result<T>>) -> Result<Duration> {
    let start = Instant::now();
    call.await?;
    Ok(start.elapsed())
}

fn op() -> Op {
    Op::within(CALL)
}

/// The time that so many of a hundred calls keep within.
fn quantile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

fn print(call: &Call, load: Load, all: &[Figures]) {
    if call.format != Format::Table {
        let micros = |time: Duration| json!(time.as_nanos() as f64 / 1_000.0);
        let calls = all.iter().map(|figures| {
            let beside =
                |percent| figures.beside.as_deref().map(|it| micros(quantile(it, percent)));
            json!({
                "call": figures.call,
                "count": figures.times.len(),
                "p50_microseconds": micros(quantile(&figures.times, 50)),
                "p99_microseconds": micros(quantile(&figures.times, 99)),
                "inmem_p50_microseconds": beside(50),
                "inmem_p99_microseconds": beside(99),
            })
        });
        let document = json!({ "value_bytes": load.size, "calls": calls.collect::<Vec<Value>>() });
        show::document(call.format, &Document::Leaf(document));
        return;
    }
    let header = ["Call", "Count", "p50", "p99", "inmem p50", "inmem p99"];
    let rows = all.iter().map(|figures| {
        let text = |times: &[Duration], percent| format!("{:.1?}", quantile(times, percent));
        let beside = |percent| figures.beside.as_deref().map(|it| text(it, percent));
        vec![
            figures.call.to_owned(),
            figures.times.len().to_string(),
            text(&figures.times, 50),
            text(&figures.times, 99),
            beside(50).unwrap_or_else(|| "-".to_owned()),
            beside(99).unwrap_or_else(|| "-".to_owned()),
        ]
    });
    out::line(&table::with_header(header.map(str::to_owned).to_vec(), rows.collect()));
}
