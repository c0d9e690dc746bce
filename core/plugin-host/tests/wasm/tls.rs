//! A seal whose KMS has a certificate of a private authority, and asks for one.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use plugin_api::Secret;
use plugin_host::{Catalog, Change, Grant, GrantTls, Kind, PluginSpec, Runtime, Wanted, load};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    fixtures::{component, op, seal, spec},
    kms::{Kms, TOKEN},
};

/// An authority, and what it has issued, in files.
struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    /// With a certificate and key for `127.0.0.1`, and one for a client.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        fs::write(folder.path().join("ca.pem"), ca.self_signed(&key).unwrap().pem()).unwrap();
        let issuer = Issuer::new(ca, key);
        for name in ["127.0.0.1", "client"] {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new([name.to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap().pem();
            fs::write(folder.path().join(format!("{name}.pem")), certificate).unwrap();
            fs::write(folder.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn certificate(&self, name: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.file(name)).unwrap()
    }

    /// A server that shows its certificate, and wants one of the same authority.
    fn acceptor(&self) -> TlsAcceptor {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate("ca.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        let key = PrivateKeyDer::from_pem_file(self.file("127.0.0.1.key")).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier.unwrap())
            .with_single_cert(vec![self.certificate("127.0.0.1.pem")], key);
        TlsAcceptor::from(Arc::new(config.unwrap()))
    }

    fn client(&self) -> Option<(PathBuf, PathBuf)> {
        Some((self.file("client.pem"), self.file("client.key")))
    }
}

fn granted(origin: &str, tls: GrantTls) -> PluginSpec {
    let mut spec = spec(Kind::Seal, &component("seal-rust-http.wasm"));
    spec.limits.call_time = Duration::from_secs(5);
    spec.grants = vec![Grant::Http {
        name: "kms".to_owned(),
        origins: vec![origin.to_owned()],
        methods: Vec::new(),
        tls,
    }];
    spec
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_know_each_other() {
    let (authority, other) = (Authority::new(), Authority::new());
    let kms = Kms::start_with(Some(authority.acceptor())).await;
    let settings = [("address", &*kms.address), ("token", TOKEN), ("key_name", "unseal")];
    let ca_file = Some(authority.file("ca.pem"));
    let right = GrantTls { ca_file: ca_file.clone(), client: authority.client() };
    let seal = seal(&granted(&kms.address, right), &settings).await;
    for _ in 0..2 {
        let blob = seal.wrap(op(), &Secret::new(vec![1; 32]), b"aad").await.unwrap();
        let got = seal.unwrap(op(), &blob, b"aad").await.unwrap();
        assert_eq!(got.expose(), &[1; 32]);
    }
    assert_eq!(kms.state.connections.load(Ordering::Relaxed), 1);
    let requests = kms.state.requests.load(Ordering::Relaxed);
    for wrong in [
        GrantTls::default(),
        GrantTls { ca_file: None, client: authority.client() },
        GrantTls { ca_file: Some(other.file("ca.pem")), client: authority.client() },
        GrantTls { ca_file: ca_file.clone(), client: None },
        GrantTls { ca_file, client: other.client() },
    ] {
        let seal = crate::fixtures::seal(&granted(&kms.address, wrong.clone()), &settings).await;
        let status = seal.status(op()).await.unwrap();
        assert!(!status.healthy, "{wrong:?}: {status:?}");
    }
    assert_eq!(kms.state.requests.load(Ordering::Relaxed), requests);
}

/// Certificates are renewed under the name that they had.
#[tokio::test]
async fn renewed_files() {
    let (authority, other) = (Authority::new(), Authority::new());
    let tls = GrantTls { ca_file: Some(authority.file("ca.pem")), client: authority.client() };
    let spec = granted("https://kms.example.com", tls);
    let mut catalog = Catalog::default();
    catalog.load(std::slice::from_ref(&spec)).unwrap();
    let runtime = Runtime::new(catalog);
    let reload = async || {
        let wanted = Wanted { spec: spec.clone(), settings: None };
        runtime.reload(vec![wanted]).await.remove(0).outcome.unwrap()
    };
    assert_eq!(reload().await, Change::None);
    for name in ["ca.pem", "client.pem", "client.key"] {
        fs::copy(other.file(name), authority.file(name)).unwrap();
    }
    assert_eq!(reload().await, Change::Loaded);
    assert_eq!(reload().await, Change::None);
}

#[test]
fn files() {
    let authority = Authority::new();
    let (text, cut) = (authority.file("text"), authority.file("cut"));
    fs::write(&text, "no certificate").unwrap();
    fs::write(&cut, "-----BEGIN CERTIFICATE-----\nAAAA").unwrap();
    let check = |ca_file: Option<&Path>, client: Option<(&str, &str)>, words: &str| {
        let client = client.map(|(cert, key)| (authority.file(cert), authority.file(key)));
        let tls = GrantTls { ca_file: ca_file.map(Path::to_owned), client };
        let error = load(&granted("https://kms.example.com", tls)).err().unwrap().to_string();
        assert!(error.contains("the grant \"http\" \"kms\" cannot be given: "), "{error}");
        assert!(error.contains(words) && !error.contains('\n'), "{words}: {error}");
    };
    check(Some(&authority.file("none")), None, "/none: No such file or directory");
    check(Some(&text), None, "/text: there is no certificate in it");
    check(Some(&cut), None, "ca_file: ");
    check(None, Some(("none", "client.key")), "client_cert_file: ");
    check(None, Some(("client.pem", "none")), "client_key_file: ");
    check(None, Some(("client.pem", "text")), "client_cert_file: ");
    check(None, Some(("text", "client.key")), "client_cert_file: ");
    check(None, Some(("client.pem", "127.0.0.1.key")), "");
}
