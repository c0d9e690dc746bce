//! Wrapping and unwrapping with one key.

use plugin_api::{Blob, ErrorKind, Result, Secret};
use tokio::task::JoinSet;

use super::{Context, Suite, op, opens};
use crate::case::{Verdict, broken, ensure, equal, fail, skip};

/// Plaintexts that every seal takes, in bytes.
const SIZES: [usize; 6] = [1, 16, 32, 64, 1024, 4096];
/// A plaintext that is more than anybody needs.
const HUGE: usize = 1 << 20;

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("K01", "what is wrapped comes back, from 1 to 4096 bytes", sizes).await;
    suite.case("K02", "two wraps of one plaintext differ", differ).await;
    suite.case("K03", "a blob that was changed never opens to something else", changed).await;
    suite.case("K04", "a wrong aad is refused, or aad is ignored; always the same", aad).await;
    suite.case("K05", "the status names the key that wraps, also after a rotation", rotation).await;
    suite.case("K06", "blobs of earlier releases open", golden).await;
    suite.case("K09", "parallel wraps do not mix", parallel).await;
}

async fn sizes(cx: &Context<'_>) -> Verdict {
    let mut random = cx.random();
    for size in SIZES {
        let plaintext = random.bytes(size);
        let blob = cx.wrap(&plaintext, b"aad").await?;
        opens(&cx.seal, &blob, b"aad", &plaintext, &format!("a secret of {size} bytes")).await?;
        let whole = blob.ciphertext.windows(size).any(|part| part == plaintext);
        ensure(size < 16 || !whole, || "the blob holds the plaintext".into())?;
    }
    for (size, kind) in [(0, ErrorKind::InvalidArgument), (HUGE, ErrorKind::TooLarge)] {
        let plaintext = random.bytes(size);
        match cx.wrap(&plaintext, b"").await {
            Ok(blob) => {
                opens(&cx.seal, &blob, b"", &plaintext, &format!("{size} bytes")).await?;
            }
            Err(error) => equal(&format!("{size} bytes"), error.kind, kind)?,
        }
    }
    Ok(())
}

async fn differ(cx: &Context<'_>) -> Verdict {
    let mut seen: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for _ in 0..cx.class.sized(20, 200) {
        let blob = cx.wrap(b"the same secret", b"").await?;
        let pair = (blob.ciphertext, blob.iv);
        ensure(!seen.contains(&pair), || "two blobs of one secret are equal".into())?;
        seen.push(pair);
    }
    Ok(())
}

/// Whether a changed blob was treated as one: it is refused, or opens to what it should.
fn harmless(result: Result<Secret<Vec<u8>>>, want: &[u8]) -> Verdict<bool> {
    match result {
        Err(error) if error.kind == ErrorKind::Panicked => fail("a changed blob is a panic"),
        Err(_) => Ok(true),
        Ok(plaintext) if plaintext.expose() == want => Ok(false),
        Ok(_) => fail("a changed blob opens to something else"),
    }
}

async fn changed(cx: &Context<'_>) -> Verdict {
    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
    let blob = cx.wrap(SECRET, b"aad").await?;
    let mut random = cx.random();
    let bits = (blob.ciphertext.len() + blob.iv.len()) * 8;
    let tried = bits.min(cx.class.sized(128, 4_096));
    for n in 0..tried {
        let bit = if tried == bits { n } else { random.below(bits) };
        let flipped = flip(&blob, bit);
        let result = cx.seal.unwrap(op(), &flipped, b"aad").await;
        let refused = harmless(result, SECRET)?;
        ensure(refused, || format!("flipping bit {bit} of the blob changes nothing"))?;
    }
    for end in [0, 1, blob.ciphertext.len() / 2, blob.ciphertext.len().saturating_sub(1)] {
        let ciphertext = blob.ciphertext.iter().copied().take(end).collect();
        let cut = Blob { ciphertext, ..blob.clone() };
        let refused = harmless(cx.seal.unwrap(op(), &cut, b"aad").await, SECRET)?;
        ensure(refused, || format!("a blob that was cut to {end} bytes opens"))?;
    }
    // A key id is a hint, which a seal may do without; it may not make garbage of it.
    let renamed = Blob { key_id: format!("{}x", blob.key_id), ..blob.clone() };
    harmless(cx.seal.unwrap(op(), &renamed, b"aad").await, SECRET)?;
    let other = Blob { mechanism: blob.mechanism.wrapping_add(1), ..blob.clone() };
    harmless(cx.seal.unwrap(op(), &other, b"aad").await, SECRET)?;
    harmless(cx.seal.unwrap(op(), &Blob::default(), b"aad").await, SECRET)?;
    opens(&cx.seal, &blob, b"aad", SECRET, "the blob as it was").await
}

/// The blob with one bit of its ciphertext or its nonce turned.
fn flip(blob: &Blob, bit: usize) -> Blob {
    let mut flipped = blob.clone();
    let (byte, mask) = (bit / 8, 1_u8 << (bit % 8));
    let place = match byte.checked_sub(blob.ciphertext.len()) {
        None => flipped.ciphertext.get_mut(byte),
        Some(rest) => flipped.iv.get_mut(rest),
    };
    if let Some(place) = place {
        *place ^= mask;
    }
    flipped
}

async fn aad(cx: &Context<'_>) -> Verdict {
    const SECRET: &[u8] = b"a secret with a place";
    let mut binds = None;
    for right in [&b"core/seal"[..], b"", &[0, 255, 1], &[b'x'; 2048]] {
        let blob = cx.wrap(SECRET, right).await?;
        opens(&cx.seal, &blob, right, SECRET, "a secret with its own aad").await?;
        for wrong in [&b"core/seaL"[..], b"", b"\0", &[b'x'; 2047]] {
            if wrong == right {
                continue;
            }
            let bound = harmless(cx.seal.unwrap(op(), &blob, wrong).await, SECRET)?;
            let before = *binds.get_or_insert(bound);
            equal("whether aad is bound", bound, before)?;
        }
    }
    match (cx.factory.binds_aad(), binds) {
        (Some(claimed), Some(found)) => equal("whether aad is bound", found, claimed),
        _ => Ok(()),
    }
}

async fn rotation(cx: &Context<'_>) -> Verdict {
    const SECRET: &[u8] = b"wrapped before the rotation";
    let status = cx.seal.status(op()).await?;
    ensure(status.healthy, || format!("the seal is not healthy: {}", status.detail))?;
    ensure(!status.key_id.is_empty(), || "the key id is empty".into())?;
    let old = cx.wrap(SECRET, b"").await?;
    equal("the key id of the blob", old.key_id.as_str(), status.key_id.as_str())?;
    let Some(rotated) = cx.factory.rotate().await? else { return Ok(()) };
    let after = rotated.status(op()).await?;
    ensure(after.key_id != status.key_id, || "the key id did not change with the key".into())?;
    let new = rotated.wrap(op(), &Secret::new(SECRET.to_vec()), b"").await?;
    equal("the key id of a new blob", new.key_id.as_str(), after.key_id.as_str())?;
    opens(&rotated, &new, b"", SECRET, "a new blob").await?;
    opens(&rotated, &old, b"", SECRET, "a blob from before the rotation").await
}

async fn golden(cx: &Context<'_>) -> Verdict {
    let all = cx.factory.golden();
    if all.is_empty() {
        return skip("the factory has no blobs of earlier releases");
    }
    for golden in all {
        let what = format!("a blob of {}", golden.release);
        opens(&cx.seal, &golden.blob, &golden.aad, &golden.plaintext, &what).await?;
    }
    Ok(())
}

async fn parallel(cx: &Context<'_>) -> Verdict {
    let mut tasks = JoinSet::new();
    for n in 0..cx.class.sized(100, 2_000) {
        let seal = cx.seal.clone();
        tasks.spawn(async move {
            let (secret, aad) = (format!("secret number {n}"), format!("aad {n}"));
            let wrapped = Secret::new(secret.clone().into_bytes());
            let blob = seal.wrap(op(), &wrapped, aad.as_bytes()).await?;
            opens(&seal, &blob, aad.as_bytes(), secret.as_bytes(), &format!("blob {n}")).await
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| broken(format!("a wrap panicked: {error}")))??;
    }
    Ok(())
}
