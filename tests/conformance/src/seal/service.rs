//! A seal whose service is away, or whose key was disabled.

use std::time::Duration;

use plugin_api::{ErrorKind, Op, Secret};
use tokio::time::{Instant, sleep, timeout};

use super::{Context, Suite, op, opens};
use crate::{
    Proxy,
    case::{Verdict, broken, ensure, equal, fail, skip},
};

/// How soon a status must show that the service is away.
const NOTICE: Duration = Duration::from_secs(30);
/// How soon a seal must work again once its service does.
const RECOVERY: Duration = Duration::from_secs(5);
const SECRET: &[u8] = b"wrapped while all was well";

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("K07", "a service that goes away and comes back is found again", away).await;
    suite.case("K08", "a disabled key is permission_denied and not healthy", disabled).await;
}

async fn away(cx: &Context<'_>) -> Verdict {
    let Some(network) = cx.factory.network() else {
        return skip("the seal has no service behind a network");
    };
    let proxy = Proxy::start(&network.upstream()).await.map_err(broken)?;
    let seal = network.open_at(&proxy.address()).await?;
    let blob = seal.wrap(op(), &Secret::new(SECRET.to_vec()), b"").await?;
    proxy.down();
    let brief = || Op::within(Duration::from_secs(3));
    let Ok(result) = timeout(NOTICE, seal.unwrap(brief(), &blob, b"")).await else {
        return fail("unwrapping hangs when the service is away");
    };
    match result {
        Ok(_) => return skip("the seal unwraps without its service"),
        Err(error) => ensure(
            matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Timeout) && error.retryable,
            || format!("got {:?} (retryable: {})", error.kind, error.retryable),
        )?,
    }
    let healthy = timeout(NOTICE, seal.status(brief())).await;
    if let Ok(Ok(status)) = healthy {
        ensure(!status.healthy, || "the seal says that it is healthy".into())?;
    }
    proxy.pass();
    let back = Instant::now();
    while let Err(error) = opens(&seal, &blob, b"", SECRET, "the blob").await {
        ensure(back.elapsed() < RECOVERY, || format!("not usable after the service: {error:?}"))?;
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn disabled(cx: &Context<'_>) -> Verdict {
    let blob = cx.wrap(SECRET, b"").await?;
    if !cx.factory.disable(true).await? {
        return skip("the runner cannot disable the key");
    }
    let unwrapped = cx.seal.unwrap(op(), &blob, b"").await;
    let wrapped = cx.wrap(SECRET, b"").await;
    let status = cx.seal.status(op()).await;
    cx.factory.disable(false).await?;
    for (what, error) in [("unwrap", unwrapped.err()), ("wrap", wrapped.err())] {
        let kind = error.map(|error| error.kind);
        equal(what, kind, Some(ErrorKind::PermissionDenied))?;
    }
    ensure(!status.is_ok_and(|status| status.healthy), || "the seal says it is healthy".into())?;
    opens(&cx.seal, &blob, b"", SECRET, "a blob, with the key enabled again").await
}
