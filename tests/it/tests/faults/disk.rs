//! Disks that are full: what cannot be written is refused, what is there is still read.

use serde_json::json;

use super::{holds, mount::Disk, mount_kv, read, write};
use crate::support::{FILE, TestServer};

/// Room for a journal and a small store.
const SMALL: &str = "size=8m";

#[tokio::test]
async fn a_full_disk_refuses_writes_and_serves_reads() {
    let Some(disk) = Disk::mount(SMALL) else { return };
    let config = format!("storage \"file\" {{ path = \"{}/data\" }}\n", disk.path().display());
    let (mut server, root, keys) = TestServer::unsealed(&config).await;
    let mount = json!({"type": "kv", "options": {"version": "2"}});
    assert_eq!(write(&root, "sys/mounts/v2", mount).await, 204);
    mount_kv(&root).await;
    assert_eq!(write(&root, "kv/before", json!({"n": "1"})).await, 204);
    for round in 0..2 {
        let filler = disk.fill();
        for (path, body) in [
            ("kv/before", json!({"n": "2"})),
            ("kv/during", json!({"n": "2"})),
            ("v2/data/during", json!({"data": {"n": "2"}})),
            ("auth/token/create", json!({"id": "made-during"})),
            ("sys/policies/acl/during", json!({"policy": "path \"a\" {}"})),
            ("sys/mounts/during", json!({"type": "kv"})),
            ("sys/rotate", json!({})),
        ] {
            let status = write(&root, path, body).await;
            assert!((500..600).contains(&status), "{path}: {status}");
        }
        assert!(server.log().contains("no space is left for"), "{}", server.log_tail());
        holds(&root, "kv/before", "1").await;
        nothing_of_it(&server, &root).await;
        filler.remove();
        let after = format!("kv/after-{round}");
        assert_eq!(write(&root, &after, json!({"n": "3"})).await, 204);
        holds(&root, &after, "3").await;
        nothing_of_it(&server, &root).await;
    }
    server.restart().await;
    server.unseal(&keys).await;
    for (path, n) in [("kv/before", "1"), ("kv/after-0", "3"), ("kv/after-1", "3")] {
        holds(&root, path, n).await;
    }
    nothing_of_it(&server, &root).await;
}

#[tokio::test]
async fn a_disk_that_is_full_after_some_files_of_a_write_does_no_harm() {
    let Some(disk) = Disk::mount(&format!("{SMALL},nr_inodes=200")) else { return };
    let config = format!("storage \"file\" {{ path = \"{}/data\" }}\n", disk.path().display());
    let (mut server, root, keys) = TestServer::unsealed(&config).await;
    let mount = json!({"type": "kv", "options": {"version": "2"}});
    assert_eq!(write(&root, "sys/mounts/v2", mount).await, 204);
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for room in 0..16 {
        disk.leave_room_for(room);
        let path = format!("v2/data/a{room}/b/c");
        match write(&root, &path, json!({"data": {"n": room}})).await {
            200 => done.push(path),
            500..600 => refused.push(path),
            other => panic!("{path}: {other}"),
        }
        assert_eq!(read(&root, "sys/mounts").await.0, 200, "{room}");
    }
    assert!(refused.len() > 2 && !done.is_empty(), "{refused:?} {done:?}");
    for again in [false, true] {
        if again {
            server.restart().await;
            server.unseal(&keys).await;
        }
        for path in &done {
            assert_eq!(read(&root, path).await.0, 200, "{path}");
        }
        for path in &refused {
            assert_eq!(read(&root, path).await.0, 404, "{path}");
        }
        let listed = root.list("v2/metadata").await.unwrap();
        assert_eq!(listed.len(), done.len(), "{listed:?} {done:?}");
    }
}

/// What was refused has left nothing.
async fn nothing_of_it(server: &TestServer, root: &client::Client) {
    for path in ["kv/during", "v2/data/during", "v2/metadata/during", "sys/policies/acl/during"] {
        assert_eq!(read(root, path).await.0, 404, "{path}");
    }
    let made = server.client(Some("made-during"));
    assert_eq!(read(&made, "auth/token/lookup-self").await.0, 403);
    assert!(!root.list("sys/policies/acl").await.unwrap().contains(&"during".to_owned()));
    let mounts = read(root, "sys/mounts").await.1;
    assert!(mounts.get("during/").is_none(), "{mounts}");
    assert_eq!(read(root, "sys/key-status").await.1["term"], json!(1));
}

#[tokio::test]
async fn a_disk_that_is_full_from_the_start_is_told() {
    let Some(disk) = Disk::mount(SMALL) else { return };
    let filler = disk.fill();
    let path = disk.path().display();
    let storage = format!("storage \"file\" {{ path = \"{path}/data\" }}\n");
    super::start::refused(&storage, &["c.hcl:1: storage \"file\": no space is left", "free some"]);
    filler.remove();
    let (_server, root, _keys) = TestServer::unsealed(&storage).await;
    mount_kv(&root).await;
}

#[tokio::test]
async fn what_cannot_be_audited_is_not_done() {
    let Some(disk) = Disk::mount(SMALL) else { return };
    let path = disk.path().display();
    let audit = format!("audit \"file\" \"main\" {{ options {{ file_path = \"{path}/log\" }} }}\n");
    let (server, root, _keys) = TestServer::unsealed(&format!("{FILE}{audit}")).await;
    mount_kv(&root).await;
    assert_eq!(write(&root, "kv/a", json!({"n": "1"})).await, 204);

    let filler = disk.fill();
    assert_eq!(until_refused(&root).await, 500);
    for path in ["kv/a", "sys/mounts", "auth/token/lookup-self", "nosuch/path"] {
        assert_eq!(read(&root, path).await.0, 500, "{path}");
    }
    assert_eq!(write(&root, "kv/a", json!({"n": "2"})).await, 500);
    assert_eq!(write(&root, "kv/b", json!({"n": "2"})).await, 500);
    // The state of the node is nobody's secret, and is not audited.
    assert_eq!(read(&root, "sys/health").await.0, 200);
    assert!(server.log().contains("an audit device did not take a line"), "{}", server.log_tail());

    filler.remove();
    holds(&root, "kv/a", "1").await;
    assert_eq!(read(&root, "kv/b").await.0, 404);
    assert_eq!(write(&root, "kv/b", json!({"n": "3"})).await, 204);
    every_line_is_whole_or_alone(&disk);
}

/// The last page of the file may have had room left for a few lines.
async fn until_refused(root: &client::Client) -> u16 {
    for _ in 0..100 {
        let status = read(root, "kv/a").await.0;
        if status != 200 {
            return status;
        }
    }
    200
}

/// A line that broke off is the end of its line: it spoils no other.
fn every_line_is_whole_or_alone(disk: &Disk) {
    let text = std::fs::read_to_string(disk.path().join("log")).unwrap();
    let is_whole = |line: &&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
    let broken: Vec<_> = text.lines().filter(|line| !is_whole(line)).collect();
    assert!(broken.len() <= 1, "{broken:?}");
    let last = text.lines().last().unwrap();
    assert!(is_whole(&last) && last.contains("kv/b"), "{last}");
}
