//! Servers that cannot start: each ends with 1 and one sentence that says where and what to do.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use client::InitRequest;
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::{
    mount::Disk,
    tree::{Harm, entry},
};
use crate::support::{FILE, TestServer, serve};

const LISTENER: &str = "listener \"tcp\" { address = \"127.0.0.1:0\" tls_disable = true }\n";
const INMEM: &str = "storage \"inmem\" {}\n";
/// How long a server may take to see that it cannot start.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a server with this configuration, and a listener if it has none; it must end with these
/// pieces, in this order, in one sentence on standard error. `{home}` is a folder of its own.
pub(super) fn refused(config: &str, pieces: &[&str]) {
    refused_in(&TempDir::new().unwrap(), config, pieces);
}

/// The same in a folder that holds something already.
fn refused_in(home: &TempDir, config: &str, pieces: &[&str]) {
    let listener = if config.contains("listener") { "" } else { LISTENER };
    let filled = |text: &str| text.replace("{home}", &home.path().display().to_string());
    let file = home.path().join("c.hcl");
    fs::write(&file, filled(config) + listener).unwrap();
    let mut child = serve(&file)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{config}\n{said}");
    assert_eq!(said.lines().count(), 1, "{config}\n{said}");
    let mut rest: &str = &said;
    for piece in pieces {
        let piece = filled(piece);
        let behind = rest.split_once(&piece).map(|(_, behind)| behind);
        rest = behind.unwrap_or_else(|| panic!("{piece:?} is not in its place\n{config}\n{said}"));
    }
}

#[test]
fn stanzas() {
    let storage = |settings: &str| format!("\nstorage \"file\" {{\n{settings}\n}}\n");
    refused(
        &storage("path = \"{home}/data\"\ncolour = \"red\""),
        &[
            "{home}/c.hcl:2: storage \"file\": the setting \"colour\" is not known here",
            "remove it",
        ],
    );
    refused(&storage(""), &["{home}/c.hcl:2: ", "the setting \"path\" is missing", "set it"]);
    refused(&storage("path = \"\""), &["{home}/c.hcl:2: ", "\"path\" is empty; name the folder"]);
    refused(
        "storage \"flie\" {}\n",
        &["{home}/c.hcl:1: provider not found: storage \"flie\"", "file", "name one of these"],
    );
    refused(
        &format!("{INMEM}seal \"statik\" {{}}\n"),
        &["{home}/c.hcl:2: provider not found: seal \"statik\"", "static", "name one of these"],
    );
    refused(
        &format!("{INMEM}seal \"static\" {{ current_key_id = \"a\" current_key = \"short\" }}\n"),
        &["{home}/c.hcl:2: seal \"static\": ", "\"current_key\" must be 32 bytes"],
    );
    refused(
        &format!("{INMEM}storage \"inmem\" {{}}\n"),
        &["{home}/c.hcl:2: a second storage stanza", "c.hcl:1", "keep one"],
    );
}

#[test]
fn paths_of_the_storage() {
    let storage = |path: &str| format!("storage \"file\" {{ path = \"{path}\" }}\n");
    for path in ["{home}/c.hcl", "{home}/c.hcl/below"] {
        refused(&storage(path), &["c.hcl:1: storage \"file\": ", "not a folder; give a folder"]);
    }
    let wanted =
        ["c.hcl:1: storage \"file\": no permission to ", "give the server's user the right"];
    // Nobody forbids root anything, but for a file system that cannot be written.
    if let Some(disk) = Disk::mount("ro") {
        refused(&storage(&disk.path().display().to_string()), &wanted);
        refused(&storage(&format!("{}/new", disk.path().display())), &wanted);
    } else {
        let folder = TempDir::new().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        refused(&storage(&folder.path().display().to_string()), &wanted);
    }
}

#[test]
fn addresses() {
    let occupied = TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = |address: &str| {
        format!("{INMEM}listener \"tcp\" {{ address = \"{address}\" tls_disable = true }}\n")
    };
    let address = occupied.local_addr().unwrap().to_string();
    refused(
        &listener(&address),
        &["{home}/c.hcl:2: listener: cannot listen on", &address, "another process", "stop it"],
    );
    refused(
        &listener("203.0.113.1:8200"),
        &["{home}/c.hcl:2: listener: cannot listen on 203.0.113.1:8200", "address of this machine"],
    );
}

/// Writes a certificate and its key.
fn issue(folder: &Path, name: &str) {
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    fs::write(folder.join(format!("{name}.crt")), made.pem()).unwrap();
    fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

#[test]
fn certificates() {
    let home = TempDir::new().unwrap();
    issue(home.path(), "one");
    issue(home.path(), "other");
    let text = fs::read_to_string(home.path().join("one.crt")).unwrap();
    let garbled = |kind: &str| format!("-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n");
    for (name, content) in [
        ("empty", String::new()),
        ("half", text[..text.len() / 2].to_owned()),
        ("rubbish", "rubbish".to_owned()),
        ("garbled.crt", garbled("CERTIFICATE")),
        ("garbled.key", garbled("PRIVATE KEY")),
    ] {
        fs::write(home.path().join(name), content).unwrap();
    }
    for (cert, key, problem, deed) in [
        ("missing", "one.key", "cannot read tls_cert_file \"{home}/missing\"", "check the path"),
        ("one.crt", "missing", "cannot read tls_key_file \"{home}/missing\"", "check the path"),
        ("", "one.key", "cannot read tls_cert_file \"{home}/\"", "check the path"),
        ("empty", "one.key", "tls_cert_file \"{home}/empty\" holds no certificate", "name a file"),
        ("half", "one.key", "tls_cert_file \"{home}/half\" holds no certificate", "name a file"),
        ("rubbish", "one.key", "tls_cert_file \"{home}/rubbish\" holds no", "name a file"),
        ("one.key", "one.key", "tls_cert_file \"{home}/one.key\" holds no", "name a file"),
        ("one.crt", "rubbish", "tls_key_file \"{home}/rubbish\" holds no private", "name a file"),
        ("one.crt", "one.crt", "tls_key_file \"{home}/one.crt\" holds no private", "name a file"),
        ("garbled.crt", "one.key", "tls_cert_file \"{home}/garbled.crt\" cannot", "put a sound"),
        ("one.crt", "garbled.key", "tls_key_file \"{home}/garbled.key\" cannot", "put a sound"),
        ("one.crt", "other.key", "tls_key_file \"{home}/other.key\" does not belong", "first"),
    ] {
        let config = format!(
            "{INMEM}listener \"tcp\" {{\n address = \"127.0.0.1:0\"\n \
             tls_cert_file = \"{{home}}/{cert}\"\n tls_key_file = \"{{home}}/{key}\"\n}}\n"
        );
        refused_in(&home, &config, &["{home}/c.hcl:2: listener: ", problem, deed]);
    }
}

#[tokio::test]
async fn a_second_server_on_a_store_is_refused_and_the_first_goes_on() {
    let (mut server, root, _keys) = TestServer::unsealed(FILE).await;
    let store = format!("{}/data", server.folder().display());
    let config = format!("storage \"file\" {{ path = \"{store}\" }}\n");
    let pieces = [&format!("c.hcl:1: storage \"file\": the folder {store} is in use"), "stop that"];
    let pieces: Vec<&str> = pieces.iter().map(AsRef::as_ref).collect();
    refused(&config, &pieces);
    super::mount_kv(&root).await;
    assert!(server.stop().success());
    let next = TestServer::with_config(&config).await;
    assert!(next.client(None).seal_status().await.unwrap().initialized);
}

#[tokio::test]
async fn a_store_that_is_not_what_the_configuration_says() {
    let mut server = TestServer::with_config(FILE).await;
    server.client(None).init(&InitRequest::shamir(1, 1)).await.unwrap();
    assert!(server.stop().success());
    let store = server.folder().join("data");
    let config = format!("storage \"file\" {{ path = \"{}\" }}\n", store.display());
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    refused(
        &format!("{config}seal \"static\" {{ current_key_id = \"a\" current_key = \"{key}\" }}\n"),
        &["{home}/c.hcl:1: ", "sealed by \"shamir\"", "says \"static\": put the stanza"],
    );
    let path = entry(&store, "seal-config");
    let before = Harm::Halved.befall(&path);
    refused(&config, &["{home}/c.hcl:1: ", "\"core/seal-config\" is corrupt", "from a backup"]);
    fs::write(path, before).unwrap();

    let layout = store.join("_/layout");
    let before = fs::read(&layout).unwrap();
    fs::write(&layout, "layout 99\n").unwrap();
    refused(&config, &["{home}/c.hcl:1: ", "the layout \"layout 99\"", "use a newer one"]);
    fs::write(layout, before).unwrap();

    let journal = store.join("_/journal");
    let before = fs::read(&journal).unwrap();
    fs::write(&journal, &before[before.len() - 100..]).unwrap();
    refused(&config, &["{home}/c.hcl:1: ", "_/journal is corrupt", "from a backup"]);
    fs::write(journal, before).unwrap();
    server.start_again().await;
    assert!(server.client(None).seal_status().await.unwrap().initialized);
}

#[test]
fn a_configuration_that_is_not_there() {
    let output = Command::new(crate::support::binary())
        .args(["server", "-config=/nosuch/c.hcl"])
        .env_clear()
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("/nosuch/c.hcl") && said.contains("check the path"), "{said}");
}
