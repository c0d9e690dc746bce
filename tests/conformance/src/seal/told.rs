//! What a seal tells: settings it does not know, no secrets, how fast it is, and random bytes.

use std::time::{Duration, Instant};

use plugin_api::{Blob, ErrorKind, Secret};

use super::{Context, Suite, op};
use crate::{
    canary::CANARY,
    case::{Verdict, ensure, equal, fail, skip},
};

/// The most random bytes that are asked for at once.
const RANDOM_BYTES: usize = 64;
/// What a wrap and an unwrap may take together.
const PAIR_TIME_MAX: Duration = Duration::from_secs(2);

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("K12", "wrapping and unwrapping keep within two seconds", quick).await;
    suite.case("K13", "an unknown setting is refused by its name", unknown).await;
    suite.case("K14", "random bytes are random, or unsupported", random).await;
    suite.case("K11", "files and variables that were not granted are not read", ungranted).await;
    suite.case("K10", "no error and no line of the log tells a secret", secrets).await;
}

/// The report holds the figures; an unseal should not be noticed at all.
async fn quick(cx: &Context<'_>) -> Verdict {
    let mut slowest = Duration::ZERO;
    for _ in 0..cx.class.sized(20, 500) {
        let start = Instant::now();
        let blob = cx.wrap(b"0123456789abcdef0123456789abcdef", b"").await?;
        cx.seal.unwrap(op(), &blob, b"").await?;
        slowest = slowest.max(start.elapsed());
    }
    ensure(slowest < PAIR_TIME_MAX, || format!("a wrap and an unwrap took {slowest:?}"))
}

async fn random(cx: &Context<'_>) -> Verdict {
    let first = match cx.seal.random(op(), RANDOM_BYTES).await {
        Err(error) if error.kind == ErrorKind::Unsupported => {
            return skip("the seal has no source of random bytes");
        }
        result => result?,
    };
    equal("the length", first.expose().len(), RANDOM_BYTES)?;
    let second = cx.seal.random(op(), RANDOM_BYTES).await?;
    ensure(first != second, || "the same bytes come twice".into())
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

async fn ungranted(cx: &Context<'_>) -> Verdict {
    match cx.factory.open_ungranted().await {
        None => skip("nothing is granted to this seal one by one"),
        Some(Err(_)) => Ok(()),
        Some(Ok(_)) => fail("it opened with what it was not granted"),
    }
}

/// Makes the seal refuse in every way it knows, and looks at all that it has said.
async fn secrets(cx: &Context<'_>) -> Verdict {
    let blob = cx.wrap(CANARY.as_bytes(), CANARY.as_bytes()).await?;
    let mut torn = blob.clone();
    torn.ciphertext.truncate(torn.ciphertext.len() / 2);
    let renamed = Blob { key_id: "no-such-key".into(), ..blob.clone() };
    // Each of these may be refused; the answers are looked at together at the end.
    for blob in [&torn, &renamed, &Blob::default()] {
        let _ = cx.seal.unwrap(op(), blob, CANARY.as_bytes()).await;
    }
    let _ = cx.seal.unwrap(op(), &blob, b"another aad").await;
    let large = Secret::new(CANARY.repeat(1 << 16).into_bytes());
    let _ = cx.seal.wrap(op(), &large, b"").await;
    let status = cx.seal.status(op()).await?;
    let leaks = cx.record.leaks();
    ensure(leaks.is_empty(), || leaks.join("; "))?;
    let logs = cx.factory.surroundings().logs().unwrap_or_default();
    for (what, text) in
        [("the log", &logs), ("the status", &status.detail), ("the key id", &status.key_id)]
    {
        if let Some(secret) = cx.record.canaries().found_in(text) {
            return fail(format!("{what} tells {secret}"));
        }
    }
    Ok(())
}
