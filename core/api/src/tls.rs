//! TLS of a listener: certificates from files, loaded anew on request.

use std::{
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use config::{ClientCertificates, TlsVersion};
use rustls::{
    CipherSuite, RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::{Error, Result};

mod serial;
pub(crate) use serial::serial;

/// The TLS side of a running listener.
pub(crate) struct Tls {
    settings: config::Tls,
    config: ArcSwap<ServerConfig>,
}

impl Tls {
    pub(crate) fn load(settings: config::Tls) -> Result<Self> {
        let config = ArcSwap::from(build(&settings)?);
        Ok(Self { settings, config })
    }

    /// Reads the files again. With broken files the old certificates stay.
    pub(crate) fn reload(&self) -> Result<()> {
        self.config.store(build(&self.settings)?);
        Ok(())
    }

    /// Reads the files again whenever one of them has changed; for ever, if it is asked to.
    pub(crate) async fn keep_fresh(&self) {
        let Some(pause) = self.settings.auto_reload else {
            return std::future::pending().await;
        };
        self.watch(pause).await;
    }

    async fn watch(&self, pause: Duration) {
        let mut seen = self.stamps();
        loop {
            tokio::time::sleep(pause).await;
            let now = self.stamps();
            if now == seen {
                continue;
            }
            match self.reload() {
                Ok(()) => tracing::info!("certificates were loaded again"),
                Err(error) => tracing::error!(%error, "certificates could not be loaded again"),
            }
            seen = now;
        }
    }

    /// When each file was last changed.
    fn stamps(&self) -> Vec<Option<SystemTime>> {
        let files = [&self.settings.cert_file, &self.settings.key_file];
        let stamp = |path: &PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
        files.into_iter().chain(&self.settings.client_ca_file).map(stamp).collect()
    }

    /// The configuration for one new connection.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.config.load_full()
    }
}

fn build(settings: &config::Tls) -> Result<Arc<ServerConfig>> {
    let provider = Arc::new(provider(&settings.cipher_suites)?);
    let certified = certified_key(settings, &provider)?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(settings))
        .map_err(|error| Error::Tls(error.to_string()))?;
    let builder = match client_verifier(settings, &provider)? {
        None => builder.with_no_client_auth(),
        Some(verifier) => builder.with_client_cert_verifier(verifier),
    };
    let resolver = rustls::sign::SingleCertAndKey::from(certified);
    let mut config = builder.with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ignore_client_order = true;
    // Tickets need no memory per client and survive in any number of connections.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(|error| Error::Tls(error.to_string()))?;
    Ok(Arc::new(config))
}

fn versions(settings: &config::Tls) -> Vec<&'static SupportedProtocolVersion> {
    let spoken = settings.min_version..=settings.max_version;
    let all = [(TlsVersion::Tls13, &TLS13), (TlsVersion::Tls12, &TLS12)];
    all.into_iter().filter(|(version, _)| spoken.contains(version)).map(|(_, how)| how).collect()
}

/// The library with the suites that were chosen. Those of TLS 1.3 cannot be chosen.
fn provider(names: &[String]) -> Result<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    // The shorter AES key is as safe as the rest of the exchange, and the fastest by far.
    provider.cipher_suites.sort_by_key(|suite| {
        !matches!(
            suite.suite(),
            CipherSuite::TLS13_AES_128_GCM_SHA256
                | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
                | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        )
    });
    if names.is_empty() {
        return Ok(provider);
    }
    let is_old = |suite: &SupportedCipherSuite| matches!(suite, SupportedCipherSuite::Tls12(_));
    let name = |suite: &SupportedCipherSuite| format!("{:?}", suite.suite());
    let known = &provider.cipher_suites;
    if let Some(unknown) = names.iter().find(|n| !known.iter().any(|s| name(s) == **n)) {
        let all: Vec<_> = known.iter().filter(|suite| is_old(suite)).map(name).collect();
        let all = all.join(", ");
        return Err(Error::Tls(format!("tls_cipher_suites: {unknown} is not one of {all}")));
    }
    provider.cipher_suites.retain(|suite| !is_old(suite) || names.contains(&name(suite)));
    Ok(provider)
}

fn certified_key(settings: &config::Tls, provider: &CryptoProvider) -> Result<CertifiedKey> {
    let config::Tls { cert_file, key_file, .. } = settings;
    let chain = certificates("tls_cert_file", cert_file)?;
    let pem = read("tls_key_file", key_file)?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| Error::Empty {
        setting: "tls_key_file",
        path: key_file.clone(),
        wanted: "private key (one with a passphrase must be decrypted first)",
    })?;
    let key = provider.key_provider.load_private_key(key).map_err(|error| Error::Broken {
        setting: "tls_key_file",
        path: key_file.clone(),
        why: error.to_string(),
    })?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(Error::Mismatch { key: key_file.clone(), cert: cert_file.clone() })
        }
        Err(error) => Err(Error::Broken {
            setting: "tls_cert_file",
            path: cert_file.clone(),
            why: error.to_string(),
        }),
    }
}

fn client_verifier(
    settings: &config::Tls,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>> {
    const SETTING: &str = "tls_client_ca_file";
    let required = match settings.client_certificates {
        ClientCertificates::Ignored => return Ok(None),
        ClientCertificates::Requested => false,
        ClientCertificates::Required => true,
    };
    let path = match &settings.client_ca_file {
        Some(path) => path,
        // Nobody here could tell what to make of a certificate from anywhere.
        None if !required => return Ok(None),
        None => {
            let why = "tls_require_and_verify_client_cert needs tls_client_ca_file";
            return Err(Error::Tls(why.to_owned()));
        }
    };
    let broken = |why: String| Error::Broken { setting: SETTING, path: path.clone(), why };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(SETTING, path)? {
        roots.add(certificate).map_err(|error| broken(error.to_string()))?;
    }
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    let verifier = builder.build().map_err(|error| broken(error.to_string()))?;
    Ok(Some(verifier))
}

fn certificates(setting: &'static str, path: &PathBuf) -> Result<Vec<CertificateDer<'static>>> {
    let pem = read(setting, path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match certificates {
        Ok(some) if !some.is_empty() => Ok(some),
        _ => Err(Error::Empty { setting, path: path.clone(), wanted: "certificate" }),
    }
}

fn read(setting: &'static str, path: &PathBuf) -> Result<Vec<u8>> {
    fs::read(path).map_err(|source| Error::File { setting, path: path.clone(), source })
}

#[cfg(test)]
mod tests;
