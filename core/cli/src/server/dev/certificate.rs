//! The certificate of a dev server with TLS: issued at each start, by an authority of its own.
//!
//! Clients trust the authority's file. Its key is never written, so that nobody can issue another
//! certificate that they would trust.

#[cfg(test)]
mod tests;

use std::{
    fs,
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;

use crate::{
    failure::{Failure, Outcome},
    server::{listeners, options::DevTls},
};

/// How long the certificate is valid.
const VALID_DAYS: i64 = 365;

// Scripts know these names from other servers of this API.
const CA_FILE: &str = "vault-ca.pem";
const CERT_FILE: &str = "vault-cert.pem";
const KEY_FILE: &str = "vault-key.pem";

/// The files of a certificate.
pub(crate) struct Certificate {
    /// The authority, for clients.
    pub(crate) ca: PathBuf,
    /// The certificate of the server.
    pub(crate) cert: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
    /// Goes with the server, if it is not the user's.
    _folder: Option<TempDir>,
}

/// The certificate's parts in PEM form.
struct Pem {
    ca: String,
    cert: String,
    key: String,
}

impl Certificate {
    /// Issues a certificate for the listener at `address`; `None` if there is to be no TLS.
    pub(crate) fn issue(tls: &DevTls, address: &str) -> Outcome<Option<Self>> {
        let (path, folder) = match tls {
            DevTls::Off => return Ok(None),
            DevTls::Folder(path) => (path.clone(), None),
            DevTls::Temporary => {
                let folder = tempfile::Builder::new().prefix("strongroom-tls-").tempdir();
                let folder = folder.map_err(|error| {
                    Failure::local(format!(
                        "no temporary folder can be made for -dev-tls: {error}; name one with \
                         -dev-tls-cert-dir"
                    ))
                })?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        let pem = pem(names(address)).map_err(|error| {
            Failure::local(format!("no certificate can be issued for -dev-tls: {error}"))
        })?;
        write(&path, &pem).map_err(|error| {
            Failure::local(format!(
                "the certificate of -dev-tls cannot be written to {}: {error}; name another \
                 folder with -dev-tls-cert-dir",
                path.display()
            ))
        })?;
        Ok(Some(Self {
            ca: path.join(CA_FILE),
            cert: path.join(CERT_FILE),
            key: path.join(KEY_FILE),
            _folder: folder,
        }))
    }
}

/// What clients may call the server: this machine, and the host of its address.
fn names(address: &str) -> Vec<String> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let is_everywhere = host.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    names.extend((!is_everywhere && !host.is_empty()).then_some(host));
    names.extend(listeners::hostname().filter(|name| is_dns_name(name)));
    names.sort();
    names.dedup();
    names
}

fn is_dns_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

fn pem(names: Vec<String>) -> Result<Pem, rcgen::Error> {
    let mut authority = params(Vec::new(), "Strongroom dev authority")?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_key = KeyPair::generate()?;
    let ca = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);

    let mut server = params(names, "Strongroom dev server")?;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let cert = server.signed_by(&key, &issuer)?;
    Ok(Pem { ca: ca.pem(), cert: cert.pem(), key: key.serialize_pem() })
}

fn params(names: Vec<String>, title: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, title);
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    // From yesterday on: the clock of a client may be a little behind.
    let from = today.saturating_sub(Span::new().days(1));
    let until = today.saturating_add(Span::new().days(VALID_DAYS));
    let moment = |day: Date| {
        date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
    };
    params.not_before = moment(from);
    params.not_after = moment(until);
    Ok(params)
}

fn write(folder: &Path, pem: &Pem) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(CA_FILE), &pem.ca)?;
    fs::write(folder.join(CERT_FILE), &pem.cert)?;
    // What is there already may be readable by others, and would stay so.
    let key = folder.join(KEY_FILE);
    match fs::remove_file(&key) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&key)?;
    file.write_all(pem.key.as_bytes())
}
