//! Certificates for servers under test, and what a TLS client sees of them.

use std::{fs, io, path::Path, sync::Arc};

use rcgen::{CertificateParams, KeyPair, SerialNumber};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::TestServer;

/// Writes a new certificate with this serial number, and its key, to `cert.pem` and `key.pem`.
pub(super) fn issue(folder: &Path, serial: u64) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.serial_number = Some(SerialNumber::from(serial));
    let made = params.self_signed(&key).unwrap();
    fs::write(folder.join("cert.pem"), made.pem()).unwrap();
    fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    made.der().clone()
}

/// A connection of a client that trusts this certificate alone.
pub(super) async fn connect(
    server: &TestServer,
    trusted: &CertificateDer<'static>,
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address()).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// Whether the server shows this certificate to new clients.
pub(super) async fn shows(server: &TestServer, certificate: &CertificateDer<'static>) -> bool {
    match connect(server, certificate).await {
        Ok(stream) => {
            let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
            shown.first() == Some(certificate)
        }
        Err(_) => false,
    }
}
