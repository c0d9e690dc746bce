//! TLS, HTTP/2, certificates of clients.

use std::{fs, path::Path};

use config::{ClientCertificates, Tls, TlsVersion};
use rcgen::{CertificateParams, Issuer, KeyPair, SerialNumber};
use reqwest::{Certificate, Client, Identity, Version};
use tempfile::TempDir;

use super::{HealthState, Scene, Settings, scene};

struct Keys {
    dir: TempDir,
    ca: String,
    client: String,
}

fn keys() -> Keys {
    let dir = TempDir::new().unwrap();
    let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = Issuer::new(ca, ca_key);
    let issue = |name: &str, serial: &[u8]| {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from_slice(serial));
        params.signed_by(&key, &issuer).unwrap().pem()
    };
    let key_pem = key.serialize_pem();
    fs::write(dir.path().join("cert.pem"), issue("localhost", &[1])).unwrap();
    fs::write(dir.path().join("key.pem"), &key_pem).unwrap();
    fs::write(dir.path().join("ca.pem"), &ca_pem).unwrap();
    let client = issue("client", &[0x0a, 0xbc]) + &key_pem;
    Keys { dir, ca: ca_pem, client }
}

async fn secured(dir: &Path, change: impl FnOnce(Tls) -> Tls) -> Scene {
    let tls = change(Tls {
        cert_file: dir.join("cert.pem"),
        key_file: dir.join("key.pem"),
        min_version: TlsVersion::Tls12,
        max_version: TlsVersion::Tls13,
        cipher_suites: Vec::new(),
        client_certificates: ClientCertificates::Ignored,
        client_ca_file: None,
        auto_reload: None,
    });
    scene(HealthState::Active, Settings { tls: Some(tls), ..Settings::default() }).await
}

fn client(keys: &Keys, identity: bool) -> reqwest::ClientBuilder {
    let ca = Certificate::from_pem(keys.ca.as_bytes()).unwrap();
    let builder = Client::builder().tls_certs_only([ca]).no_proxy();
    let identity = identity.then(|| Identity::from_pem(keys.client.as_bytes()).unwrap());
    match identity {
        Some(identity) => builder.identity(identity),
        None => builder,
    }
}

fn url(scene: &Scene, path: &str) -> String {
    format!("https://localhost:{}/v1/{path}", scene.server.address().port())
}

#[tokio::test]
async fn both_versions_of_http() {
    let keys = keys();
    let scene = secured(keys.dir.path(), |tls| tls).await;
    let got = client(&keys, false).build().unwrap().get(url(&scene, "kv/a")).send().await.unwrap();
    assert_eq!((got.version(), got.status().as_u16()), (Version::HTTP_2, 200));
    assert_eq!(got.headers()["cache-control"], "no-store");
    let h1 = client(&keys, false).http1_only().build().unwrap();
    let got = h1.get(url(&scene, "kv/a")).send().await.unwrap();
    assert_eq!((got.version(), got.status().as_u16()), (Version::HTTP_11, 200));
    let h2 = client(&keys, false).build().unwrap();
    let got = h2.head(url(&scene, "denied")).send().await.unwrap();
    assert_eq!(got.status().as_u16(), 403);
    let got = h2.put(url(&scene, "kv/a")).body("{\"a\":1}").send().await.unwrap();
    assert!(got.text().await.unwrap().contains("\"data\":{\"a\":1}"));
}

#[tokio::test]
async fn clear_text_is_told_what_is_wrong() {
    let keys = keys();
    let scene = secured(keys.dir.path(), |tls| tls).await;
    let got = scene.raw(b"GET /v1/sys/health HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(got.ends_with("Client sent an HTTP request to an HTTPS server.\n"), "{got}");
}

#[tokio::test]
async fn certificates_of_clients() {
    let keys = keys();
    let ca = keys.dir.path().join("ca.pem");
    let with = |client_certificates| {
        let client_ca_file = Some(ca.clone());
        move |tls: Tls| Tls { client_certificates, client_ca_file, ..tls }
    };
    for (asked, anonymous, shown) in [
        (ClientCertificates::Ignored, true, "null"),
        (ClientCertificates::Requested, true, "\"0a:bc\""),
        (ClientCertificates::Required, false, "\"0a:bc\""),
    ] {
        let scene = secured(keys.dir.path(), with(asked)).await;
        let without = client(&keys, false).build().unwrap();
        let got = without.get(url(&scene, "kv/a")).send().await;
        assert_eq!(got.is_ok(), anonymous, "{asked:?}");
        let got = client(&keys, true).build().unwrap().get(url(&scene, "kv/a")).send().await;
        let text = got.unwrap().text().await.unwrap();
        assert!(text.contains(&format!("\"serial\":{shown}")), "{text}");
    }
}

#[tokio::test]
async fn old_versions_are_refused() {
    let keys = keys();
    let new = |tls: Tls| Tls { min_version: TlsVersion::Tls13, ..tls };
    let scene = secured(keys.dir.path(), new).await;
    let old = client(&keys, false).tls_version_max(reqwest::tls::Version::TLS_1_2);
    assert!(old.build().unwrap().get(url(&scene, "kv/a")).send().await.is_err());
    let now = client(&keys, false).build().unwrap();
    assert!(now.get(url(&scene, "kv/a")).send().await.is_ok());
}

#[tokio::test]
async fn certificates_are_loaded_again_for_new_connections() {
    let (keys, others) = (keys(), keys());
    let scene = secured(keys.dir.path(), |tls| tls).await;
    for file in ["cert.pem", "key.pem"] {
        fs::copy(others.dir.path().join(file), keys.dir.path().join(file)).unwrap();
    }
    let new = client(&others, false).build().unwrap();
    assert!(new.get(url(&scene, "kv/a")).send().await.is_err());
    scene.server.reload().unwrap();
    assert!(new.get(url(&scene, "kv/a")).send().await.is_ok());
}
