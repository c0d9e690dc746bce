//! `D`: what was acknowledged outlives the handle. The runner's hook drops it without closing.

use std::sync::Arc;

use bytes::Bytes;
use plugin_api::{Storage, Write};

use crate::{
    case::{Verdict, ensure, equal, skip},
    storage::{Place, Suite, op, walk},
};

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case_of_handles("D01", "acknowledged writes outlive a dropped handle", dropped).await;
    suite
        .case_of_handles("D02", "acknowledged batches outlive a dropped handle, whole", batches)
        .await;
    suite.case_of_handles("D03", "a closed storage opens again with everything", closed).await;
}

/// What the hook makes of the handle: it must be the last one, or the storage is still open.
async fn crash(cx: &Place<'_>, storage: Arc<dyn Storage>) -> Verdict<Arc<dyn Storage>> {
    match cx.factory.reopen(storage).await? {
        Some(storage) => Ok(storage),
        None => skip("the factory cannot reopen: nothing outlives a handle"),
    }
}

async fn dropped(cx: &Place<'_>, storage: Arc<dyn Storage>) -> Verdict {
    let mut storage = crash(cx, storage).await?;
    for round in 0..10 {
        let value = Bytes::from(format!("round {round}"));
        storage.put(op(), &cx.key("k"), value.clone(), None).await?;
        storage.put(op(), &cx.key(&format!("old/{round}")), value.clone(), None).await?;
        if round > 0 {
            storage.delete(op(), &cx.key(&format!("old/{}", round - 1)), None).await?;
        }
        storage = crash(cx, storage).await?;
        equal("k", storage.get(op(), &cx.key("k")).await?, Some(value))?;
        let names = walk(&*storage, &cx.key("old/"), 0).await?;
        equal("old/", names, vec![round.to_string()])?;
    }
    Ok(())
}

async fn batches(cx: &Place<'_>, storage: Arc<dyn Storage>) -> Verdict {
    if !cx.caps.atomic_batch {
        return skip("atomic_batch is not claimed");
    }
    let mut storage = crash(cx, storage).await?;
    for round in 0..10 {
        let value = Bytes::from(vec![b'x'; 100 * round]);
        let name = |n: usize| cx.key(&format!("{}/{n}", n % 3));
        let writes: Vec<Write> = (0..30).map(|n| Write::Put(name(n), value.clone())).collect();
        storage.apply(op(), &[], &writes, None).await?;
        storage = crash(cx, storage).await?;
        for n in 0..30 {
            let whole = storage.get(op(), &name(n)).await?.as_ref() == Some(&value);
            ensure(whole, || format!("key {n} of batch {round} is not what was written"))?;
        }
    }
    Ok(())
}

async fn closed(cx: &Place<'_>, storage: Arc<dyn Storage>) -> Verdict {
    let storage = crash(cx, storage).await?;
    storage.put(op(), &cx.key("k"), Bytes::from("v"), None).await?;
    storage.close().await?;
    let storage = crash(cx, storage).await?;
    equal("k", storage.get(op(), &cx.key("k")).await?, Some(Bytes::from("v")))
}
