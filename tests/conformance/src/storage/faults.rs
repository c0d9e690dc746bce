//! `F`: what a storage does when its network fails. The suite's proxy stands in between.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use plugin_api::{Error, ErrorKind, Op, Result, Storage, Write};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    Direction, Network, Proxy, Random,
    canary::Canaries,
    case::{Verdict, broken, ensure, equal, fail, skip},
    storage::{Context, Suite, op},
};

/// How long a call may take here.
const BUDGET: Duration = Duration::from_secs(3);
/// How much later than its deadline a call may end.
const LATE_MAX: Duration = Duration::from_millis(250);
/// How soon a storage must work again once its service does.
const RECOVERY: Duration = Duration::from_secs(5);
/// What counts as hanging.
const HANG: Duration = Duration::from_secs(30);
/// A password that is wrong, and that nobody should read in an error.
const WRONG_PASSWORD: &str = "canary-wrong-password-81f2";

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("F01", "a service that is down at opening is an error, soon", down_at_open).await;
    suite.case("F02", "a service that goes down and comes back is found again", down_later).await;
    suite.case("F03", "a service that never answers is a timeout at the deadline", silence).await;
    suite.case("F04", "a slow network is only slow", slow).await;
    suite.case("F05", "a cut at any byte leaves all or nothing, and honest answers", cuts).await;
    suite.case("F06", "a wrong password is refused and not repeated", denied).await;
    suite.case("F07", "a certificate of another name is refused", misnamed).await;
    suite.case("F08", "there are never more connections than promised", budget).await;
    suite.case("F09", "calls given up at any moment leave a usable handle", given_up).await;
}

/// The storage behind a proxy.
struct Wire<'a> {
    network: &'a dyn Network<dyn Storage>,
    proxy: Proxy,
    storage: Arc<dyn Storage>,
}

fn network<'a>(cx: &'a Context<'_>) -> Verdict<&'a dyn Network<dyn Storage>> {
    match cx.factory.network() {
        Some(network) => Ok(network),
        None => skip("the storage has no service behind a network"),
    }
}

async fn wire<'a>(cx: &'a Context<'_>) -> Verdict<Wire<'a>> {
    let network = network(cx)?;
    let proxy = Proxy::start(&network.upstream()).await.map_err(broken)?;
    let storage = network.open_at(&proxy.address()).await?;
    storage.put(op(), &cx.key("warm"), Bytes::from("v"), None).await?;
    Ok(Wire { network, proxy, storage })
}

fn brief() -> Op {
    Op::within(BUDGET)
}

/// The case fails unless the call was refused because the service is out of reach.
fn unreachable<T>(what: &str, result: Result<T>) -> Verdict {
    match result {
        Ok(_) => fail(format!("{what}: it went through, and the service is down")),
        Err(Error {
            kind: ErrorKind::Unavailable | ErrorKind::Timeout, retryable: true, ..
        }) => Ok(()),
        Err(error) => fail(format!(
            "{what}: got {:?} (retryable: {}), want unavailable or timeout, retryable",
            error.kind, error.retryable
        )),
    }
}

async fn down_at_open(cx: &Context<'_>) -> Verdict {
    let network = network(cx)?;
    // A port that was free a moment ago: nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(broken)?;
    let address = listener.local_addr().map_err(broken)?.to_string();
    drop(listener);
    let opened = timeout(HANG, network.open_at(&address)).await;
    let Ok(opened) = opened else { return fail(format!("opening hangs for {HANG:?}")) };
    match opened {
        Err(error) if error.kind == ErrorKind::ConfigInvalid => {
            fail("a service that is down is no wrong setting: want unavailable")
        }
        Err(_) => Ok(()),
        // It may also connect at the first call.
        Ok(storage) => match timeout(HANG, storage.get(brief(), &cx.key("k"))).await {
            Ok(result) => unreachable("the first call", result),
            Err(_elapsed) => fail("the first call hangs"),
        },
    }
}

async fn down_later(cx: &Context<'_>) -> Verdict {
    let Wire { proxy, storage, .. } = wire(cx).await?;
    for round in 0..cx.sized(3, 30) {
        let value = Bytes::from(round.to_string());
        storage.put(op(), &cx.key("k"), value.clone(), None).await?;
        proxy.down();
        for _ in 0..2 {
            unreachable("get", storage.get(brief(), &cx.key("k")).await)?;
            unreachable("list", storage.list(brief(), &cx.prefix, "", 0).await)?;
            unreachable("put", storage.put(brief(), &cx.key("other"), value.clone(), None).await)?;
        }
        proxy.pass();
        let back = Instant::now();
        while storage.get(brief(), &cx.key("k")).await.ok() != Some(Some(value.clone())) {
            let waited = back.elapsed();
            ensure(waited < RECOVERY, || format!("not usable {waited:?} after the service"))?;
            sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

async fn silence(cx: &Context<'_>) -> Verdict {
    const DEADLINE: Duration = Duration::from_secs(1);
    let Wire { proxy, storage, .. } = wire(cx).await?;
    let (mut verdict, key) = (Ok(()), cx.key("k"));
    // A busy machine may be late once; a storage that is wrong is late each time.
    for _ in 0..3 {
        proxy.black_hole();
        let start = Instant::now();
        let call = storage.get(Op::within(DEADLINE), &key);
        let result = timeout(HANG / 3, call).await;
        let took = start.elapsed();
        verdict = match result {
            Err(_elapsed) => fail("the call hangs"),
            Ok(Ok(_)) => fail("an answer came out of nothing"),
            Ok(Err(error)) if error.kind != ErrorKind::Timeout => {
                fail(format!("got {:?}, want timeout", error.kind))
            }
            Ok(Err(_)) => {
                ensure(took + LATE_MAX >= DEADLINE && took <= DEADLINE + LATE_MAX, || {
                    format!("a deadline of {DEADLINE:?} ended the call after {took:?}")
                })
            }
        };
        proxy.down();
        proxy.pass();
        if verdict.is_ok() || start.elapsed() > DEADLINE * 2 {
            break;
        }
    }
    verdict
}

async fn slow(cx: &Context<'_>) -> Verdict {
    let Wire { proxy, storage, .. } = wire(cx).await?;
    proxy.drip(Duration::from_millis(1));
    let value = Bytes::from(vec![b'x'; 200]);
    storage.put(op(), &cx.key("k"), value.clone(), None).await?;
    equal("through the drip", storage.get(op(), &cx.key("k")).await?, Some(value))
}

async fn cuts(cx: &Context<'_>) -> Verdict {
    let wire = wire(cx).await?;
    let mut random = cx.random();
    let all: Vec<usize> = match cx.sized(0, 1) {
        0 => (0..40).map(|_| random.below(400)).chain([0, 1]).collect(),
        _ => (0..800).collect(),
    };
    for (round, bytes) in all.into_iter().enumerate() {
        let way = if round % 4 == 3 { Direction::Down } else { Direction::Up };
        let bytes = if way == Direction::Down { bytes % 32 } else { bytes };
        cut(cx, &wire, (round, way, bytes)).await?;
    }
    Ok(())
}

/// One write that is cut off; afterwards it is there as a whole or not at all, and not there if the
/// answer said so.
async fn cut(
    cx: &Context<'_>,
    wire: &Wire<'_>,
    (round, way, bytes): (usize, Direction, usize),
) -> Verdict {
    let Wire { proxy, storage, .. } = wire;
    let keys = [cx.key(&format!("{round}/a")), cx.key(&format!("{round}/b"))];
    let value = Bytes::from(format!("round {round}"));
    usable(cx, storage).await?;
    proxy.cut_after(way, bytes);
    let result = if cx.caps.atomic_batch {
        let writes = keys.clone().map(|key| Write::Put(key, value.clone()));
        storage.apply(brief(), &[], &writes, None).await
    } else {
        let [first, _] = &keys;
        storage.put(brief(), first, value.clone(), None).await
    };
    proxy.pass();
    usable(cx, storage).await?;
    let wanted = if cx.caps.atomic_batch { keys.len() } else { 1 };
    let mut there = 0;
    for key in &keys {
        // Read past the proxy: another connection must see what was committed.
        there += usize::from(cx.storage.get(op(), key).await? == Some(value.clone()));
    }
    let place = format!("cut after {bytes} bytes {way:?}, seed {}", cx.seed);
    match result {
        _ if there != 0 && there != wanted => {
            fail(format!("{there} of {wanted} writes are there ({place})"))
        }
        Ok(()) if there == 0 => fail(format!("an acknowledged write is not there ({place})")),
        Err(error) if there > 0 && !error.maybe_applied => fail(format!(
            "the write is there, and its error {:?} is not marked maybe_applied ({place})",
            error.kind
        )),
        _ => Ok(()),
    }
}

/// Waits until the storage answers again.
async fn usable(cx: &Context<'_>, storage: &Arc<dyn Storage>) -> Verdict {
    let start = Instant::now();
    while let Err(error) = storage.get(brief(), &cx.key("warm")).await {
        ensure(start.elapsed() < RECOVERY, || format!("not usable after a cut: {error}"))?;
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn denied(cx: &Context<'_>) -> Verdict {
    let network = network(cx)?;
    let Some(opened) = network.open_denied(&network.upstream(), WRONG_PASSWORD).await else {
        return skip("the service asks for no password");
    };
    let result = match opened {
        Err(error) => Err(error),
        Ok(storage) => storage.get(brief(), &cx.key("k")).await.map(|_| ()),
    };
    match result {
        Ok(()) => fail("a wrong password was accepted"),
        Err(error)
            if Canaries::new(vec![WRONG_PASSWORD.into()]).found_in(&error.message).is_some() =>
        {
            fail("the error repeats the password")
        }
        Err(error) => equal("the error", error.kind, ErrorKind::Unauthenticated),
    }
}

async fn misnamed(cx: &Context<'_>) -> Verdict {
    let network = network(cx)?;
    let Some(opened) = network.open_misnamed(&network.upstream()).await else {
        return skip("the service is reached without TLS");
    };
    match opened {
        Err(_) => Ok(()),
        Ok(storage) => match storage.get(brief(), &cx.key("k")).await {
            Err(_) => Ok(()),
            Ok(_) => fail("a certificate of another name was accepted"),
        },
    }
}

async fn budget(cx: &Context<'_>) -> Verdict {
    let Wire { network, proxy, storage } = wire(cx).await?;
    let Some(most) = network.connections_max() else {
        return skip("the factory promises no number of connections");
    };
    let mut readers = JoinSet::new();
    for n in 0..200 {
        let (storage, key) = (storage.clone(), cx.key(&format!("k{n}")));
        readers.spawn(async move { storage.get(op(), &key).await.map(|_| ()) });
    }
    while let Some(ended) = readers.join_next().await {
        ended.map_err(|error| broken(format!("a reader panicked: {error}")))??;
    }
    let peak = proxy.peak();
    ensure(peak <= most, || format!("{peak} connections were open at once, {most} are promised"))
}

async fn given_up(cx: &Context<'_>) -> Verdict {
    let Wire { proxy, storage, .. } = wire(cx).await?;
    let mut random = Random::new(cx.seed);
    for n in 0..cx.sized(200, 5_000) {
        let moment = Duration::from_micros(random.below(800) as u64);
        let key = cx.key(&format!("k{}", n % 7));
        let put = storage.put(op(), &key, Bytes::from(n.to_string()), None);
        // Dropping the call is the point; how it would have ended is not.
        let _ = timeout(moment, put).await;
    }
    usable(cx, &storage).await?;
    storage.put(op(), &cx.key("k"), Bytes::from("last"), None).await?;
    equal("after all", storage.get(op(), &cx.key("k")).await?, Some(Bytes::from("last")))?;
    let (open, peak) = (proxy.connections(), proxy.peak());
    ensure(open <= 64, || format!("{open} connections are left open (at most {peak} at once)"))
}
