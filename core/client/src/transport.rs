//! The HTTP connection pool behind a client: TLS, proxy and timeout from the settings.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use reqwest::{Certificate, ClientBuilder, Identity, Proxy, Url, redirect::Policy};

use crate::{Error, Result, Settings};

/// The most PEM text that is read from one file.
const PEM_BYTES_MAX: u64 = 4 << 20;

/// A pool for one server, or for all of them if no `tls_server_name` is set.
pub(crate) fn connect(settings: &Settings) -> Result<reqwest::Client> {
    finish(builder(settings)?)
}

/// A pool that reaches the host of `url` under the name `tls_server_name`, and the URL to ask it
/// by.
///
/// The library takes the name for SNI and verification from the URL, so the name goes into the URL
/// and the addresses of the real host are given for it.
pub(crate) async fn connect_as(settings: &Settings, url: &Url) -> Result<(reqwest::Client, Url)> {
    let name = settings.tls_server_name.as_str();
    if name.parse::<IpAddr>().is_ok() {
        return Err(Error::Settings("the TLS server name must be a name, not an address".into()));
    }
    let addresses = resolve(url).await?;
    let mut named = url.clone();
    named
        .set_host(Some(name))
        .map_err(|_| Error::Settings(format!("{name:?} is not a TLS server name")))?;
    let pool = finish(builder(settings)?.resolve_to_addrs(name, &addresses))?;
    Ok((pool, named))
}

async fn resolve(url: &Url) -> Result<Vec<SocketAddr>> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    match tokio::net::lookup_host((host.as_str(), port)).await {
        Ok(found) => Ok(found.collect()),
        Err(error) => Err(Error::Settings(format!("cannot resolve {host}: {error}"))),
    }
}

fn finish(builder: ClientBuilder) -> Result<reqwest::Client> {
    builder.build().map_err(|error| Error::Settings(crate::client::reason(&error)))
}

fn builder(settings: &Settings) -> Result<ClientBuilder> {
    // Redirects and repetitions are the client's own: the token and the body must go along, which
    // a general library rightly refuses to do.
    let mut builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .timeout(settings.timeout)
        .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")));
    if let Some(authorities) = authorities(settings)? {
        builder = builder.tls_certs_only(authorities);
    }
    if let Some(identity) = identity(settings)? {
        builder = builder.identity(identity);
    }
    if settings.tls_skip_verify {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if !settings.proxy.is_empty() {
        let proxy = Proxy::all(&settings.proxy)
            .map_err(|_| Error::Settings("the proxy address is not a URL".to_owned()))?;
        builder = builder.proxy(proxy);
    }
    Ok(builder)
}

/// The authorities to trust instead of the system's, if any are named.
fn authorities(settings: &Settings) -> Result<Option<Vec<Certificate>>> {
    if let Some(text) = &settings.ca_cert_pem {
        return bundle(text.as_bytes(), "the given CA certificate").map(Some);
    }
    if let Some(path) = &settings.ca_cert {
        return bundle(&pem(path)?, &path.display().to_string()).map(Some);
    }
    let Some(folder) = &settings.ca_path else { return Ok(None) };
    let mut found = Vec::new();
    for path in files(folder)? {
        found.extend(bundle(&pem(&path)?, &path.display().to_string())?);
    }
    Ok(Some(found))
}

fn bundle(text: &[u8], origin: &str) -> Result<Vec<Certificate>> {
    match Certificate::from_pem_bundle(text) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(Error::Settings(format!("error loading CA file: {origin} holds no certificate"))),
    }
}

fn identity(settings: &Settings) -> Result<Option<Identity>> {
    let (Some(cert), Some(key)) = (&settings.client_cert, &settings.client_key) else {
        return match (&settings.client_cert, &settings.client_key) {
            (None, None) => Ok(None),
            _ => {
                Err(Error::Settings("both client cert and client key must be provided".to_owned()))
            }
        };
    };
    let mut text = pem(cert)?;
    text.push(b'\n');
    text.extend(pem(key)?);
    let identity = Identity::from_pem(&text).map_err(|_| {
        let (cert, key) = (cert.display(), key.display());
        Error::Settings(format!("{cert} and {key} are not a certificate and its key in PEM"))
    })?;
    Ok(Some(identity))
}

fn pem(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| {
        Error::Settings(format!("error reading {}: {error}", path.display()))
    };
    if fs::metadata(path).map_err(failed)?.len() > PEM_BYTES_MAX {
        return Err(Error::Settings(format!("{} is too large for a PEM file", path.display())));
    }
    fs::read(path).map_err(failed)
}

/// The files of a folder, by name; its subfolders are not looked into.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error: std::io::Error| {
        Error::Settings(format!("error reading {}: {error}", folder.display()))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
