//! Many who want the lock, some of whom stall: at most one of them is the holder at any instant.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use plugin_api::{Acquired, Error, ErrorKind, Fence, HaLock, Storage};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{Context, Suite, op};
use crate::{
    Random,
    case::{Verdict, broken, ensure, fail, refused, skip},
};

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("H07", "of many contenders one holds the lock at any instant", contenders).await;
    suite.case("H08", "a holder that slept through its time writes nothing", slept).await;
}

/// When somebody believed to hold the lock, with good reason.
#[derive(Clone, Copy, Debug)]
struct Tenure {
    from: Instant,
    until: Instant,
    epoch: u64,
}

/// What all contenders share.
struct Arena {
    key: String,
    register: String,
    ttl: Duration,
    end: Instant,
    tenures: Mutex<Vec<Tenure>>,
    /// Increments of the register that were acknowledged, and those whose answer was lost.
    counted: AtomicU64,
    unsure: AtomicU64,
}

async fn contenders(cx: &Context<'_>) -> Verdict {
    let storage = cx.factory.storage().await?;
    let (count, time) = (cx.class.sized(16, 100), cx.class.sized(4, 60));
    let arena = Arc::new(Arena {
        key: cx.key.clone(),
        register: format!("{}-register", cx.key),
        ttl: cx.ttl,
        end: Instant::now() + Duration::from_secs(time as u64).max(cx.ttl * 3),
        tenures: Mutex::default(),
        counted: AtomicU64::new(0),
        unsure: AtomicU64::new(0),
    });
    let mut random = Random::new(cx.seed);
    let mut tasks = JoinSet::new();
    for n in 0..count {
        let lock = if n % 2 == 0 { cx.lock.clone() } else { cx.other.clone() };
        let (arena, storage) = (arena.clone(), storage.clone());
        tasks.spawn(contend(arena, lock, storage, Random::new(random.next_u64())));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| broken(format!("a contender panicked: {error}")))??;
    }
    let tenures = std::mem::take(&mut *arena.tenures.lock());
    ensure(tenures.len() > 1, || "nobody ever got the lock from another".into())?;
    apart(tenures).map_err(|why| crate::case::Stop::Fail(format!("{why}, seed {}", cx.seed)))?;
    let Some(storage) = storage else { return Ok(()) };
    let (counted, unsure) =
        (arena.counted.load(Ordering::SeqCst), arena.unsure.load(Ordering::SeqCst));
    let found = read(&storage, &arena.register).await?;
    storage.delete(op(), &arena.register, None).await?;
    ensure(found >= counted && found <= counted + unsure, || {
        format!(
            "the register has {found}, and {counted} increments were acknowledged: two holders \
                 wrote at once"
        )
    })
}

/// Takes the lock, works a while under it, sometimes oversleeps, gives it up or does not.
async fn contend(
    arena: Arc<Arena>,
    lock: Arc<dyn HaLock>,
    storage: Option<Arc<dyn Storage>>,
    mut random: Random,
) -> Result<(), Error> {
    while Instant::now() < arena.end {
        let asked = Instant::now();
        let fence = match lock.acquire(op(), &arena.key, "contender", arena.ttl).await? {
            Acquired::Acquired(fence) => fence,
            Acquired::Held(_) => {
                sleep(Duration::from_millis(1 + random.below(10) as u64)).await;
                continue;
            }
        };
        // What a holder may believe counts from the moment of asking, and to the moment of asking
        // to give it up.
        let from = Instant::now();
        let mut until = asked + arena.ttl;
        for _ in 0..random.below(6) {
            if let Some(storage) = &storage {
                increment(&arena, storage, &fence, &mut random).await?;
            }
            let stalls = random.percent(5);
            let pause = if stalls { arena.ttl * 3 / 2 } else { arena.ttl / 40 };
            sleep(pause).await;
            let asked = Instant::now();
            if !stalls && asked < until && lock.renew(op(), &fence, arena.ttl).await? {
                until = asked + arena.ttl;
            }
        }
        if random.percent(80) {
            until = until.min(Instant::now());
            lock.release(op(), &fence).await?;
        }
        arena.tenures.lock().push(Tenure { from, until, epoch: fence.epoch });
    }
    Ok(())
}

/// Adds one to the register: read, wait, write. Only a fence makes that safe.
async fn increment(
    arena: &Arena,
    storage: &Arc<dyn Storage>,
    fence: &Fence,
    random: &mut Random,
) -> Result<(), Error> {
    let value = read(storage, &arena.register).await? + 1;
    if random.percent(10) {
        sleep(arena.ttl).await;
    }
    let value = Bytes::from(value.to_string());
    match storage.put(op(), &arena.register, value, Some(fence)).await {
        Ok(()) => _ = arena.counted.fetch_add(1, Ordering::SeqCst),
        Err(error) if error.kind == ErrorKind::Fenced => (),
        Err(error) if error.maybe_applied => _ = arena.unsure.fetch_add(1, Ordering::SeqCst),
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn read(storage: &Arc<dyn Storage>, key: &str) -> Result<u64, Error> {
    let value = storage.get(op(), key).await?;
    let text = value.as_deref().and_then(|value| std::str::from_utf8(value).ok());
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// No two tenures overlap, and their epochs are in the order of time.
fn apart(mut tenures: Vec<Tenure>) -> Result<(), String> {
    tenures.sort_by_key(|tenure| tenure.from);
    for pair in tenures.windows(2) {
        let [first, second] = pair else { continue };
        if second.epoch <= first.epoch {
            return Err(format!("epoch {} came after epoch {}", second.epoch, first.epoch));
        }
        // A tenure that ended before it had begun (a slow answer) held nothing.
        if first.until > second.from {
            let both = first.until - second.from;
            return Err(format!(
                "epochs {} and {} both held the lock for {both:?}",
                first.epoch, second.epoch
            ));
        }
    }
    Ok(())
}

async fn slept(cx: &Context<'_>) -> Verdict {
    let old = cx.take(&cx.lock, "one").await?;
    sleep(cx.ttl * 3 / 2).await;
    let new = cx.take(&cx.other, "two").await?;
    let renewed = cx.lock.renew(op(), &old, cx.ttl).await?;
    ensure(!renewed, || "a holder that slept through its time renews".into())?;
    let Some(storage) = cx.factory.storage().await? else {
        cx.other.release(op(), &new).await?;
        return skip("the lock is lost as it must be; the factory gives no storage to write to");
    };
    let key = format!("{}-slept", cx.key);
    let put = storage.put(op(), &key, Bytes::from("old"), Some(&old)).await;
    refused("the first write after the sleep", put, ErrorKind::Fenced)?;
    if storage.get(op(), &key).await?.is_some() {
        return fail("a fenced write was written");
    }
    Ok(cx.other.release(op(), &new).await?)
}

#[cfg(test)]
mod tests;
