//! Random calls against a sorted map that is the model, and the shortest run that still fails.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use plugin_api::{Capabilities, Check, ErrorKind, Write, digest};

use crate::{
    Random,
    case::{Stop, Verdict, equal, fail},
    storage::{Context, children, op},
};

/// The names that keys are made of: few, so that calls meet, and awkward next to each other.
const NAMES: [&str; 9] = ["a", "a/b", "a/b/c", "a-b", "a0", "_a", "_a/b", "x/y/z", "x"];
/// Folders that are listed.
const FOLDERS: [&str; 5] = ["", "a/", "a/b/", "_a/", "x/"];
/// Names that a listing goes on from.
const AFTERS: [&str; 7] = ["", "a", "a/", "_a", "b", "a/b", "zz"];
/// How often a shorter run is tried.
const ATTEMPTS_MAX: usize = 300;

/// One call.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Get(&'static str),
    Put(&'static str, u64),
    Delete(&'static str),
    List { folder: &'static str, after: &'static str, limit: usize },
    Apply { checks: Vec<(&'static str, Expect)>, writes: Vec<(&'static str, Option<u64>)> },
}

/// What a batch expects of a key, relative to the model at that time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expect {
    /// What the model has.
    Right,
    /// Something else.
    Wrong,
}

/// A random run.
pub(super) fn steps(random: &mut Random, count: usize, caps: &Capabilities) -> Vec<Step> {
    (0..count).map(|_| step(random, caps)).collect()
}

fn step(random: &mut Random, caps: &Capabilities) -> Step {
    let kinds = if caps.atomic_batch { 100 } else { 85 };
    match random.below(kinds) {
        0..30 => Step::Get(name(random)),
        30..50 => Step::Put(name(random), random.next_u64()),
        50..65 => Step::Delete(name(random)),
        65..85 => Step::List {
            folder: random.choose(&FOLDERS).copied().unwrap_or_default(),
            after: random.choose(&AFTERS).copied().unwrap_or_default(),
            limit: random.below(5),
        },
        _ => batch(random, caps),
    }
}

fn batch(random: &mut Random, caps: &Capabilities) -> Step {
    let checked = if caps.checks { random.below(3) } else { 0 };
    let expect = |random: &mut Random| {
        if random.percent(85) { Expect::Right } else { Expect::Wrong }
    };
    let checks = (0..checked).map(|_| (name(random), expect(random))).collect();
    let value = |random: &mut Random| random.percent(65).then(|| random.next_u64());
    let writes = (0..random.below(6)).map(|_| (name(random), value(random))).collect();
    Step::Apply { checks, writes }
}

fn name(random: &mut Random) -> &'static str {
    random.choose(&NAMES).copied().unwrap_or("a")
}

/// Makes the calls in a place of their own and compares each answer with the model's.
pub(super) async fn run(cx: &Context<'_>, steps: &[Step]) -> Verdict {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let place = cx.key(&format!("run-{}/", RUNS.fetch_add(1, Ordering::Relaxed)));
    let mut model = BTreeMap::new();
    for (n, step) in steps.iter().enumerate() {
        if let Err(Stop::Fail(why)) = make(cx, &place, &mut model, step).await {
            return fail(format!("step {n}, {step:?}: {why}"));
        }
    }
    Ok(())
}

type Model = BTreeMap<&'static str, Bytes>;

async fn make(cx: &Context<'_>, place: &str, model: &mut Model, step: &Step) -> Verdict {
    let key = |name: &str| format!("{place}{name}");
    match step {
        Step::Get(name) => {
            let got = cx.storage.get(op(), &key(name)).await?;
            equal("get", got, model.get(name).cloned())
        }
        Step::Put(name, value) => {
            cx.storage.put(op(), &key(name), bytes(*value), None).await?;
            model.insert(name, bytes(*value));
            Ok(())
        }
        Step::Delete(name) => {
            cx.storage.delete(op(), &key(name), None).await?;
            model.remove(name);
            Ok(())
        }
        Step::List { folder, after, limit } => {
            let page = cx.storage.list(op(), &key(folder), after, *limit).await?;
            let mut want = children(model.keys().copied(), folder);
            want.retain(|name| name.as_str() > *after);
            let size = if *limit == 0 { want.len() } else { want.len().min(*limit) };
            let more = want.len() > size;
            want.truncate(size);
            equal("list", (page.keys, page.more), (want, more))
        }
        Step::Apply { checks, writes } => {
            let hold = checks.iter().all(|(_, expect)| matches!(expect, Expect::Right));
            let checks: Vec<Check> = checks
                .iter()
                .map(|(name, expect)| check(key(name), model.get(name), *expect))
                .collect();
            let batch: Vec<Write> = writes
                .iter()
                .map(|(name, value)| match value {
                    Some(value) => Write::Put(key(name), bytes(*value)),
                    None => Write::Delete(key(name)),
                })
                .collect();
            match cx.storage.apply(op(), &checks, &batch, None).await {
                Ok(()) if hold => {
                    write(model, writes);
                    Ok(())
                }
                Ok(()) => fail("the batch went through, and a check did not hold"),
                Err(error) if error.kind == ErrorKind::Conflict && !hold => Ok(()),
                Err(error) => Err(error.into()),
            }
        }
    }
}

fn write(model: &mut Model, writes: &[(&'static str, Option<u64>)]) {
    for (name, value) in writes {
        match value {
            Some(value) => model.insert(name, bytes(*value)),
            None => model.remove(name),
        };
    }
}

fn check(key: String, value: Option<&Bytes>, expect: Expect) -> Check {
    match (expect, value) {
        (Expect::Right, None) => Check::Absent(key),
        (Expect::Right, Some(value)) => Check::ValueIs(key, digest::sha256(value)),
        (Expect::Wrong, None) => Check::ValueIs(key, digest::sha256(b"")),
        (Expect::Wrong, Some(_)) => Check::ValueIs(key, digest::sha256(b"something else")),
    }
}

/// A value of a few to some hundred bytes that the number decides.
fn bytes(value: u64) -> Bytes {
    let mut random = Random::new(value);
    let length = random.below(300);
    Bytes::from(random.bytes(length))
}

/// Leaves steps out as long as the run still fails, and tells what is left.
pub(super) async fn minimised(cx: &Context<'_>, mut steps: Vec<Step>) -> String {
    let mut why = failure(cx, &steps).await.unwrap_or_else(|| "not reproducible".to_owned());
    let mut attempts = 0;
    let mut chunk = steps.len().div_ceil(2);
    while chunk > 0 && attempts < ATTEMPTS_MAX {
        let mut start = 0;
        while start < steps.len() && attempts < ATTEMPTS_MAX {
            attempts += 1;
            let mut fewer = steps.clone();
            fewer.drain(start..(start + chunk).min(steps.len()));
            match failure(cx, &fewer).await {
                Some(still) => (steps, why) = (fewer, still),
                None => start += chunk,
            }
        }
        chunk /= 2;
    }
    let lines: Vec<String> = steps.iter().map(|step| format!("  {step:?}")).collect();
    format!("seed {}: {why}; these calls suffice:\n{}", cx.seed, lines.join("\n"))
}

async fn failure(cx: &Context<'_>, steps: &[Step]) -> Option<String> {
    match run(cx, steps).await {
        Err(Stop::Fail(why)) => Some(why),
        _ => None,
    }
}
