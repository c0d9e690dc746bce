//! SIGHUP: certificates, audit files and the log level, without a restart.

use std::fs;

use client::InitRequest;
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{certificate, mount_kv, status};
use crate::support::{FILE, TestServer};

#[tokio::test]
async fn a_new_certificate_is_shown_after_a_reload() {
    let folder = TempDir::new().unwrap();
    let first = certificate::issue(folder.path(), 0x11);
    let server = TestServer::secured(folder, FILE).await;
    let old_client = server.client(None);
    assert!(old_client.seal_status().await.is_ok());
    assert!(certificate::shows(&server, &first).await);

    let second = certificate::issue(server.folder(), 0x22);
    assert!(certificate::shows(&server, &first).await, "nobody has asked for it yet");
    server.reload().await;
    assert!(certificate::shows(&server, &second).await);
    assert!(!certificate::shows(&server, &first).await);
    assert!(server.client(None).seal_status().await.is_ok());
    // Connections that are open go on.
    assert!(old_client.seal_status().await.is_ok());

    // With broken files the certificate stays, and the log says which file it is.
    fs::write(server.folder().join("key.pem"), "no key").unwrap();
    server.reload().await;
    assert!(certificate::shows(&server, &second).await);
    let log = server.log();
    assert!(log.contains("the old certificate stays") && log.contains("key.pem"), "{log}");
}

#[tokio::test]
async fn an_audit_file_that_was_moved_away_is_made_anew() {
    let config = format!(
        "{FILE}audit \"file\" \"main\" {{ options {{ file_path = \"{{folder}}/audit.log\" }} }}\n"
    );
    let (server, root, _keys) = TestServer::unsealed(&config).await;
    mount_kv(&root).await;
    let (now, old) = (server.folder().join("audit.log"), server.folder().join("audit.1"));
    root.write("kv/before", &json!({"n": 1})).await.unwrap();
    fs::rename(&now, &old).unwrap();
    // Until somebody says so, lines go to the file that was moved: none is lost.
    root.write("kv/between", &json!({"n": 1})).await.unwrap();
    server.reload().await;
    root.write("kv/after", &json!({"n": 1})).await.unwrap();
    let (now, old) = (fs::read_to_string(now).unwrap(), fs::read_to_string(old).unwrap());
    for (path, file) in [("kv/before", &old), ("kv/between", &old), ("kv/after", &now)] {
        let lines = file.matches(&format!("\"path\":\"{path}\"")).count();
        assert_eq!(lines, 2, "{path}: a line for the request, one for the answer\n{file}");
    }
    assert!(!now.contains("kv/between") && !old.contains("kv/after"));
}

/// Clear text on a TLS listener is worth a line at the level `debug`.
async fn speaks_clear_text(server: &TestServer) {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(b"GET /v1/sys/health HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("HTTPS"), "{answer}");
}

#[tokio::test]
async fn the_log_level_is_read_again() {
    const LINE: &str = "clear text on a TLS listener";
    let folder = TempDir::new().unwrap();
    certificate::issue(folder.path(), 1);
    let server = TestServer::secured(folder, &format!("{FILE}log_level = \"info\"\n")).await;
    let keys = server.client(None).init(&InitRequest::shamir(1, 1)).await.unwrap();
    server.unseal(&keys).await;
    speaks_clear_text(&server).await;
    assert!(!server.log().contains(LINE));
    let config = fs::read_to_string(server.config()).unwrap();
    fs::write(server.config(), config.replace("\"info\"", "\"debug\"")).unwrap();
    server.reload().await;
    speaks_clear_text(&server).await;
    server.logged(LINE).await;
    // A file that cannot be read changes nothing.
    fs::write(server.config(), config.replace("\"info\"", "\"loud\"")).unwrap();
    server.reload().await;
    assert!(server.log().contains("log_level: must be trace, debug"), "{}", server.log());
    assert_eq!(status(&server.client(Some(&keys.root_token)), "sys/mounts").await, 200);
}
