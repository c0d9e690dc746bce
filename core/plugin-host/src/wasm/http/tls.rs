//! Whom a grant "http" trusts, and the certificate that it shows.

use std::{error::Error, fs, path::Path};

use reqwest::{Certificate, ClientBuilder, Identity};

use crate::GrantTls;

/// The client with the TLS of a grant. An error says which file is wrong, and why.
pub(crate) fn with(mut client: ClientBuilder, tls: &GrantTls) -> Result<ClientBuilder, String> {
    if let Some(path) = &tls.ca_file {
        let bundle = Certificate::from_pem_bundle(&read("ca_file", path)?);
        let authorities = bundle.map_err(|why| wrong("ca_file", path, &causes(&why)))?;
        if authorities.is_empty() {
            return Err(wrong("ca_file", path, "there is no certificate in it"));
        }
        client = client.tls_certs_only(authorities);
    }
    if let Some((certificate, key)) = &tls.client {
        let mut both = read("client_cert_file", certificate)?;
        both.push(b'\n');
        both.extend(read("client_key_file", key)?);
        let identity = Identity::from_pem(&both).map_err(|why| {
            let why = format!("with the key of {}: {}", key.display(), causes(&why));
            wrong("client_cert_file", certificate, &why)
        })?;
        client = client.identity(identity);
    }
    Ok(client)
}

fn read(setting: &str, path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|why| wrong(setting, path, &why.to_string()))
}

fn wrong(setting: &str, path: &Path, why: &str) -> String {
    format!("{setting}: {}: {why}", path.display())
}

/// An error with its causes, in one line.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    line
}
