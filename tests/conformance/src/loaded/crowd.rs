//! Calls of whatever a provider has, each with an answer that only its caller can want.

use std::{future::poll_fn, pin::Pin, task::Poll, time::Duration};

use bytes::Bytes;
use plugin_api::{Acquired, Op, Opened, Secret};
use tokio::{runtime::Handle, task::JoinSet};

use crate::{
    Class,
    case::{Verdict, broken, ensure, equal, fail},
};

const THREADS: usize = 64;
/// Calls that are begun and dropped.
const GIVEN_UP: usize = 200;
/// How long one call may take: a crowd may stand in line.
const CALL: Duration = Duration::from_secs(60);
/// How long a lock is held that nobody releases.
const TTL: Duration = Duration::from_secs(5);

/// Threads that call at once.
pub(super) async fn many(opened: &Opened, place: &str, class: Class) -> Verdict {
    let rounds = match class {
        Class::Quick => 10,
        Class::Full => 1_000,
        Class::Soak => 1_000_000 / THREADS,
    };
    let mut crowd: JoinSet<Verdict> = JoinSet::new();
    for thread in 0..THREADS {
        let (opened, place, runtime) = (opened.clone(), place.to_owned(), Handle::current());
        crowd.spawn_blocking(move || {
            runtime.block_on(async move {
                for round in 0..rounds {
                    answers(&opened, &place, thread * rounds + round).await?;
                }
                Ok(())
            })
        });
    }
    while let Some(done) = crowd.join_next().await {
        done.map_err(broken)??;
    }
    Ok(())
}

/// A call of each contract, whose answer has the number in it.
pub(super) async fn answers(opened: &Opened, place: &str, number: usize) -> Verdict {
    let text = format!("the answer to {number}");
    if let Some(storage) = &opened.storage {
        let (key, value) = (format!("{place}{number}"), Bytes::from(text.clone()));
        storage.put(op(), &key, value.clone(), None).await?;
        equal("the value", storage.get(op(), &key).await?, Some(value))?;
        storage.delete(op(), &key, None).await?;
    }
    if let Some(lock) = &opened.ha_lock {
        let key = format!("{place}{number}");
        let Acquired::Acquired(fence) = lock.acquire(op(), &key, &text, TTL).await? else {
            return fail("a lock that nobody holds was not given");
        };
        let holder = lock.current(op(), &key).await?.map(|holder| holder.value);
        equal("the holder", holder, Some(text.clone()))?;
        lock.release(op(), &fence).await?;
    }
    if let Some(seal) = &opened.seal {
        let blob = seal.wrap(op(), &Secret::new(text.clone().into_bytes()), b"crowd").await?;
        let plain = seal.unwrap(op(), &blob, b"crowd").await?;
        ensure(plain.expose().as_slice() == text.as_bytes(), || "another's secret".to_owned())?;
    }
    Ok(())
}

/// Callers that begin and leave.
pub(super) async fn given_up(opened: &Opened, place: &str) -> Verdict {
    for number in 0..GIVEN_UP {
        let key = format!("{place}given-up/{number}");
        let secret = Secret::new(key.clone().into_bytes());
        if let Some(storage) = &opened.storage {
            begun(storage.get(op(), &key)).await;
            begun(storage.list(op(), place, "", 0)).await;
        }
        if let Some(lock) = &opened.ha_lock {
            begun(lock.current(op(), &key)).await;
        }
        if let Some(seal) = &opened.seal {
            begun(seal.wrap(op(), &secret, b"crowd")).await;
        }
        if number % 20 == 0 {
            answers(opened, place, number).await?;
        }
    }
    answers(opened, place, GIVEN_UP).await
}

/// Polls a call once, and drops it.
async fn begun<T>(mut call: Pin<Box<dyn Future<Output = T> + Send + '_>>) {
    poll_fn(|context| {
        let _ = call.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}

fn op() -> Op {
    Op::within(CALL)
}
