//! The client: turns a [`Request`] into a [`Reply`], with repetitions and redirects.
//!
//! - Repeated: a 412 and every 5xx but 501, and a connection that was never made. A request whose
//!   bytes may have arrived is repeated only if it is a read.
//! - Redirected: a standby points to the active node; method, body and token go along. From `https`
//!   to `http` is refused, and so is a redirect that leads back to where it came from.

#[cfg(test)]
mod tests;

use std::{error::Error as _, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, HOST, LOCATION, RETRY_AFTER},
};
use reqwest::Url;
use serde_json::Value;

use crate::{Error, Reply, Request, Result, Settings, Token, transport};

/// The most bytes of one answer.
pub const REPLY_BYTES_MAX: usize = 64 << 20;
/// The most redirects of one request.
pub const REDIRECTS_MAX: usize = 5;
/// The longest that one repetition waits, whatever the server asks for.
pub const RETRY_WAIT_MAX: Duration = Duration::from_secs(30);

/// A client of one server or cluster. Cloning is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct Client {
    settings: Settings,
    base: Url,
    pool: reqwest::Client,
}

impl Client {
    /// A client with these settings. Nothing is sent yet.
    pub fn from_settings(settings: Settings) -> Result<Self> {
        let base = address(&settings.address)?;
        let pool = transport::connect(&settings)?;
        Ok(Self { settings, base, pool })
    }

    /// The settings it was made from.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same client with another token, or with none.
    #[must_use]
    pub fn with_token(&self, token: Option<Token>) -> Self {
        let mut client = self.clone();
        client.settings.token = token;
        client
    }

    /// The same client with another lifetime for wrapped answers; empty: not wrapped.
    #[must_use]
    pub fn with_wrap_ttl(&self, wrap_ttl: &str) -> Self {
        let mut client = self.clone();
        wrap_ttl.clone_into(&mut client.settings.wrap_ttl);
        client
    }

    /// The same client without repetitions, for questions whose failure is an answer too.
    #[must_use]
    pub fn without_retries(&self) -> Self {
        let mut client = self.clone();
        client.settings.max_retries = 0;
        client
    }

    /// Sends one call and answers whatever comes back; see [`Reply::check`] and [`Reply::found`].
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        query: &[(&str, &str)],
    ) -> Result<Reply> {
        let mut request = Request::new(method, path);
        request.body = body.cloned();
        for (name, value) in query {
            request = request.query(*name, *value);
        }
        self.send(&request).await
    }

    /// Sends one call and answers whatever comes back.
    pub async fn send(&self, request: &Request) -> Result<Reply> {
        let mut wait = self.settings.retry_wait;
        for _ in 0..self.settings.max_retries {
            let pause = match self.follow(request).await {
                Ok(reply) if !may_pass(reply.status) => return Ok(reply),
                Ok(reply) => retry_after(&reply.headers).unwrap_or(wait),
                Err(Failure::Passing(_)) => wait,
                Err(Failure::Final(error)) => return Err(error),
            };
            tokio::time::sleep(pause.min(RETRY_WAIT_MAX)).await;
            wait = wait.saturating_mul(3) / 2;
        }
        match self.follow(request).await {
            Ok(reply) => Ok(reply),
            Err(Failure::Passing(error) | Failure::Final(error)) => Err(error),
        }
    }

    /// The whole address of a call.
    pub fn url(&self, request: &Request) -> String {
        self.target(request).to_string()
    }

    /// The headers that go with every call, without the token and in the order of their names.
    pub fn plain_headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![("X-Vault-Request".to_owned(), "true".to_owned())];
        let settings = &self.settings;
        for (name, value) in
            [("X-Vault-Namespace", &settings.namespace), ("X-Vault-Wrap-TTL", &settings.wrap_ttl)]
        {
            if !value.is_empty() {
                headers.push((name.to_owned(), value.clone()));
            }
        }
        headers.extend(settings.headers.iter().cloned());
        headers.sort();
        headers
    }

    fn target(&self, request: &Request) -> Url {
        let mut url = self.base.clone();
        // A percent sign in a path is a character of the path; the rest is escaped by `set_path`.
        let path = request.path.replace('%', "%25");
        let before = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{before}/v1/{path}"));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        url
    }

    /// Sends to the first address and then to those it is redirected to.
    async fn follow(&self, request: &Request) -> std::result::Result<Reply, Failure> {
        let mut url = self.target(request);
        let mut visited = vec![url.clone()];
        loop {
            let reply = self.once(request, &url).await?;
            let next = match (reply.status, reply.headers.get(LOCATION)) {
                _ if self.settings.disable_redirects => return Ok(reply),
                (
                    StatusCode::TEMPORARY_REDIRECT
                    | StatusCode::PERMANENT_REDIRECT
                    | StatusCode::MOVED_PERMANENTLY
                    | StatusCode::FOUND,
                    Some(location),
                ) => location.to_str().ok().and_then(|location| url.join(location).ok()),
                _ => return Ok(reply),
            };
            let failed = |reason: String| {
                Failure::Final(Error::Transport {
                    method: request.method.clone(),
                    url: reply.url.clone(),
                    reason,
                })
            };
            let next = next.ok_or_else(|| failed("redirected to no valid address".to_owned()))?;
            if url.scheme() == "https" && next.scheme() != "https" {
                return Err(failed(format!("refused a redirect away from https, to {next}")));
            }
            if visited.contains(&next) || visited.len() > REDIRECTS_MAX {
                let hint = "check api_addr of the active node and the load balancer between";
                return Err(failed(format!("redirected in a circle, to {next}: {hint}")));
            }
            visited.push(next.clone());
            url = next;
        }
    }

    /// Sends once, to one address.
    async fn once(&self, request: &Request, url: &Url) -> std::result::Result<Reply, Failure> {
        let failed = |reason: String| Error::Transport {
            method: request.method.clone(),
            url: url.to_string(),
            reason,
        };
        let named = url.scheme() == "https" && !self.settings.tls_server_name.is_empty();
        let mut headers = self.headers(request).map_err(Failure::Final)?;
        let call = if named {
            let (pool, named_url) =
                transport::connect_as(&self.settings, url).await.map_err(Failure::Final)?;
            if let Ok(host) = HeaderValue::from_str(url.authority()) {
                headers.insert(HOST, host);
            }
            pool.request(request.method.clone(), named_url)
        } else {
            self.pool.request(request.method.clone(), url.clone())
        };
        let call = match &request.body {
            Some(body) => call.body(body.to_string()),
            None => call,
        };
        let response = call.headers(headers).send().await.map_err(|error| {
            let nothing_arrived = error.is_connect();
            let failure = failed(reason(&error));
            if nothing_arrived || request.idempotent() {
                Failure::Passing(failure)
            } else {
                Failure::Final(failure)
            }
        })?;
        let status = response.status();
        let answered = response.headers().clone();
        let text = body(response).await.map_err(|why| Failure::Final(failed(why)))?;
        Ok(Reply {
            method: request.method.clone(),
            url: url.to_string(),
            namespace: self.settings.namespace.clone(),
            status,
            headers: answered,
            json: serde_json::from_str(&text).ok(),
            text,
        })
    }

    fn headers(&self, request: &Request) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.plain_headers() {
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Error::Settings(format!("{name:?} is not the name of a header")))?;
            let value = HeaderValue::from_str(&value)
                .map_err(|_| Error::Settings(format!("the value of header {name} is not valid")))?;
            headers.append(header, value);
        }
        if let Some(token) = &self.settings.token {
            let mut value = HeaderValue::from_str(token.expose()).map_err(|_| {
                let text = "the configured token contains non-printable characters and cannot be \
                            used";
                Error::Settings(text.to_owned())
            })?;
            value.set_sensitive(true);
            headers.insert("x-vault-token", value);
        }
        if request.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(request.content_type()));
        }
        Ok(headers)
    }
}

/// Why one attempt failed: whether the next one may succeed.
enum Failure {
    Passing(Error),
    Final(Error),
}

/// Parses an address; without a scheme it is taken for `https`.
fn address(text: &str) -> Result<Url> {
    let bad =
        |why: &str| Error::Settings(format!("failed to create client: parse {text:?}: {why}"));
    let url = Url::parse(text.trim()).map_err(|error| bad(&error.to_string()))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        "http" | "https" => Err(bad("no host")),
        _ => Err(bad("the scheme must be http or https")),
    }
}

/// Whether an answer speaks of a state that may pass.
fn may_pass(status: StatusCode) -> bool {
    status == StatusCode::PRECONDITION_FAILED
        || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

async fn body(mut response: reqwest::Response) -> std::result::Result<String, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        if bytes.len() + chunk.len() > REPLY_BYTES_MAX {
            return Err(format!("the answer is longer than {REPLY_BYTES_MAX} bytes"));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The innermost cause, which is what a person can act on; the outer ones only say "request failed".
pub(crate) fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the request timed out".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    let mut last = error.source();
    while let Some(next) = last {
        cause = next;
        last = next.source();
    }
    let text = cause.to_string();
    if text.contains("InvalidContentType") {
        return "the server gave an HTTP response to an HTTPS client".to_owned();
    }
    if text.contains("UnknownIssuer") {
        return "the server's certificate is signed by an unknown authority; name a file with \
                the authority's certificate in STRONGROOM_CACERT"
            .to_owned();
    }
    if text.contains("CaUsedAsEndEntity") {
        return "the server shows a certificate authority's own certificate; make one for the \
                server (with openssl: -addext basicConstraints=critical,CA:FALSE)"
            .to_owned();
    }
    // The system's messages end in their number; the words are enough.
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}
