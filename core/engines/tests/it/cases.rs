//! What the recorded calls leave open, case by case.

use engines::path::PATH_BYTES_MAX;
use jiff::SignedDuration;
use logical::{
    Operation,
    Operation::{Delete, List, Patch, Read, Scan, Update},
};
use serde_json::{Value, json};

use crate::door::Mount;

/// Makes a request and looks at the status and at one part of the body.
async fn check(mount: &Mount, ask: (Operation, &str, Value), status: u16, at: &str, want: Value) {
    let (operation, path, data) = ask;
    let seen = mount.ask(operation, path, data).await;
    assert_eq!(seen.status, status, "{operation:?} {path}: {:?}", seen.body);
    let body = seen.body.unwrap_or_default();
    let got = body.pointer(at).unwrap_or(&Value::Null);
    assert_eq!(*got, want, "{operation:?} {path} at {at}");
}

async fn write(mount: &Mount, path: &str, data: Value) {
    let seen = mount.ask(Update, path, data).await;
    assert!(seen.status < 300, "{path}: {seen:?}");
}

#[tokio::test]
async fn older_versions_keep_their_data() {
    let m = Mount::kv("2");
    let big = json!({"n": serde_json::from_str::<Value>("12345678901234567890.10").unwrap()});
    write(&m, "data/a", json!({"data": big})).await;
    for i in 2..=4 {
        write(&m, "data/a", json!({"data": {"i": i}})).await;
    }
    check(&m, (Read, "data/a", json!({"version": 1})), 200, "/data/data", big).await;
    check(&m, (Read, "data/a", json!({"version": 3})), 200, "/data/data/i", json!(3)).await;
    check(&m, (Read, "data/a", json!({"version": 4})), 200, "/data/data/i", json!(4)).await;
    check(&m, (Read, "data/a", json!({})), 200, "/data/data/i", json!(4)).await;
    // A destroyed current version is not brought back by the next write.
    check(&m, (Update, "destroy/a", json!({"versions": [4, 2]})), 204, "", Value::Null).await;
    write(&m, "data/a", json!({"data": {"i": 5}})).await;
    check(&m, (Read, "data/a", json!({"version": 4})), 404, "/data/data", Value::Null).await;
    check(&m, (Read, "data/a", json!({"version": 2})), 404, "/data/data", Value::Null).await;
    check(&m, (Read, "data/a", json!({"version": 3})), 200, "/data/data/i", json!(3)).await;
    check(&m, (Delete, "metadata/a", json!({})), 204, "", Value::Null).await;
    assert_eq!(m.memory.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn a_read_of_the_current_version_is_one_read_of_the_store() {
    let m = Mount::kv("2");
    write(&m, "data/a/b", json!({"data": {"i": 1}})).await;
    write(&m, "data/a/b", json!({"data": {"i": 2}})).await;
    m.memory.take_reads();
    check(&m, (Read, "data/a/b", json!({})), 200, "/data/data/i", json!(2)).await;
    assert_eq!(m.memory.take_reads(), 1);
}

#[tokio::test]
async fn versions_of_nested_paths_do_not_meet() {
    let m = Mount::kv("2");
    for path in ["a", "a/1", "a/1/2"] {
        for i in 1..=3 {
            write(&m, &format!("data/{path}"), json!({"data": {"at": format!("{path}.{i}")}}))
                .await;
        }
    }
    for path in ["a", "a/1", "a/1/2"] {
        for i in 1..=3 {
            let read = (Read, &*format!("data/{path}"), json!({"version": i}));
            check(&m, read, 200, "/data/data/at", json!(format!("{path}.{i}"))).await;
        }
    }
}

#[tokio::test]
async fn dropped_versions_leave_nothing() {
    let m = Mount::kv("2");
    write(&m, "config", json!({"max_versions": 2})).await;
    for i in 1..=5 {
        write(&m, "data/a", json!({"data": {"i": i}})).await;
    }
    assert_eq!(m.memory.keys(), ["config", "keys/a", "versions/a/4"]);
    check(&m, (Read, "metadata/a", json!({})), 200, "/data/oldest_version", json!(4)).await;
    // A number below zero keeps all.
    write(&m, "config", json!({"max_versions": -1})).await;
    for i in 6..=30 {
        write(&m, "data/a", json!({"data": {"i": i}})).await;
    }
    check(&m, (Read, "data/a", json!({"version": 4})), 200, "/data/data/i", json!(4)).await;
}

#[tokio::test]
async fn the_sooner_deletion_counts() {
    let mut m = Mount::kv("2");
    write(&m, "config", json!({"delete_version_after": "10s"})).await;
    write(&m, "metadata/soon", json!({"delete_version_after": "5s"})).await;
    write(&m, "metadata/late", json!({"delete_version_after": "1h"})).await;
    for path in ["data/soon", "data/late", "data/plain"] {
        write(&m, path, json!({"data": {}})).await;
    }
    write(&m, "config", json!({"delete_version_after": -1})).await;
    let off = json!("-1s");
    check(&m, (Read, "config", json!({})), 200, "/data/delete_version_after", off).await;
    write(&m, "metadata/never", json!({"delete_version_after": "1s"})).await;
    write(&m, "data/never", json!({"data": {}})).await;
    m.now += SignedDuration::from_secs(5);
    check(&m, (Read, "data/soon", json!({})), 404, "/data/data", Value::Null).await;
    check(&m, (Read, "data/late", json!({})), 200, "/data/data", json!({})).await;
    check(&m, (Read, "data/never", json!({})), 200, "/data/data", json!({})).await;
    m.now += SignedDuration::from_secs(5);
    check(&m, (Read, "data/late", json!({})), 404, "/data/data", Value::Null).await;
    check(&m, (Read, "data/plain", json!({})), 404, "/data/data", Value::Null).await;
    // Bringing it back takes the end of its time away.
    write(&m, "undelete/plain", json!({"versions": 1})).await;
    m.now += SignedDuration::from_hours(99);
    check(&m, (Read, "data/plain", json!({})), 200, "/data/data", json!({})).await;
}

#[tokio::test]
async fn metadata_settings() {
    let m = Mount::kv("2");
    check(&m, (Update, "metadata/a", json!({})), 204, "", Value::Null).await;
    check(&m, (Read, "metadata/a", json!({})), 404, "/errors", json!([])).await;
    let pairs = json!({"custom_metadata": {"x": "1"}, "max_versions": 3});
    write(&m, "metadata/a", pairs).await;
    check(&m, (Patch, "metadata/a", json!({"custom_metadata": null})), 204, "", Value::Null).await;
    check(&m, (Read, "metadata/a", json!({})), 200, "/data/custom_metadata", Value::Null).await;
    check(&m, (Read, "metadata/a", json!({})), 200, "/data/max_versions", json!(3)).await;
    let negative = (Patch, "metadata/a", json!({"delete_version_after": -1}));
    check(&m, negative, 400, "/data", Value::Null).await;
    write(&m, "config", json!({"metadata_cas_required": true})).await;
    check(&m, (Patch, "metadata/a", json!({"max_versions": 1})), 400, "/data", Value::Null).await;
    let named = (Patch, "metadata/a", json!({"max_versions": 1, "metadata_cas": 2}));
    check(&m, named, 204, "", Value::Null).await;
    // A secret with settings and no version has nothing to patch, and exists for a policy.
    check(&m, (Patch, "data/a", json!({"data": {"k": 1}})), 404, "", Value::Null).await;
}

#[tokio::test]
async fn paths_that_are_no_keys() {
    let longest = "x".repeat(PATH_BYTES_MAX);
    let longer = "x".repeat(PATH_BYTES_MAX + 1);
    for (m, data, list) in [
        (Mount::kv("1"), "", ""),
        (Mount::kv("2"), "data/", "metadata/"),
        (Mount::of(engines::cubbyhole::open()), "", ""),
    ] {
        let body = json!({"data": {"k": "v"}});
        for bad in ["a//b", "a/../b", "./a", "a\0b", &longer] {
            let (at, folder) = (format!("{data}{bad}"), format!("{list}{bad}"));
            for operation in [Read, Delete, Update] {
                check(&m, (operation, &at, body.clone()), 400, "/data", Value::Null).await;
            }
            check(&m, (List, &folder, json!({})), 400, "/data", Value::Null).await;
        }
        let at = format!("{data}{longest}");
        write(&m, &at, body.clone()).await;
        write(&m, &at, body).await;
        assert_eq!(m.ask(Read, &at, json!({})).await.status, 200);
    }
}

#[tokio::test]
async fn scans_in_pages() {
    let m = Mount::kv("2");
    for path in ["a", "b/x", "b/y", "c"] {
        write(&m, &format!("data/{path}"), json!({"data": {}})).await;
    }
    let page = |after: &str| (Scan, "metadata/", json!({"after": after, "limit": "2"}));
    check(&m, page(""), 200, "/data/keys", json!(["a", "c"])).await;
    check(&m, page("c"), 200, "/data/keys", json!(["b/x", "b/y"])).await;
    check(&m, page("b/y"), 200, "/data", json!({})).await;
}

#[tokio::test]
async fn times_are_named_only_where_no_secret_has_their_name() {
    let m = Mount::kv("2");
    write(&m, "data/a", json!({"data": {"k": "v"}})).await;
    write(&m, "data/b", json!({"data": {"l": [{"created_time": "a password"}]}})).await;
    for (path, want) in [("data/a", true), ("data/b", false), ("metadata/b", true)] {
        let (response, _) = m.call("cubby1", Read, path, logical::Data::new()).await;
        assert_eq!(response.unwrap().times.contains(&"created_time"), want, "{path}");
    }
}

#[tokio::test]
async fn a_corrupt_entry_is_named_and_not_shown() {
    let m = Mount::kv("2");
    logical::View::put(&m.memory, "keys/a", "{\"created\": \"hunter2\"}".into()).unwrap();
    let (result, _) = m.call("cubby1", Read, "data/a", logical::Data::new()).await;
    let error = result.expect_err("a corrupt entry");
    assert_eq!(error.code, logical::Code::Internal);
    let source = error.source.expect("a cause").to_string();
    assert!(source.contains("keys/a") && !source.contains("hunter2"), "{source}");
}

#[tokio::test]
async fn cubbyholes_end_with_their_tokens() {
    let m = Mount::of(engines::cubbyhole::open());
    for (id, path) in [("t1", "a"), ("t1", "b/c/d"), ("t2", "a"), ("t11", "a")] {
        assert_eq!(m.ask_as(id, Update, path, json!({"k": id})).await.status, 204);
    }
    engines::cubbyhole::wipe(&m.memory, "t1").await.unwrap();
    assert_eq!(m.memory.keys(), ["t11/a", "t2/a"]);
    engines::cubbyhole::wipe(&m.memory, "").await.unwrap();
    assert_eq!(m.memory.keys().len(), 2);
    // A batch token has none.
    assert_eq!(m.ask_as("", Read, "a", json!({})).await.status, 400);
}

#[tokio::test]
async fn wrapped_answers_are_better_unwrapped() {
    let mut m = Mount::of(engines::cubbyhole::open());
    for path in ["response", "other"] {
        assert_eq!(m.ask(Update, path, json!({"response": "{}"})).await.status, 204);
    }
    for (policy, path, warns) in [
        ("response-wrapping", "response", true),
        ("response-wrapping", "other", false),
        ("default", "response", false),
    ] {
        m.policies = vec![policy.to_owned()];
        let (response, _) = m.call("cubby1", Read, path, logical::Data::new()).await;
        assert_eq!(!response.unwrap().warnings.is_empty(), warns, "{policy} {path}");
    }
}

#[test]
fn versions_of_the_engine() {
    let check = |version: Option<&str>, exists| {
        let options = version.map(|v| ("version".to_owned(), v.to_owned())).into_iter().collect();
        assert_eq!(engines::kv::open(&options).is_ok(), exists, "{version:?}");
    };
    check(None, true);
    check(Some("1"), true);
    check(Some("2"), true);
    check(Some("3"), false);
    check(Some("v2"), false);
}
