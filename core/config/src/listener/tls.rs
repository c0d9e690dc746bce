//! The TLS of a listener.

use std::{path::PathBuf, time::Duration};

use crate::{
    error::{Error, Result},
    listener::fault,
    section::Section,
};

/// How a listener speaks TLS.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tls {
    /// The certificate and its chain, PEM.
    pub cert_file: PathBuf,
    /// Its private key, PEM.
    pub key_file: PathBuf,
    /// The oldest version.
    pub min_version: TlsVersion,
    /// The newest version.
    pub max_version: TlsVersion,
    /// Names of cipher suites for TLS 1.2; none means the usual ones.
    pub cipher_suites: Vec<String>,
    /// Whether clients show certificates.
    pub client_certificates: ClientCertificates,
    /// Who signed the clients' certificates, PEM; nothing means the system's list.
    pub client_ca_file: Option<PathBuf>,
    /// How often the files are looked at again, if they are.
    pub auto_reload: Option<Duration>,
}

/// A version of TLS. Closed: older ones are not spoken.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum TlsVersion {
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// What is asked of clients. Closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientCertificates {
    /// Nothing.
    Ignored,
    /// A certificate may be shown; whether it is good is for the auth method to say.
    Requested,
    /// A good certificate must be shown.
    Required,
}

/// The shortest time between two looks at the files.
const RELOAD_MIN: Duration = Duration::from_secs(5);
const RELOAD: Duration = Duration::from_secs(30);

/// Reads the keys that begin with `tls_`; nothing if TLS is off.
pub(super) fn read(section: &mut Section<'_>) -> Result<Option<Tls>> {
    let disabled = section.flag("tls_disable")?.unwrap_or(false);
    let cert_file = section.text("tls_cert_file")?.map(PathBuf::from);
    let key_file = section.text("tls_key_file")?.map(PathBuf::from);
    let min_version = section.parsed("tls_min_version", version)?.unwrap_or(TlsVersion::Tls12);
    let max_version = section.parsed("tls_max_version", version)?.unwrap_or(TlsVersion::Tls13);
    let cipher_suites = section.list("tls_cipher_suites")?;
    let client_certificates = client_certificates(section)?;
    let client_ca_file = section.text("tls_client_ca_file")?.map(PathBuf::from);
    let reload = section.flag("tls_auto_reload")?.unwrap_or(false);
    let interval = section.duration("tls_auto_reload_interval")?.unwrap_or(RELOAD);
    if disabled {
        return Ok(None);
    }
    if min_version > max_version {
        let problem = "must not be newer than tls_max_version";
        return Err(fault(section, "tls_min_version", problem));
    }
    let missing = |key| Error::NoCertificate { place: section.place(), missing: key };
    Ok(Some(Tls {
        cert_file: cert_file.ok_or_else(|| missing("tls_cert_file"))?,
        key_file: key_file.ok_or_else(|| missing("tls_key_file"))?,
        min_version,
        max_version,
        cipher_suites,
        client_certificates,
        client_ca_file,
        auto_reload: reload.then_some(interval.max(RELOAD_MIN)),
    }))
}

fn version(word: &str) -> Result<TlsVersion, String> {
    match word {
        "tls12" => Ok(TlsVersion::Tls12),
        "tls13" => Ok(TlsVersion::Tls13),
        "tls10" | "tls11" => Err(format!("{word} is no longer spoken; write tls12 or tls13")),
        other => Err(format!("must be tls12 or tls13, not \"{other}\"")),
    }
}

fn client_certificates(section: &mut Section<'_>) -> Result<ClientCertificates> {
    let required = section.flag("tls_require_and_verify_client_cert")?.unwrap_or(false);
    let disabled = section.flag("tls_disable_client_certs")?.unwrap_or(false);
    match (required, disabled) {
        (true, true) => {
            let problem = "cannot be set together with tls_disable_client_certs";
            Err(fault(section, "tls_require_and_verify_client_cert", problem))
        }
        (true, false) => Ok(ClientCertificates::Required),
        (false, true) => Ok(ClientCertificates::Ignored),
        (false, false) => Ok(ClientCertificates::Requested),
    }
}
