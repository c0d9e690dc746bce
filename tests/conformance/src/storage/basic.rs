//! `S`: single keys.

use std::collections::BTreeMap;

use bytes::Bytes;
use plugin_api::{
    ErrorKind, digest,
    key::{KEY_BYTES_MAX, check_key},
};

use crate::{
    case::{Verdict, ensure, equal, refused, skip},
    storage::{Context, Suite, children, op},
};

pub(super) async fn run(suite: &mut Suite<'_>) {
    suite.case("S01", "a missing key is none, and no error", missing).await;
    suite.case("S02", "deleting a missing key is fine", delete_missing).await;
    suite.case("S03", "what is put is got; empty is not absent", put_get).await;
    suite.case("S04", "a put replaces what was there", overwrite).await;
    suite.case("S05", "a write is seen at once through every handle", handles).await;
    suite.case("S06", "a, a/b and a/b/c live side by side", coexist).await;
    suite.case("S07", "every UTF-8 key is its own key; bad keys are refused", alphabet).await;
    suite.case("S08", "key and value limits hold exactly", limits).await;
    suite.case("S09", "values of every size come back whole", sizes).await;
    suite.case("S10", "the storage says that it is healthy", healthy).await;
}

async fn missing(cx: &Context<'_>) -> Verdict {
    equal("get", cx.get("nothing").await?, None)?;
    equal("get in a missing folder", cx.get("no/such/folder").await?, None)
}

async fn delete_missing(cx: &Context<'_>) -> Verdict {
    cx.delete("nothing").await?;
    cx.delete("no/such/folder").await?;
    equal("the listing", cx.list("").await?, Vec::new())
}

async fn put_get(cx: &Context<'_>) -> Verdict {
    let every_byte: Vec<u8> = (0..=255).collect();
    for (name, value) in [("bytes", every_byte), ("empty", Vec::new()), ("zero", vec![0])] {
        cx.put(name, value.clone()).await?;
        equal(name, cx.get(name).await?, Some(Bytes::from(value)))?;
    }
    cx.delete("empty").await?;
    equal("a deleted empty value", cx.get("empty").await?, None)
}

async fn overwrite(cx: &Context<'_>) -> Verdict {
    for value in ["first", "first", "second, longer", "3"] {
        cx.put("k", value).await?;
        equal("get", cx.get("k").await?, Some(Bytes::from(value)))?;
    }
    cx.delete("k").await?;
    equal("get after delete", cx.get("k").await?, None)
}

async fn handles(cx: &Context<'_>) -> Verdict {
    let Some(second) = cx.factory.second().await? else {
        return skip("the factory gives no second handle");
    };
    let key = cx.key("shared");
    for round in 0..20 {
        let value = Bytes::from(format!("round {round}"));
        let (writer, reader) =
            if round % 2 == 0 { (&cx.storage, &second) } else { (&second, &cx.storage) };
        writer.put(op(), &key, value.clone(), None).await?;
        equal("through the other handle", reader.get(op(), &key).await?, Some(value))?;
    }
    second.delete(op(), &key, None).await?;
    equal("deleted through the other handle", cx.storage.get(op(), &key).await?, None)
}

async fn coexist(cx: &Context<'_>) -> Verdict {
    for name in ["a", "a/b", "a/b/c", "deep/er/and/deep/er"] {
        cx.put(name, name).await?;
    }
    equal("the top", cx.list("").await?, strings(&["a", "a/", "deep/"]))?;
    equal("a/", cx.list("a/").await?, strings(&["b", "b/"]))?;
    cx.delete("a").await?;
    equal("the children stay", cx.get("a/b").await?, Some(Bytes::from("a/b")))?;
    equal("the top without a", cx.list("").await?, strings(&["a/", "deep/"]))?;
    cx.delete("a/b/c").await?;
    equal("a/ without b/", cx.list("a/").await?, strings(&["b"]))?;
    cx.delete("a/b").await?;
    equal("the top without a/", cx.list("").await?, strings(&["deep/"]))?;
    cx.delete("deep/er/and").await?;
    cx.delete("deep/er/and/deep/er").await?;
    equal("nothing is left", cx.list("").await?, Vec::new())
}

async fn alphabet(cx: &Context<'_>) -> Verdict {
    let mut names: Vec<String> = "!\"#$%&'()*+,-.:;<=>?@[\\]^_`{|}~ aAzZ09"
        .chars()
        .chain("ß€𝄞\u{e9}\u{7f}\u{80}\u{200b}\t\n".chars())
        .flat_map(|c| [format!("{c}"), format!("{c}x"), format!("x{c}"), format!("{c}{c}/{c}")])
        .collect();
    // The same text to the eye, upper and lower case, and what storages like to use for themselves.
    let tricky = [
        "e\u{301}",
        "case",
        "CASE",
        "%2F",
        "%2e%2e",
        "%00",
        "...",
        "..x",
        ".x",
        "x..",
        ".tmp",
        "_",
        "_a",
        "_a/b",
        "a",
        "_/a",
        "__/a",
        "%/a",
        "%_a/b",
        "%%a/b",
        "%+a/b",
        "%+a",
        "%",
        "+",
        "con",
        "nul.txt",
        "a.",
        " a ",
        "-rf",
        "~",
        "$HOME",
        "';--",
        "\\u0000",
        "\u{feff}bom",
        "日本",
    ];
    names.extend(tricky.map(str::to_owned));
    names.retain(|name| check_key(name).is_ok());
    let model: BTreeMap<String, Bytes> =
        names.iter().map(|name| (name.clone(), Bytes::from(format!("of {name}")))).collect();
    for (name, value) in &model {
        cx.put(name, value.to_vec()).await?;
    }
    for (name, value) in &model {
        equal(&format!("the key {name:?}"), cx.get(name).await?, Some(value.clone()))?;
    }
    let want = children(model.keys().map(String::as_str), "");
    equal("the listing", cx.list("").await?, want)?;
    for name in model.keys() {
        cx.delete(name).await?;
        equal(&format!("the deleted key {name:?}"), cx.get(name).await?, None)?;
    }
    equal("the listing at the end", cx.list("").await?, Vec::new())?;
    for bad in ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.", "a\0b", "/"] {
        let value = Bytes::from("v");
        refused(bad, cx.storage.get(op(), bad).await, ErrorKind::InvalidArgument)?;
        refused(bad, cx.storage.put(op(), bad, value, None).await, ErrorKind::InvalidArgument)?;
        refused(bad, cx.storage.delete(op(), bad, None).await, ErrorKind::InvalidArgument)?;
    }
    Ok(())
}

async fn limits(cx: &Context<'_>) -> Verdict {
    let (key_max, value_max) = (cx.caps.max_key_bytes, cx.caps.max_value_bytes);
    ensure(key_max <= KEY_BYTES_MAX, || format!("max_key_bytes claims {key_max}"))?;
    // As few segments as can be, as many as can be, and all of wide characters.
    for unit in ["k", "_/", "k/", "é"] {
        for length in [key_max - 1, key_max] {
            let key = long_key(cx, unit, length);
            cx.storage.put(op(), &key, Bytes::from("v"), None).await?;
            equal("a long key", cx.storage.get(op(), &key).await?, Some(Bytes::from("v")))?;
            cx.storage.delete(op(), &key, None).await?;
        }
        let key = long_key(cx, unit, key_max + 1);
        let result = cx.storage.put(op(), &key, Bytes::from("v"), None).await;
        refused("a key over the limit", result, ErrorKind::TooLarge)?;
    }
    for length in [value_max - 1, value_max] {
        let value = Bytes::from(cx.random().bytes(length));
        cx.storage.put(op(), &cx.key("value"), value.clone(), None).await?;
        let got = cx.get("value").await?;
        ensure(got == Some(value), || format!("a value of {length} bytes came back changed"))?;
    }
    let result = cx.put("over", vec![7; value_max + 1]).await;
    refused("a value over the limit", result, ErrorKind::TooLarge)?;
    equal("nothing is stored on refusal", cx.get("over").await?, None)
}

/// A key of exactly `length` bytes in the case's own place, filled with `unit`.
fn long_key(cx: &Context<'_>, unit: &str, length: usize) -> String {
    let mut key = cx.key("");
    while key.len() + unit.len() < length {
        key.push_str(unit);
    }
    while key.len() < length {
        key.push('z');
    }
    key
}

async fn sizes(cx: &Context<'_>) -> Verdict {
    let mut random = cx.random();
    for size in [0, 1, 4_095, 4_096, 65_536, cx.caps.max_value_bytes] {
        let size = size.min(cx.caps.max_value_bytes);
        let value = random.bytes(size);
        cx.put("sized", value.clone()).await?;
        let got = cx.get("sized").await?.unwrap_or_default();
        let same = digest::sha256(&got) == digest::sha256(&value);
        ensure(same, || format!("a value of {size} bytes came back changed"))?;
    }
    Ok(())
}

async fn healthy(cx: &Context<'_>) -> Verdict {
    Ok(cx.storage.health(op()).await?)
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
