//! `L`: listings.

use bytes::Bytes;
use plugin_api::{ErrorKind, Write};

use crate::{
    case::{Verdict, ensure, equal, refused},
    storage::{Context, Suite, children, op, walk},
};

/// Keys whose names and folders sort around the `/`.
const KEYS: [&str; 14] =
    ["a", "a-b", "a.b", "a/b", "a/c/d", "a0", "b/x", "b/y/z", "c", "c!", "c/", "d/1", "e", "é/f"];

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("L01", "a listing has the leaves, and each subtree once", immediate).await;
    suite.case("L02", "a and a/ are both listed", both).await;
    suite.case("L03", "after is exclusive and need not exist", after).await;
    suite.case("L04", "pages of every size make up the whole", pages).await;
    suite.case("L05", "a missing folder is an empty listing", missing).await;
    suite.case("L06", "a prefix without its slash is refused", bad_prefix).await;
    suite.case("L07", "a large folder is listed page by page", large).await;
    suite.case("L08", "pattern characters in a prefix are literal", literal).await;
    suite.case("L09", "what stays is listed once, whatever others write", concurrent).await;
}

/// The valid ones of [`KEYS`], stored.
async fn stored(cx: &Context<'_>) -> Verdict<Vec<&'static str>> {
    let keys: Vec<_> = KEYS.into_iter().filter(|key| !key.ends_with('/')).collect();
    for key in &keys {
        cx.put(key, "v").await?;
    }
    Ok(keys)
}

async fn immediate(cx: &Context<'_>) -> Verdict {
    let keys = stored(cx).await?;
    for folder in ["", "a/", "a/c/", "b/", "b/y/", "é/"] {
        let want = children(keys.iter().copied(), folder);
        equal(folder, cx.list(folder).await?, want)?;
    }
    Ok(())
}

async fn both(cx: &Context<'_>) -> Verdict {
    cx.put("a", "leaf").await?;
    cx.put("a/b", "child").await?;
    equal("the listing", cx.list("").await?, vec!["a".to_owned(), "a/".to_owned()])
}

async fn after(cx: &Context<'_>) -> Verdict {
    let keys = stored(cx).await?;
    let all = children(keys.iter().copied(), "");
    let absent =
        ["!", ".", "a-", "a/0", "a/b", "a/zzz", "b", "b/x", "c/", "zzz", "~", "\u{10ffff}"];
    for after in all.iter().map(String::as_str).chain(absent) {
        let page = cx.storage.list(op(), &cx.prefix, after, 0).await?;
        let want: Vec<String> = all.iter().filter(|name| name.as_str() > after).cloned().collect();
        equal(&format!("after {after:?}"), page.keys, want)?;
    }
    Ok(())
}

async fn pages(cx: &Context<'_>) -> Verdict {
    let keys = stored(cx).await?;
    let all = children(keys.iter().copied(), "");
    for limit in 1..=all.len() + 1 {
        let names = walk(&*cx.storage, &cx.prefix, limit).await?;
        equal(&format!("pages of {limit}"), names, all.clone())?;
    }
    let page = cx.storage.list(op(), &cx.prefix, "", all.len()).await?;
    ensure(!page.more, || "the page that ends with the last name says that there are more".into())
}

async fn missing(cx: &Context<'_>) -> Verdict {
    cx.put("a", "leaf").await?;
    for folder in ["none/", "a/", "no/such/folder/"] {
        equal(folder, cx.list(folder).await?, Vec::new())?;
    }
    Ok(())
}

async fn bad_prefix(cx: &Context<'_>) -> Verdict {
    cx.put("a/b", "v").await?;
    let without = cx.key("a");
    for prefix in [without.as_str(), "/", "//", "a//", "../", "a/../", "./"] {
        let result = cx.storage.list(op(), prefix, "", 0).await;
        refused(prefix, result, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn large(cx: &Context<'_>) -> Verdict {
    let count = cx.sized(3_000, 50_000);
    let names: Vec<String> = (0..count).map(|n| format!("entry-{n:06}")).collect();
    let keys: Vec<String> = names.iter().map(|name| cx.key(name)).collect();
    let chunk = if cx.caps.atomic_batch { cx.caps.max_batch_ops.clamp(1, 500) } else { 1 };
    for some in keys.chunks(chunk) {
        let put = |key: &String| Write::Put(key.clone(), Bytes::from_static(b"v"));
        let writes: Vec<Write> = some.iter().map(put).collect();
        match writes.as_slice() {
            [Write::Put(key, value)] => cx.storage.put(op(), key, value.clone(), None).await?,
            writes => cx.storage.apply(op(), &[], writes, None).await?,
        }
    }
    let got = walk(&*cx.storage, &cx.prefix, 1_000).await?;
    ensure(got == names, || format!("{} names are listed of {count}", got.len()))?;
    if cx.caps.atomic_batch {
        for some in keys.chunks(chunk) {
            let writes: Vec<Write> = some.iter().cloned().map(Write::Delete).collect();
            cx.storage.apply(op(), &[], &writes, None).await?;
        }
    }
    Ok(())
}

async fn literal(cx: &Context<'_>) -> Verdict {
    let folders =
        ["a%", "a_", "a*", "a?", "a[b]", "a.", "a\\", "a'", "a+", "(a)", "^a", "ab", "a|b"];
    for folder in folders {
        cx.put(&format!("{folder}/only"), "v").await?;
    }
    for folder in folders {
        equal(folder, cx.list(&format!("{folder}/")).await?, vec!["only".to_owned()])?;
    }
    Ok(())
}

async fn concurrent(cx: &Context<'_>) -> Verdict {
    let stays: Vec<String> = (0..60).map(|n| format!("stay-{n:03}")).collect();
    for name in &stays {
        cx.put(name, "v").await?;
    }
    let (storage, prefix) = (cx.storage.clone(), cx.prefix.clone());
    let writer = tokio::spawn(async move {
        for n in 0..120 {
            let key = format!("{prefix}stay-{:03}x", n % 60);
            storage.put(op(), &key, Bytes::from_static(b"v"), None).await?;
            storage.delete(op(), &key, None).await?;
        }
        Ok::<(), plugin_api::Error>(())
    });
    for limit in [0, 1, 7, 25, 60] {
        let names = walk(&*cx.storage, &cx.prefix, limit).await?;
        let kept: Vec<String> = names.into_iter().filter(|name| !name.ends_with('x')).collect();
        equal(&format!("what stays, by {limit}"), kept, stays.clone())?;
    }
    match writer.await {
        Ok(result) => Ok(result?),
        Err(error) => crate::case::fail(format!("the writer panicked: {error}")),
    }
}
