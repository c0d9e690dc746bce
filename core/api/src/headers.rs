//! The headers that every answer has, and those that an operator adds.

use config::{ResponseHeaders, StatusPattern};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, STRICT_TRANSPORT_SECURITY},
};

use crate::{Common, Error, Result};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const ONE_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");
const HOSTNAME: HeaderName = HeaderName::from_static("x-vault-hostname");

/// Writes the standing headers of a listener.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    custom: Vec<(StatusPattern, HeaderName, HeaderValue)>,
    hostname: Option<HeaderValue>,
}

impl Standing {
    pub(crate) fn new(headers: &[ResponseHeaders], common: &Common) -> Result<Self> {
        let mut custom = Vec::new();
        for group in headers {
            for (name, value) in &group.headers {
                let header = name.parse().ok().zip(value.parse().ok());
                let (parsed, value) = header.ok_or_else(|| Error::Header(name.clone()))?;
                custom.push((group.status, parsed, value));
            }
        }
        let hostname = common.hostname.as_deref().map(|name| {
            HeaderValue::from_str(name).map_err(|_| Error::Header("X-Vault-Hostname".to_owned()))
        });
        Ok(Self { custom, hostname: hostname.transpose()? })
    }

    pub(crate) fn apply(&self, status: StatusCode, headers: &mut HeaderMap) {
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(STRICT_TRANSPORT_SECURITY, ONE_YEAR);
        if let Some(hostname) = &self.hostname {
            headers.insert(HOSTNAME, hostname.clone());
        }
        for (pattern, name, value) in &self.custom {
            if pattern.matches(status.as_u16()) {
                headers.insert(name.clone(), value.clone());
            }
        }
    }
}
