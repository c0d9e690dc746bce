//! `U`: what a storage does not claim, it says so.

use std::time::Duration;

use bytes::Bytes;
use plugin_api::{Check, ErrorKind, Fence, Write};

use crate::{
    case::{Verdict, equal, refused, skip},
    storage::{Context, Suite, op},
};

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("U01", "without atomic_batch, apply is unsupported", batches).await;
    suite.case("U02", "without checks, apply with checks is unsupported", checks).await;
    suite.case("U03", "without fencing, a fenced write is unsupported", fencing).await;
    suite.case("U04", "without changes, changes is unsupported", changes).await;
    suite.case("U05", "the cluster calls are there exactly if claimed", clustered).await;
}

async fn batches(cx: &Context<'_>) -> Verdict {
    if cx.caps.atomic_batch {
        return skip("atomic_batch is claimed");
    }
    let writes = [Write::Put(cx.key("k"), Bytes::from("v"))];
    let result = cx.storage.apply(op(), &[], &writes, None).await;
    refused("apply", result, ErrorKind::Unsupported)?;
    equal("nothing is written", cx.get("k").await?, None)
}

async fn checks(cx: &Context<'_>) -> Verdict {
    if cx.caps.checks {
        return skip("checks is claimed");
    }
    let checks = [Check::Absent(cx.key("other"))];
    let writes = [Write::Put(cx.key("k"), Bytes::from("v"))];
    let result = cx.storage.apply(op(), &checks, &writes, None).await;
    refused("apply with checks", result, ErrorKind::Unsupported)?;
    equal("nothing is written", cx.get("k").await?, None)
}

async fn fencing(cx: &Context<'_>) -> Verdict {
    if cx.caps.fencing {
        return skip("fencing is claimed");
    }
    let fence = Fence { lock_key: "core/lock".into(), token: "conformance".into(), epoch: 1 };
    let key = cx.key("k");
    let put = cx.storage.put(op(), &key, Bytes::from("v"), Some(&fence)).await;
    refused("a fenced put", put, ErrorKind::Unsupported)?;
    let delete = cx.storage.delete(op(), &key, Some(&fence)).await;
    refused("a fenced delete", delete, ErrorKind::Unsupported)?;
    let writes = [Write::Put(key, Bytes::from("v"))];
    let apply = cx.storage.apply(op(), &[], &writes, Some(&fence)).await;
    refused("a fenced batch", apply, ErrorKind::Unsupported)?;
    equal("nothing is written", cx.get("k").await?, None)
}

async fn changes(cx: &Context<'_>) -> Verdict {
    if cx.caps.changes {
        return skip("changes is claimed");
    }
    let result = cx.storage.changes(op(), None, Duration::ZERO).await;
    refused("changes", result, ErrorKind::Unsupported)
}

async fn clustered(cx: &Context<'_>) -> Verdict {
    equal("the cluster calls", cx.storage.clustered().is_some(), cx.caps.clustered)
}
