//! `B`: atomic batches and their checks. `B06` and `B10` of the catalogue are not part of the
//! contract (there are no listing checks, and no transactions to roll back).

use bytes::Bytes;
use plugin_api::{Check, ErrorKind, Result, Write, digest};
use tokio::task::JoinSet;

use crate::{
    case::{Verdict, ensure, equal, fail, refused, skip},
    storage::{Context, Suite, op},
};

/// The files that one batch writes in B07.
const FILES: usize = 25;

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("B01", "a refused batch writes nothing", all_or_nothing).await;
    suite.case("B02", "the last write of a key wins", order).await;
    suite.case("B03", "every check must hold", checks).await;
    suite.case("B04", "checked increments lose no update", counter).await;
    suite.case("B05", "of two batches that check each other's key one commits", skew).await;
    suite.case("B07", "readers never see a part of a batch", whole).await;
    suite.case("B08", "batches over the limits are refused", limits).await;
    suite.case("B09", "an empty batch, and a batch of checks only", empty).await;
}

impl Context<'_> {
    async fn apply(&self, checks: &[Check], writes: &[Write]) -> Result<()> {
        self.storage.apply(op(), checks, writes, None).await
    }

    fn write(&self, name: &str, value: &str) -> Write {
        Write::Put(self.key(name), Bytes::copy_from_slice(value.as_bytes()))
    }

    fn absent(&self, name: &str) -> Check {
        Check::Absent(self.key(name))
    }

    fn value_is(&self, name: &str, value: &str) -> Check {
        Check::ValueIs(self.key(name), digest::sha256(value.as_bytes()))
    }

    fn needs_batches(&self) -> Verdict {
        if self.caps.atomic_batch { Ok(()) } else { skip("atomic_batch is not claimed") }
    }

    fn needs_checks(&self) -> Verdict {
        self.needs_batches()?;
        if self.caps.checks { Ok(()) } else { skip("checks is not claimed") }
    }
}

async fn all_or_nothing(cx: &Context<'_>) -> Verdict {
    cx.needs_batches()?;
    cx.apply(&[], &[cx.write("a", "1"), cx.write("d/b", "2"), cx.write("d/c", "3")]).await?;
    equal("d/c", cx.get("d/c").await?, Some(Bytes::from("3")))?;
    equal("d/", cx.list("d/").await?, vec!["b".to_owned(), "c".to_owned()])?;
    let large = Write::Put(cx.key("e"), Bytes::from(vec![0; cx.caps.max_value_bytes + 1]));
    let result = cx.apply(&[], &[cx.write("a", "x"), Write::Delete(cx.key("d/b")), large]).await;
    refused("a batch with a value that is too large", result, ErrorKind::TooLarge)?;
    let bad = Write::Put("a//b".into(), Bytes::new());
    let result = cx.apply(&[], &[cx.write("a", "x"), bad]).await;
    refused("a batch with a bad key", result, ErrorKind::InvalidArgument)?;
    equal("a", cx.get("a").await?, Some(Bytes::from("1")))?;
    equal("d/b", cx.get("d/b").await?, Some(Bytes::from("2")))?;
    equal("e", cx.get("e").await?, None)
}

async fn order(cx: &Context<'_>) -> Verdict {
    cx.needs_batches()?;
    cx.put("gone", "v").await?;
    let gone = || Write::Delete(cx.key("gone"));
    let kept = || Write::Delete(cx.key("kept"));
    let writes = [
        cx.write("k", "1"),
        cx.write("gone", "2"),
        gone(),
        kept(),
        cx.write("kept", "4"),
        cx.write("k", "5"),
    ];
    cx.apply(&[], &writes).await?;
    equal("k", cx.get("k").await?, Some(Bytes::from("5")))?;
    equal("gone", cx.get("gone").await?, None)?;
    equal("kept", cx.get("kept").await?, Some(Bytes::from("4")))
}

async fn checks(cx: &Context<'_>) -> Verdict {
    cx.needs_checks()?;
    cx.put("is", "1").await?;
    cx.put("empty", "").await?;
    // The checks, and whether they hold.
    let cases = [
        (vec![cx.absent("none")], true),
        (vec![cx.absent("is")], false),
        (vec![cx.absent("empty")], false),
        (vec![cx.value_is("is", "1")], true),
        (vec![cx.value_is("is", "2")], false),
        (vec![cx.value_is("none", "1")], false),
        (vec![cx.value_is("none", "")], false),
        (vec![cx.value_is("empty", "")], true),
        (vec![cx.absent("none"), cx.value_is("is", "1")], true),
        (vec![cx.absent("none"), cx.value_is("is", "2")], false),
        (vec![cx.absent("is"), cx.value_is("is", "1")], false),
    ];
    for (n, (checks, holds)) in cases.iter().enumerate() {
        let name = format!("out/{n}");
        let result = cx.apply(checks, &[cx.write(&name, "v"), cx.write("out/same", "v")]).await;
        if *holds {
            result?;
        } else {
            refused(&format!("{checks:?}"), result, ErrorKind::Conflict)?;
        }
        equal(&format!("written by {n}"), cx.get(&name).await?.is_some(), *holds)?;
    }
    Ok(())
}

async fn counter(cx: &Context<'_>) -> Verdict {
    cx.needs_checks()?;
    cx.put("counter", "0").await?;
    let mut clients = JoinSet::new();
    let (count, each) = (cx.sized(16, 64), cx.sized(4, 16));
    for _ in 0..count {
        let (storage, key) = (cx.storage.clone(), cx.key("counter"));
        clients.spawn(async move {
            let mut done = 0;
            while done < each {
                let value = storage.get(op(), &key).await?.unwrap_or_default();
                let number: usize = std::str::from_utf8(&value).unwrap_or("").parse().unwrap_or(0);
                let checks = [Check::ValueIs(key.clone(), digest::sha256(&value))];
                let writes = [Write::Put(key.clone(), Bytes::from((number + 1).to_string()))];
                match storage.apply(op(), &checks, &writes, None).await {
                    Ok(()) => done += 1,
                    Err(error) if error.kind == ErrorKind::Conflict => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        });
    }
    joined(clients).await?;
    equal("the counter", cx.get("counter").await?, Some(Bytes::from((count * each).to_string())))
}

async fn skew(cx: &Context<'_>) -> Verdict {
    cx.needs_checks()?;
    for round in 0..cx.sized(50, 500) {
        let (left, right) = (format!("{round}/left"), format!("{round}/right"));
        let (check_right, check_left) = ([cx.absent(&right)], [cx.absent(&left)]);
        let (write_left, write_right) = ([cx.write(&left, "v")], [cx.write(&right, "v")]);
        let (one, other) =
            tokio::join!(cx.apply(&check_right, &write_left), cx.apply(&check_left, &write_right),);
        ensure(one.is_ok() != other.is_ok(), || format!("both or none: {one:?}, {other:?}"))?;
        let both = (cx.get(&left).await?.is_some(), cx.get(&right).await?.is_some());
        equal("what is stored", both, (one.is_ok(), other.is_ok()))?;
    }
    Ok(())
}

async fn whole(cx: &Context<'_>) -> Verdict {
    cx.needs_batches()?;
    let mut writers = JoinSet::new();
    let rounds = cx.sized(20, 100);
    let (storage, prefix) = (cx.storage.clone(), cx.prefix.clone());
    writers.spawn(async move {
        for _ in 0..rounds {
            let name = |n: usize| format!("{prefix}set/{n:02}");
            let put: Vec<_> = (0..FILES).map(|n| Write::Put(name(n), Bytes::from("v"))).collect();
            storage.apply(op(), &[], &put, None).await?;
            let delete: Vec<_> = (0..FILES).map(|n| Write::Delete(name(n))).collect();
            storage.apply(op(), &[], &delete, None).await?;
        }
        Ok(())
    });
    let (storage, prefix) = (cx.storage.clone(), cx.prefix.clone());
    writers.spawn(async move {
        for round in 0..rounds {
            let value = Bytes::from(format!("{round:06}"));
            let put = |name: &str| Write::Put(format!("{prefix}{name}"), value.clone());
            storage.apply(op(), &[], &[put("pair/a"), put("pair/b")], None).await?;
        }
        Ok(())
    });
    while !writers.is_empty() {
        while let Some(writer) = writers.try_join_next() {
            finished(writer)?;
        }
        let page = cx.storage.list(op(), &cx.key("set/"), "", 0).await?;
        let seen = page.keys.len();
        ensure(seen == 0 || seen == FILES, || format!("a listing sees {seen} of {FILES} writes"))?;
        // `a` is read first: what is read of `b` may be newer, and must not be older.
        let (a, b) = (cx.get("pair/a").await?, cx.get("pair/b").await?);
        ensure(a <= b, || format!("after {a:?} in one key, {b:?} in the other"))?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn limits(cx: &Context<'_>) -> Verdict {
    cx.needs_batches()?;
    const BATCH_TESTED_MAX: usize = 256 << 20;
    let (ops, bytes) = (cx.caps.max_batch_ops, cx.caps.max_batch_bytes);
    ensure(ops > 0 && bytes > 0, || "batches of nothing are claimed".into())?;
    let delete = |n: usize| Write::Delete(cx.key(&n.to_string()));
    if ops <= 1_000_000 {
        let writes: Vec<Write> = (0..=ops).map(delete).collect();
        refused("one write too many", cx.apply(&[], &writes).await, ErrorKind::TooLarge)?;
    }
    let value = Bytes::from(vec![7; cx.caps.max_value_bytes.min(bytes)]);
    let over = bytes / value.len().max(1) + 1;
    if bytes > BATCH_TESTED_MAX || over > ops {
        return Ok(());
    }
    let put = |n: usize| Write::Put(cx.key(&format!("large/{n}")), value.clone());
    let writes: Vec<Write> = (0..over).map(put).collect();
    refused("too many bytes", cx.apply(&[], &writes).await, ErrorKind::TooLarge)?;
    equal("nothing is stored on refusal", cx.list("large/").await?, Vec::new())?;
    let fit: usize = writes
        .iter()
        .map(Write::bytes)
        .scan(0, |sum, size| {
            *sum += size;
            Some(*sum)
        })
        .take_while(|sum| *sum <= bytes)
        .count();
    cx.apply(&[], writes.get(..fit).unwrap_or_default()).await?;
    equal("a batch within the limit", cx.list("large/").await?.len(), fit)
}

async fn empty(cx: &Context<'_>) -> Verdict {
    cx.needs_batches()?;
    cx.apply(&[], &[]).await?;
    cx.needs_checks()?;
    cx.put("is", "1").await?;
    cx.apply(&[cx.value_is("is", "1"), cx.absent("none")], &[]).await?;
    let result = cx.apply(&[cx.absent("is")], &[]).await;
    refused("a check that does not hold", result, ErrorKind::Conflict)
}

async fn joined(mut tasks: JoinSet<Result<()>>) -> Verdict {
    while let Some(task) = tasks.join_next().await {
        finished(task)?;
    }
    Ok(())
}

fn finished(task: Result<Result<()>, tokio::task::JoinError>) -> Verdict {
    match task {
        Ok(result) => Ok(result?),
        Err(error) => fail(format!("a client panicked: {error}")),
    }
}
