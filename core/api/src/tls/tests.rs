//! Certificate files: good ones, and what is said of the others.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use config::ClientCertificates;
use rcgen::{CertificateParams, KeyPair, SerialNumber};
use tempfile::TempDir;

use super::{Tls, serial};

struct Files {
    dir: TempDir,
}

impl Files {
    fn new() -> Self {
        let files = Self { dir: TempDir::new().unwrap() };
        let (cert, key) = pair();
        files.put("cert.pem", &cert);
        files.put("key.pem", &key);
        files.put("other.pem", &pair().1);
        files.put("empty.pem", "");
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn settings(&self, cert: &str, key: &str) -> config::Tls {
        config::Tls {
            cert_file: self.path(cert),
            key_file: self.path(key),
            min_version: config::TlsVersion::Tls12,
            max_version: config::TlsVersion::Tls13,
            cipher_suites: Vec::new(),
            client_certificates: ClientCertificates::Requested,
            client_ca_file: None,
            auto_reload: None,
        }
    }
}

fn pair() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn refused(settings: config::Tls, want: &[&str]) {
    let text = Tls::load(settings).err().unwrap().to_string();
    for part in want {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

#[test]
fn good_files_are_loaded_and_loaded_again() {
    let files = Files::new();
    let tls = Tls::load(files.settings("cert.pem", "key.pem")).unwrap();
    let (cert, key) = pair();
    let before = tls.config();
    files.put("cert.pem", &cert);
    assert!(tls.reload().unwrap_err().to_string().contains("does not belong"));
    assert!(Arc::ptr_eq(&before, &tls.config()), "the old one stays");
    files.put("key.pem", &key);
    tls.reload().unwrap();
    assert!(!Arc::ptr_eq(&before, &tls.config()));
}

#[test]
fn bad_files_are_named() {
    let files = Files::new();
    let with = |cert, key| files.settings(cert, key);
    refused(with("nosuch.pem", "key.pem"), &["cannot read tls_cert_file", "nosuch.pem", "check"]);
    refused(with("empty.pem", "key.pem"), &["tls_cert_file", "holds no certificate"]);
    refused(with("key.pem", "key.pem"), &["tls_cert_file", "holds no certificate"]);
    refused(with("cert.pem", "cert.pem"), &["tls_key_file", "holds no private key"]);
    refused(with("cert.pem", "other.pem"), &["tls_key_file", "does not belong", "must come first"]);
    let required = || config::Tls {
        client_certificates: ClientCertificates::Required,
        ..files.settings("cert.pem", "key.pem")
    };
    refused(required(), &["needs tls_client_ca_file"]);
    let ca = |name| config::Tls { client_ca_file: Some(files.path(name)), ..required() };
    refused(ca("nosuch.pem"), &["cannot read tls_client_ca_file"]);
    refused(ca("empty.pem"), &["tls_client_ca_file", "holds no certificate"]);
    assert!(Tls::load(ca("cert.pem")).is_ok());
}

#[test]
fn suites() {
    let files = Files::new();
    let base = || files.settings("cert.pem", "key.pem");
    let suites = |name: &str| config::Tls { cipher_suites: vec![name.to_owned()], ..base() };
    assert!(Tls::load(suites("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")).is_ok());
    refused(suites("TLS_RSA_WITH_RC4_128_SHA"), &["tls_cipher_suites", "is not one of TLS_ECDHE"]);
}

#[tokio::test]
async fn changed_files_are_noticed() {
    let files = Files::new();
    let auto_reload = Some(Duration::from_millis(10));
    let settings = config::Tls { auto_reload, ..files.settings("cert.pem", "key.pem") };
    let tls = Tls::load(settings).unwrap();
    let before = tls.config();
    let change = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let (cert, key) = pair();
        files.put("cert.pem", &cert);
        files.put("key.pem", &key);
        while Arc::ptr_eq(&before, &tls.config()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = tls.keep_fresh() => unreachable!(),
        () = change => {}
    }
}

#[test]
fn serial_numbers() {
    let key = KeyPair::generate().unwrap();
    let shown = |number: &[u8]| {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.serial_number = Some(SerialNumber::from_slice(number));
        serial(params.self_signed(&key).unwrap().der())
    };
    assert_eq!(shown(&[0x1a, 0x2b]).unwrap(), "1a:2b");
    assert_eq!(shown(&[0xff; 20]).unwrap(), ["ff"; 20].join(":"));
    assert_eq!(serial(&vec![0x30, 0x82].into()), None);
    assert_eq!(serial(&Vec::new().into()), None);
}
