//! Partitions, restarts and clocks: the holder learns in time that it is none any more.

use std::time::Duration;

use plugin_api::{Acquired, Op};
use tokio::time::{Instant, timeout};

use super::{Context, Suite, op};
use crate::{
    Proxy,
    case::{Verdict, broken, ensure, fail, skip},
};

/// How much later than its deadline a renewal may end.
const LATE_MAX: Duration = Duration::from_millis(250);

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("H09", "a holder that is cut off learns it within two thirds of the ttl", cut).await;
    suite.case("H11", "a restarted service keeps the lock or drops it safely", restarted).await;
    suite.case("H12", "clocks that differ hand out no lock twice", clocks).await;
}

async fn cut(cx: &Context<'_>) -> Verdict {
    let Some(network) = cx.factory.network() else {
        return skip("the lock has no service behind a network");
    };
    let proxy = Proxy::start(&network.upstream()).await.map_err(broken)?;
    let lock = network.open_at(&proxy.address()).await?;
    let fence = cx.take(&lock, "one").await?;
    proxy.black_hole();
    let budget = cx.ttl * 2 / 3;
    let start = Instant::now();
    let renewed = timeout(budget * 3, lock.renew(Op::within(budget), &fence, cx.ttl)).await;
    let took = start.elapsed();
    match renewed {
        Err(_elapsed) => fail("renewing hangs when the service is out of reach"),
        Ok(Ok(true)) => fail("a renewal succeeded without the service"),
        Ok(Ok(false) | Err(_)) => ensure(took <= budget + LATE_MAX, || {
            format!("the holder learned it after {took:?} of a ttl of {:?}", cx.ttl)
        }),
    }
}

async fn restarted(cx: &Context<'_>) -> Verdict {
    let old = cx.take(&cx.lock, "one").await?;
    if !cx.factory.surroundings().restart().await? {
        return skip("the runner cannot restart the service");
    }
    let new = cx.take(&cx.other, "two").await?;
    ensure(new.epoch > old.epoch, || {
        format!("the epoch went from {} to {} with a restart", old.epoch, new.epoch)
    })?;
    let renewed = cx.lock.renew(op(), &old, cx.ttl).await?;
    ensure(!renewed, || {
        "who held the lock before the restart renews it beside the new one".into()
    })?;
    Ok(cx.other.release(op(), &new).await?)
}

async fn clocks(cx: &Context<'_>) -> Verdict {
    let around = cx.factory.surroundings();
    for seconds in [30, -60, 30] {
        let fence = cx.take(&cx.lock, "one").await?;
        if !around.shift_clock(seconds).await? {
            cx.lock.release(op(), &fence).await?;
            return skip("the runner cannot set the clock");
        }
        if let Acquired::Acquired(_) = cx.attempt(&cx.other, "two").await? {
            return fail(format!("a clock {seconds} s off hands out a held lock"));
        }
        cx.lock.release(op(), &fence).await?;
    }
    Ok(())
}
