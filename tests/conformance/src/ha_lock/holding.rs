//! Taking, keeping, losing and giving up the lock, one node after the other.

use std::{sync::Arc, time::Duration};

use plugin_api::{Acquired, Fence, HaLock, Holder};
use tokio::time::{Instant, sleep};

use super::{Context, Suite, op, taken};
use crate::case::{Verdict, ensure, equal, fail, skip};

/// The longest value that a leader stores.
const VALUE_BYTES: usize = 4096;

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("H01", "a free lock is taken, and its value is there for all", free).await;
    suite.case("H02", "a held lock says who holds it, at once, and is no error", held).await;
    suite.case("H03", "epochs only grow: across release, expiry and restart", epochs).await;
    suite.case("H04", "a holder renews; who has lost the lock never does again", renewal).await;
    suite.case("H05", "release is idempotent, and takes only one's own lock", release).await;
    suite.case("H06", "a lock that is not renewed runs out, and not too soon", expiry).await;
    suite.case("H10", "the value comes back whole, up to 4 KiB", values).await;
}

async fn current(cx: &Context<'_>, lock: &Arc<dyn HaLock>) -> Verdict<Option<Holder>> {
    Ok(lock.current(op(), &cx.key).await?)
}

async fn free(cx: &Context<'_>) -> Verdict {
    equal("the holder of a free lock", current(cx, &cx.lock).await?, None)?;
    let fence = match cx.attempt(&cx.lock, "one").await? {
        Acquired::Acquired(fence) => fence,
        Acquired::Held(holder) => return fail(format!("a free lock is held by {holder:?}")),
    };
    equal("the lock of the fence", fence.lock_key.as_str(), cx.key.as_str())?;
    ensure(!fence.token.is_empty(), || "the fence has an empty token".into())?;
    let holder = Some(Holder { value: "one".into(), epoch: fence.epoch });
    equal("the holder", current(cx, &cx.lock).await?, holder.clone())?;
    equal("the holder, seen by another node", current(cx, &cx.other).await?, holder)?;
    // Another lock is another lock.
    let key = format!("{}-other", cx.key);
    let other = taken(&cx.other, &key, "two", cx.ttl).await?;
    cx.other.release(op(), &other).await?;
    Ok(cx.lock.release(op(), &fence).await?)
}

async fn held(cx: &Context<'_>) -> Verdict {
    let fence = taken(&cx.lock, &cx.key, "one", cx.ttl * 5).await?;
    let start = Instant::now();
    match cx.attempt(&cx.other, "two").await? {
        Acquired::Acquired(_) => return fail("a held lock was handed out again"),
        Acquired::Held(holder) => {
            equal("the holder", holder, Holder { value: "one".into(), epoch: fence.epoch })?;
        }
    }
    let took = start.elapsed();
    ensure(took < cx.ttl.max(Duration::from_secs(1)), || {
        format!("an attempt took {took:?}: it must not wait for the holder")
    })?;
    Ok(cx.lock.release(op(), &fence).await?)
}

async fn epochs(cx: &Context<'_>) -> Verdict {
    let mut last = None;
    let mut seen = Vec::new();
    let mut grows = |fence: &Fence, after: &str| {
        let before = last.replace(fence.epoch);
        let fresh = !seen.contains(&fence.token);
        seen.push(fence.token.clone());
        ensure(before.is_none_or(|before| before < fence.epoch), || {
            format!("after {after} the epoch is {}, before it was {before:?}", fence.epoch)
        })?;
        ensure(fresh, || format!("after {after} a token comes back"))
    };
    for _ in 0..3 {
        let fence = cx.take(&cx.lock, "one").await?;
        grows(&fence, "release")?;
        cx.lock.release(op(), &fence).await?;
        let fence = cx.take(&cx.other, "two").await?;
        grows(&fence, "another node's release")?;
        cx.other.release(op(), &fence).await?;
    }
    // Not renewed and not released: it has to run out.
    grows(&cx.take(&cx.lock, "one").await?, "release")?;
    let fence = cx.take(&cx.other, "two").await?;
    grows(&fence, "expiry")?;
    cx.other.release(op(), &fence).await?;
    let fresh = cx.factory.open().await?;
    match cx.factory.reopen(fresh).await? {
        None => Ok(()),
        Some(again) => {
            let fence = cx.take(&again, "three").await?;
            grows(&fence, "restart")?;
            Ok(again.release(op(), &fence).await?)
        }
    }
}

async fn renewal(cx: &Context<'_>) -> Verdict {
    let fence = cx.take(&cx.lock, "one").await?;
    let start = Instant::now();
    while start.elapsed() < cx.ttl * 2 {
        sleep(cx.ttl / 4).await;
        ensure(cx.lock.renew(op(), &fence, cx.ttl).await?, || "a holder cannot renew".into())?;
        match cx.attempt(&cx.other, "two").await? {
            Acquired::Held(_) => (),
            Acquired::Acquired(_) => return fail("a renewed lock was handed out again"),
        }
    }
    let forged = Fence { token: format!("{}x", fence.token), ..fence.clone() };
    let renewed = cx.other.renew(op(), &forged, cx.ttl).await?;
    ensure(!renewed, || "a forged token renews the lock".into())?;
    let new = cx.take(&cx.other, "two").await?;
    let lost = async |when: &str| {
        let renewed = cx.lock.renew(op(), &fence, cx.ttl).await?;
        ensure(!renewed, || format!("a lost lock is renewed {when}"))
    };
    lost("while another node holds it").await?;
    cx.other.release(op(), &new).await?;
    lost("after the next holder gave it up").await?;
    let again = cx.take(&cx.lock, "one").await?;
    lost("by its old fence after it was taken anew").await?;
    Ok(cx.lock.release(op(), &again).await?)
}

async fn release(cx: &Context<'_>) -> Verdict {
    let long = cx.ttl * 20;
    let fence = taken(&cx.lock, &cx.key, "one", long).await?;
    let forged = Fence { token: format!("{}x", fence.token), ..fence.clone() };
    // Refused or ignored: either way the lock is still held.
    let _ = cx.other.release(op(), &forged).await;
    let holder = current(cx, &cx.other).await?.map(|holder| holder.value);
    equal("the holder after a forged release", holder, Some("one".into()))?;
    cx.lock.release(op(), &fence).await?;
    equal("the holder after release", current(cx, &cx.other).await?, None)?;
    cx.lock.release(op(), &fence).await?;
    let new = taken(&cx.other, &cx.key, "two", long).await?;
    cx.lock.release(op(), &fence).await?;
    let holder = current(cx, &cx.lock).await?.map(|holder| holder.value);
    equal("the holder after the old one's release", holder, Some("two".into()))?;
    Ok(cx.other.release(op(), &new).await?)
}

async fn expiry(cx: &Context<'_>) -> Verdict {
    // A service that counts whole seconds may be early by a part of one.
    let early_max = Duration::from_secs(1).min(cx.ttl / 4);
    for _ in 0..cx.class.sized(2, 20) {
        let asked = Instant::now();
        let old = cx.take(&cx.lock, "one").await?;
        let answered = Instant::now();
        let new = cx.take(&cx.other, "two").await?;
        let held = answered.elapsed();
        ensure(asked.elapsed() + early_max >= cx.ttl, || {
            format!("a lock of {:?} was handed out again after {held:?}", cx.ttl)
        })?;
        let renewed = cx.lock.renew(op(), &old, cx.ttl).await?;
        ensure(!renewed, || "a lock that ran out is renewed".into())?;
        cx.other.release(op(), &new).await?;
    }
    Ok(())
}

async fn values(cx: &Context<'_>) -> Verdict {
    if cx.ttl.is_zero() {
        return skip("the factory gives no time to live");
    }
    let json = r#"{"api_addr":"https://[::1]:8200","quotes":"\" ' \\ %","letters":"äé漢字😀"}"#;
    for value in [String::new(), json.to_owned(), "v".repeat(VALUE_BYTES)] {
        let fence = cx.take(&cx.lock, &value).await?;
        let holder = current(cx, &cx.other).await?.map(|holder| holder.value);
        equal("the value", holder, Some(value))?;
        ensure(cx.lock.renew(op(), &fence, cx.ttl).await?, || "a holder cannot renew".into())?;
        ensure(current(cx, &cx.other).await?.is_some(), || "renewing lost the value".into())?;
        cx.lock.release(op(), &fence).await?;
    }
    Ok(())
}
