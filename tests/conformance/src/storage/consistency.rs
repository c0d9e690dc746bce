//! `C`: what many clients see, and long random runs against a model.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use plugin_api::{Check, ErrorKind, Result, Storage, Write, digest};
use tokio::task::JoinSet;

use crate::{
    Random,
    case::{Verdict, fail},
    storage::{
        Context, Suite,
        linearizability::{self, Call, Event, KEYS},
        model, op,
    },
};

/// Concurrent clients of one history.
const CLIENTS: usize = 4;
/// Calls of each client in one history; the checker's work grows steeply with all of them.
const CALLS: usize = 10;

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("C01", "concurrent histories are linearizable", linearizable).await;
    suite.case("C03", "random calls agree with a model", agrees).await;
}

async fn linearizable(cx: &Context<'_>) -> Verdict {
    let mut random = cx.random();
    for round in 0..cx.sized(30, 300) {
        let prefix = cx.key(&format!("{round}/"));
        let mut clients = JoinSet::new();
        let clock = Arc::new(AtomicU64::new(0));
        for number in 0..CLIENTS {
            let client = Client {
                storage: cx.storage.clone(),
                prefix: prefix.clone(),
                clock: clock.clone(),
                number: number as u32,
                random: Random::new(random.next_u64()),
                seen: BTreeMap::new(),
                checks: cx.caps.atomic_batch && cx.caps.checks,
            };
            clients.spawn(client.run());
        }
        let mut history = Vec::new();
        while let Some(client) = clients.join_next().await {
            match client {
                Ok(events) => history.extend(events?),
                Err(error) => return fail(format!("a client panicked: {error}")),
            }
        }
        if let Err(why) = linearizability::check(&history) {
            return fail(format!("round {round}, seed {}: {why}", cx.seed));
        }
    }
    Ok(())
}

/// One of the concurrent clients, on few keys so that they meet.
struct Client {
    storage: Arc<dyn Storage>,
    prefix: String,
    clock: Arc<AtomicU64>,
    number: u32,
    random: Random,
    /// The values last seen, to check against.
    seen: BTreeMap<usize, Option<u32>>,
    checks: bool,
}

impl Client {
    async fn run(mut self) -> Result<Vec<Event>> {
        let mut events = Vec::with_capacity(CALLS);
        for n in 0..CALLS {
            let key = self.random.below(KEYS);
            let fresh = 1 + self.number * CALLS as u32 + n as u32;
            let planned = match self.random.below(if self.checks { 10 } else { 8 }) {
                0..4 => Call::Get(key, None),
                4..6 => Call::Put(key, fresh),
                6..8 => Call::Delete(key),
                _ => self.batch(key, fresh),
            };
            let begin = self.clock.fetch_add(1, Ordering::SeqCst);
            let (call, applied) = self.make(planned).await?;
            let end = self.clock.fetch_add(1, Ordering::SeqCst);
            events.push(Event { call, begin, end: applied.then_some(end) });
        }
        Ok(events)
    }

    /// A batch that checks one key and writes two.
    fn batch(&mut self, key: usize, fresh: u32) -> Call {
        let other = (key + 1 + self.random.below(KEYS - 1)) % KEYS;
        let expected = self.seen.get(&key).copied().unwrap_or_default();
        let checks = vec![(key, expected)];
        Call::Apply { checks, writes: vec![(key, Some(fresh)), (other, Some(fresh))], held: true }
    }

    /// Makes the call; gives it with its answer, and whether it certainly ended.
    async fn make(&mut self, planned: Call) -> Result<(Call, bool)> {
        let result = match &planned {
            Call::Get(key, _) => {
                let value = self.storage.get(op(), &self.name(*key)).await?;
                let value = value.as_deref().map(number);
                self.seen.insert(*key, value);
                return Ok((Call::Get(*key, value), true));
            }
            Call::Put(key, value) => {
                self.storage.put(op(), &self.name(*key), text(*value), None).await
            }
            Call::Delete(key) => self.storage.delete(op(), &self.name(*key), None).await,
            Call::Apply { checks, writes, .. } => {
                let checks: Vec<Check> = checks.iter().map(|check| self.check(check)).collect();
                let writes: Vec<Write> = writes.iter().map(|write| self.write(write)).collect();
                self.storage.apply(op(), &checks, &writes, None).await
            }
        };
        match (result, planned) {
            (Ok(()), call) => Ok((call, true)),
            (Err(error), call) if error.maybe_applied => Ok((call, false)),
            (Err(error), Call::Apply { checks, writes, .. })
                if error.kind == ErrorKind::Conflict =>
            {
                Ok((Call::Apply { checks, writes, held: false }, true))
            }
            (Err(error), _) => Err(error),
        }
    }

    fn name(&self, key: usize) -> String {
        format!("{}{key}", self.prefix)
    }

    fn check(&self, (key, expected): &(usize, Option<u32>)) -> Check {
        match expected {
            None => Check::Absent(self.name(*key)),
            Some(value) => Check::ValueIs(self.name(*key), digest::sha256(&text(*value))),
        }
    }

    fn write(&self, (key, value): &(usize, Option<u32>)) -> Write {
        match value {
            None => Write::Delete(self.name(*key)),
            Some(value) => Write::Put(self.name(*key), text(*value)),
        }
    }
}

fn text(value: u32) -> Bytes {
    Bytes::from(value.to_string())
}

fn number(value: &[u8]) -> u32 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(u32::MAX)
}

async fn agrees(cx: &Context<'_>) -> Verdict {
    let mut random = cx.random();
    for _ in 0..cx.sized(4, 40) {
        let steps = model::steps(&mut random, cx.sized(150, 500), &cx.caps);
        if model::run(cx, &steps).await.is_err() {
            return fail(model::minimised(cx, steps).await);
        }
    }
    Ok(())
}
