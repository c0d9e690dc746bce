//! `G`: what other nodes write is told, so that a standby's cache is not older than it may be.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bytes::Bytes;
use plugin_api::{Op, Storage};
use tokio::time::Instant;

use crate::{
    case::{Verdict, ensure, fail, skip},
    storage::{Context, Place, Suite, op},
};

/// How soon a change must be told.
const SOON: Duration = Duration::from_secs(2);
/// How much longer than asked a poll may take.
const LATE_MAX: Duration = Duration::from_secs(1);

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("G01", "what another node writes is told within two seconds", told).await;
    suite.case_of_handles("G02", "a cursor goes on after a restart", resumed).await;
    suite.case("G03", "changes are told or declared lost, never just lost", overflow).await;
    suite.case("G04", "a poll without changes ends when it was asked to", patient).await;
}

/// The keys below the case's place that are told until all that are wanted have been, or time is up.
async fn collect(
    place: &Place<'_>,
    storage: &Arc<dyn Storage>,
    cursor: &mut String,
    wanted: &BTreeSet<String>,
) -> Verdict<Collected> {
    let start = Instant::now();
    let mut told = BTreeSet::new();
    while start.elapsed() < SOON && !wanted.is_subset(&told) {
        let changes = storage.changes(op(), Some(cursor), Duration::from_millis(500)).await?;
        *cursor = changes.cursor;
        if changes.overflow {
            return Ok(Collected::Overflow);
        }
        told.extend(changes.keys.into_iter().filter(|key| key.starts_with(&place.prefix)));
    }
    let missing: Vec<&String> = wanted.difference(&told).collect();
    if missing.is_empty() { Ok(Collected::All) } else { fail(format!("not told: {missing:?}")) }
}

#[derive(Debug, Eq, PartialEq)]
enum Collected {
    All,
    Overflow,
}

async fn others(place: &Place<'_>) -> Verdict<Arc<dyn Storage>> {
    if !place.caps.changes {
        return skip("changes is not claimed");
    }
    match place.factory.second().await? {
        Some(other) => Ok(other),
        None => skip("the factory gives no second handle"),
    }
}

async fn begin(storage: &Arc<dyn Storage>) -> Verdict<String> {
    Ok(storage.changes(op(), None, Duration::ZERO).await?.cursor)
}

async fn told(cx: &Context<'_>) -> Verdict {
    let other = others(cx).await?;
    let mut cursor = begin(&cx.storage).await?;
    for round in 0..cx.sized(5, 50) {
        let key = cx.key(&format!("d/{}", round % 3));
        let wanted = BTreeSet::from([key.clone()]);
        other.put(op(), &key, Bytes::from(round.to_string()), None).await?;
        collect(cx, &cx.storage, &mut cursor, &wanted).await?;
        other.delete(op(), &key, None).await?;
        collect(cx, &cx.storage, &mut cursor, &wanted).await?;
    }
    Ok(())
}

async fn resumed(place: &Place<'_>, storage: Arc<dyn Storage>) -> Verdict {
    let other = others(place).await?;
    let mut cursor = begin(&storage).await?;
    let keys: BTreeSet<String> = (0..20).map(|n| place.key(&format!("k{n}"))).collect();
    for key in &keys {
        other.put(op(), key, Bytes::from("v"), None).await?;
    }
    let Some(storage) = place.factory.reopen(storage).await? else {
        return skip("the factory cannot reopen");
    };
    collect(place, &storage, &mut cursor, &keys).await.map(|_| ())
}

async fn overflow(cx: &Context<'_>) -> Verdict {
    let other = others(cx).await?;
    let mut cursor = begin(&cx.storage).await?;
    let keys: BTreeSet<String> =
        (0..cx.sized(2_000, 50_000)).map(|n| cx.key(&format!("k{n}"))).collect();
    for key in &keys {
        other.put(op(), key, Bytes::from("v"), None).await?;
    }
    // Told or declared lost; and after a loss the next change is told again.
    collect(cx, &cx.storage, &mut cursor, &keys).await?;
    let key = cx.key("after");
    other.put(op(), &key, Bytes::from("v"), None).await?;
    collect(cx, &cx.storage, &mut cursor, &BTreeSet::from([key])).await.map(|_| ())
}

async fn patient(cx: &Context<'_>) -> Verdict {
    if !cx.caps.changes {
        return skip("changes is not claimed");
    }
    let cursor = begin(&cx.storage).await?;
    for wait in [Duration::ZERO, Duration::from_millis(300), Duration::from_secs(1)] {
        let start = Instant::now();
        cx.storage.changes(Op::within(wait + LATE_MAX * 2), Some(&cursor), wait).await?;
        let took = start.elapsed();
        ensure(took <= wait + LATE_MAX, || format!("a poll of {wait:?} took {took:?}"))?;
    }
    Ok(())
}
