//! `X`: who has lost the lock writes nothing any more. The fence is checked in the same atomic step
//! as the write; a store that looks first and writes afterwards does not pass `X03`.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use plugin_api::{ErrorKind, Fence, HaLock, Result, Storage, Write};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    Proxy, Random,
    case::{Verdict, equal, fail, refused, skip},
    ha_lock::taken,
    storage::{Context, Suite, op},
};

/// Writers of the old holder while the lock moves on.
const WRITERS: usize = 8;
/// How long a writer goes on at most.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("X01", "the holder of the lock writes", holder).await;
    suite.case("X02", "who has lost the lock is fenced, and nothing is written", lost).await;
    suite.case("X03", "the fence is checked in one step with the write", atomic).await;
    suite.case("X04", "a write without a fence passes", unfenced).await;
    suite.case("X05", "a forged fence is refused", forged).await;
}

impl Context<'_> {
    async fn needs_lock(&self) -> Verdict<Arc<dyn HaLock>> {
        if !self.caps.fencing {
            return skip("fencing is not claimed");
        }
        match self.factory.lock().await? {
            Some(lock) => Ok(lock),
            None => skip("the factory gives no lock"),
        }
    }

    fn lock_key(&self) -> String {
        self.key("lock")
    }

    async fn take(&self, lock: &Arc<dyn HaLock>, who: &str) -> Verdict<Fence> {
        taken(lock, &self.lock_key(), who, self.factory.lock_ttl() * 5).await
    }

    /// Takes the lock from its holder: the lock is given back, and taken by somebody else.
    async fn moved(&self, lock: &Arc<dyn HaLock>, old: &Fence, who: &str) -> Verdict<Fence> {
        lock.release(op(), old).await?;
        self.take(lock, who).await
    }

    /// Each kind of write with a fence; each is refused, and leaves everything as it was.
    async fn all_fenced(&self, what: &str, fence: &Fence) -> Verdict {
        let fence = Some(fence);
        let key = self.key("kept");
        self.put("kept", "before").await?;
        let put = self.storage.put(op(), &key, Bytes::from("x"), fence).await;
        refused(&format!("a put with {what}"), put, ErrorKind::Fenced)?;
        let delete = self.storage.delete(op(), &key, fence).await;
        refused(&format!("a delete with {what}"), delete, ErrorKind::Fenced)?;
        if self.caps.atomic_batch {
            let writes =
                [Write::Put(self.key("new"), Bytes::from("x")), Write::Delete(key.clone())];
            let apply = self.storage.apply(op(), &[], &writes, fence).await;
            refused(&format!("a batch with {what}"), apply, ErrorKind::Fenced)?;
        }
        equal("what was there", self.get("kept").await?, Some(Bytes::from("before")))?;
        equal("what was new", self.get("new").await?, None)
    }
}

async fn holder(cx: &Context<'_>) -> Verdict {
    let lock = cx.needs_lock().await?;
    let fence = cx.take(&lock, "one").await?;
    for name in ["a", "d/b"] {
        cx.storage.put(op(), &cx.key(name), Bytes::from("v"), Some(&fence)).await?;
        equal(name, cx.get(name).await?, Some(Bytes::from("v")))?;
    }
    cx.storage.delete(op(), &cx.key("a"), Some(&fence)).await?;
    equal("a deleted key", cx.get("a").await?, None)?;
    if cx.caps.atomic_batch {
        let writes = [Write::Put(cx.key("c"), Bytes::from("v")), Write::Delete(cx.key("d/b"))];
        cx.storage.apply(op(), &[], &writes, Some(&fence)).await?;
        equal("c", cx.get("c").await?, Some(Bytes::from("v")))?;
        equal("d/b", cx.get("d/b").await?, None)?;
    }
    Ok(lock.release(op(), &fence).await?)
}

async fn lost(cx: &Context<'_>) -> Verdict {
    let lock = cx.needs_lock().await?;
    let old = cx.take(&lock, "one").await?;
    let new = cx.moved(&lock, &old, "two").await?;
    cx.all_fenced("the fence of who gave the lock back", &old).await?;
    cx.storage.put(op(), &cx.key("kept"), Bytes::from("two"), Some(&new)).await?;
    lock.release(op(), &new).await?;
    // The same when the lock is not given back and runs out.
    let ttl = cx.factory.lock_ttl();
    let old = taken(&lock, &cx.lock_key(), "three", ttl).await?;
    tokio::time::sleep(ttl).await;
    let new = cx.take(&lock, "four").await?;
    cx.all_fenced("a fence that has run out", &old).await?;
    Ok(lock.release(op(), &new).await?)
}

async fn atomic(cx: &Context<'_>) -> Verdict {
    let lock = cx.needs_lock().await?;
    let mut random = cx.random();
    for round in 0..cx.sized(20, 300) {
        race(cx, &lock, round, &mut random).await?;
    }
    held_up(cx, &lock).await
}

/// Many writers of the old holder go on while the lock moves: after the first write of the new
/// holder none of theirs is seen.
async fn race(
    cx: &Context<'_>,
    lock: &Arc<dyn HaLock>,
    round: usize,
    random: &mut Random,
) -> Verdict {
    let key = cx.key(&format!("race-{round}"));
    let old = cx.take(lock, "old").await?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (storage, key, fence) = (cx.storage.clone(), key.clone(), old.clone());
        let batch = cx.caps.atomic_batch && writer % 2 == 1;
        writers.spawn(write_until_fenced(storage, key, fence, batch));
    }
    tokio::time::sleep(Duration::from_micros(random.below(3_000) as u64)).await;
    let new = cx.moved(lock, &old, "new").await?;
    cx.storage.put(op(), &key, Bytes::from("new"), Some(&new)).await?;
    let want = Some(Bytes::from("new"));
    equal("after the new holder's write", cx.storage.get(op(), &key).await?, want.clone())?;
    while let Some(writer) = writers.join_next().await {
        match writer {
            Ok(Ok(true)) => (),
            Ok(Ok(false)) => return fail("the old holder was not fenced"),
            Ok(Err(error)) => return Err(error.into()),
            Err(error) => return fail(format!("a writer panicked: {error}")),
        }
    }
    equal("after the last of the old writers", cx.storage.get(op(), &key).await?, want)?;
    Ok(lock.release(op(), &new).await?)
}

/// Writes until it is fenced; `false` if that never happens.
async fn write_until_fenced(
    storage: Arc<dyn Storage>,
    key: String,
    fence: Fence,
    batch: bool,
) -> Result<bool> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let value = Bytes::from("old");
        let result = if batch {
            storage.apply(op(), &[], &[Write::Put(key.clone(), value)], Some(&fence)).await
        } else {
            storage.put(op(), &key, value, Some(&fence)).await
        };
        match result {
            Ok(()) => (),
            Err(error) if error.kind == ErrorKind::Fenced => return Ok(true),
            Err(error) if error.retryable || error.kind == ErrorKind::Conflict => (),
            Err(error) => return Err(error),
        }
        tokio::task::yield_now().await;
    }
    Ok(false)
}

/// A write of the old holder is held up on its way until the lock has moved.
async fn held_up(cx: &Context<'_>, lock: &Arc<dyn HaLock>) -> Verdict {
    let Some(network) = cx.factory.network() else { return Ok(()) };
    let proxy = Proxy::start(&network.upstream()).await.map_err(crate::case::broken)?;
    let slow = network.open_at(&proxy.address()).await?;
    let key = cx.key("held-up");
    let old = cx.take(lock, "old").await?;
    slow.put(op(), &key, Bytes::from("old"), Some(&old)).await?;
    proxy.hold();
    let (storage, fence, target) = (slow.clone(), old.clone(), key.clone());
    let late =
        tokio::spawn(
            async move { storage.put(op(), &target, Bytes::from("late"), Some(&fence)).await },
        );
    tokio::time::sleep(Duration::from_millis(200)).await;
    let new = cx.moved(lock, &old, "new").await?;
    cx.storage.put(op(), &key, Bytes::from("new"), Some(&new)).await?;
    proxy.pass();
    match late.await {
        Ok(Ok(())) => {
            return fail("a write that was held up until the lock had moved went through");
        }
        Ok(Err(error)) if error.kind == ErrorKind::Fenced || error.retryable => (),
        Ok(Err(error)) => return Err(error.into()),
        Err(error) => return fail(format!("the writer panicked: {error}")),
    }
    let got = cx.storage.get(op(), &key).await?;
    equal("after the write that was held up", got, Some(Bytes::from("new")))?;
    slow.close().await?;
    Ok(lock.release(op(), &new).await?)
}

async fn unfenced(cx: &Context<'_>) -> Verdict {
    let lock = cx.needs_lock().await?;
    cx.put("before", "v").await?;
    let fence = cx.take(&lock, "one").await?;
    cx.put("k", "v").await?;
    equal("k", cx.get("k").await?, Some(Bytes::from("v")))?;
    cx.delete("k").await?;
    equal("a deleted key", cx.get("k").await?, None)?;
    Ok(lock.release(op(), &fence).await?)
}

async fn forged(cx: &Context<'_>) -> Verdict {
    let lock = cx.needs_lock().await?;
    let fence = cx.take(&lock, "one").await?;
    let token = |text: &str| Fence { token: text.to_owned(), ..fence.clone() };
    let epoch = |epoch: u64| Fence { epoch, ..fence.clone() };
    let other = Fence { lock_key: cx.key("other"), ..fence.clone() };
    for (what, forged) in [
        ("an empty token", token("")),
        ("another token", token("conformance")),
        ("a token with something behind it", token(&format!("{}x", fence.token))),
        ("the next epoch", epoch(fence.epoch.wrapping_add(1))),
        ("the epoch before", epoch(fence.epoch.wrapping_sub(1))),
        ("the fence of another lock", other),
    ] {
        cx.all_fenced(what, &forged).await?;
    }
    cx.storage.put(op(), &cx.key("kept"), Bytes::from("one"), Some(&fence)).await?;
    Ok(lock.release(op(), &fence).await?)
}
