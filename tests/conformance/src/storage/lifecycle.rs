//! `Y`: settings, opening and closing, secrets in what is told, and clocks.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use plugin_api::{Capabilities, Check, ErrorKind, Op, Storage, Write};
use tokio::task::JoinSet;

use crate::{
    canary::CANARY,
    case::{Verdict, ensure, equal, fail, skip},
    storage::{Context, Place, Suite, op, walk},
};

mod usage;

use usage::Usage;

/// Handles that are opened and closed in Y02.
const ROUNDS: usize = 100;
/// How often the rounds are repeated while they show growth.
const SERIES: usize = 4;
/// After so many the process has all that it will ever need.
const WARM: usize = 10;

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("Y01", "an unknown setting is refused by its name", unknown).await;
    suite.case_of_handles("Y02", "opening and closing again and again leaks nothing", leaks).await;
    suite.case_of_handles("Y03", "closing lets the calls under way end", busy).await;
    suite.case_of_handles("Y04", "closing twice, and calls after it, end cleanly", twice).await;
    let record = suite.runner.record.clone();
    let leaks = async |cx: &Context<'_>| secrets(cx, &record).await;
    suite.case("Y05", "no error and no line of the log tells a secret", leaks).await;
    suite.case("Y06", "a clock that jumps does no harm", clocks).await;
}

async fn unknown(cx: &Context<'_>) -> Verdict {
    const NAME: &str = "no_such_setting";
    match cx.factory.open_with(NAME, "x").await {
        None => skip("the factory opens without settings"),
        Some(Ok(_)) => fail("a setting that nobody knows was accepted"),
        Some(Err(error)) => {
            let told = error.message.contains(NAME);
            ensure(error.kind == ErrorKind::ConfigInvalid && told, || {
                format!("got {:?} ({error}), want config_invalid naming {NAME}", error.kind)
            })
        }
    }
}

/// Drops the handle and opens the storage again, or ends the case.
async fn again(place: &Place<'_>, storage: Arc<dyn Storage>) -> Verdict<Arc<dyn Storage>> {
    match place.factory.reopen(storage).await? {
        Some(storage) => Ok(storage),
        None => skip("the factory cannot reopen"),
    }
}

/// A leak grows with every round; what an allocator keeps back grows now and then. So a series of
/// rounds without growth clears the storage, and one that leaks fails them all.
async fn leaks(place: &Place<'_>, storage: Arc<dyn Storage>) -> Verdict {
    let mut storage = again(place, storage).await?;
    let mut verdict = Ok(());
    for _ in 0..SERIES {
        let mut before = None;
        for round in 0..ROUNDS {
            storage.put(op(), &place.key("k"), Bytes::from(round.to_string()), None).await?;
            storage.close().await?;
            storage = again(place, storage).await?;
            if round == WARM {
                before = Usage::now();
            }
        }
        verdict = match (before, Usage::now()) {
            (Some(before), Some(after)) => after.against(&before),
            _ => return skip("this system does not tell what a process uses"),
        };
        if verdict.is_ok() {
            break;
        }
    }
    verdict
}

async fn busy(place: &Place<'_>, storage: Arc<dyn Storage>) -> Verdict {
    let mut storage = again(place, storage).await?;
    for round in 0..10 {
        let mut writers = JoinSet::new();
        for n in 0..20 {
            let (storage, key) = (storage.clone(), place.key(&format!("{round}/{n}")));
            writers.spawn(async move {
                let result = storage.put(op(), &key, Bytes::from("v"), None).await;
                (key, result.is_ok())
            });
        }
        tokio::task::yield_now().await;
        storage.close().await?;
        let mut acknowledged = Vec::new();
        while let Some(ended) = writers.join_next().await {
            match ended {
                Ok((key, true)) => acknowledged.push(key),
                Ok((_, false)) => (),
                Err(error) => return fail(format!("a call panicked at closing: {error}")),
            }
        }
        storage = again(place, storage).await?;
        for key in acknowledged {
            let there = storage.get(op(), &key).await?.is_some();
            ensure(there, || format!("{key} was acknowledged at closing, and is gone"))?;
        }
    }
    Ok(())
}

async fn twice(place: &Place<'_>, storage: Arc<dyn Storage>) -> Verdict {
    let storage = again(place, storage).await?;
    let key = place.key("k");
    storage.put(op(), &key, Bytes::from("v"), None).await?;
    storage.close().await?;
    let all = async {
        // What they answer is the storage's affair; that they answer is what matters.
        let _ = storage.close().await;
        let _ = storage.get(op(), &key).await;
        let _ = storage.put(op(), &place.key("late"), Bytes::from("v"), None).await;
        let _ = walk(&*storage, &place.prefix, 0).await;
        let _ = storage.close().await;
    };
    if tokio::time::timeout(Duration::from_secs(20), all).await.is_err() {
        return fail("a call on a closed storage never ends");
    }
    let storage = again(place, storage).await?;
    equal("what was there before", storage.get(op(), &key).await?, Some(Bytes::from("v")))
}

/// Makes the storage refuse values in every way it knows, and looks at all that it has said.
async fn secrets(cx: &Context<'_>, record: &crate::watch::Record) -> Verdict {
    let Capabilities { max_value_bytes, max_key_bytes, .. } = cx.caps;
    let value = || Bytes::from(CANARY);
    let large = Bytes::from(CANARY.repeat(max_value_bytes / CANARY.len() + 2));
    let long = format!("{}{}", cx.prefix, "k".repeat(max_key_bytes));
    let storage = &cx.storage;
    storage.put(op(), &cx.key("k"), value(), None).await?;
    // Each of these may be refused; the answers are looked at together at the end.
    let _ = storage.put(op(), &cx.key("large"), large.clone(), None).await;
    for key in ["", "/", "a//b", "a/../b", &long] {
        let _ = storage.put(op(), key, value(), None).await;
    }
    let fence = plugin_api::Fence { lock_key: "l".into(), token: "t".into(), epoch: 1 };
    let _ = storage.put(op(), &cx.key("k"), value(), Some(&fence)).await;
    let checks = [Check::Absent(cx.key("k"))];
    let _ = storage.apply(op(), &checks, &[Write::Put(cx.key("k"), value())], None).await;
    let _ = storage.apply(op(), &[], &[Write::Put(cx.key("large"), large)], None).await;
    let _ = storage.apply(op(), &[], &[Write::Put("a//b".into(), value())], None).await;
    // A call without time to answer fails somewhere inside, if it fails.
    let _ = storage.put(Op::within(Duration::ZERO), &cx.key("k"), value(), None).await;
    let leaks = record.leaks();
    ensure(leaks.is_empty(), || leaks.join("; "))?;
    let logs = cx.factory.surroundings().logs().unwrap_or_default();
    match record.canaries().found_in(&logs) {
        None => Ok(()),
        Some(secret) => fail(format!("the log tells {secret}")),
    }
}

async fn clocks(cx: &Context<'_>) -> Verdict {
    cx.put("k", "before").await?;
    let around = cx.factory.surroundings();
    for seconds in [3_600, -7_200, 3_600] {
        if !around.shift_clock(seconds).await? {
            return skip("the runner cannot set the clock");
        }
        cx.put("k", seconds.to_string()).await?;
        equal("k", cx.get("k").await?, Some(Bytes::from(seconds.to_string())))?;
    }
    Ok(())
}
