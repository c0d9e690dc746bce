//! Requests of a guest to the origins that it is granted, over connections that the host keeps.
//!
//! The host does names, TLS and the reuse of connections. Redirects are given to the guest, not
//! followed. Addresses that reach into the machine's own network neighbourhood are refused, even if
//! the name of a granted origin leads there. `tls.rs`: whom a grant trusts, and who it is.

mod tls;

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use ::http::{Method, Request, Response, Uri, header::HOST, uri::Scheme};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use reqwest::{
    Client, ClientBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Level;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::{
    Grant, PluginSpec,
    voice::Voice,
    wasm::{
        addresses::{Lookups, is_denied, literal},
        fault::ComponentFault,
    },
};

/// The largest body, of a request or of a response.
const BODY_BYTES_MAX: usize = 16 << 20;
/// Connections that are kept open for each origin.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// How long a connection is kept without use.
const IDLE: Duration = Duration::from_secs(60);
/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// What a plugin may request, and the connections for it, shared by its instances.
pub(crate) struct Http {
    doors: Vec<Door>,
    /// The longest that a request may take.
    timeout: Duration,
    /// The bytes that the bodies of all instances may have, as long as the guests keep them.
    room: Arc<Semaphore>,
    voice: Arc<Voice>,
}

/// A body in one piece: many chunks cost more than what is in them.
struct Kept {
    bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

/// One grant: where its requests may go, and the connections for them.
struct Door {
    origins: Vec<Origin>,
    client: Client,
}

/// One granted origin.
#[derive(Debug)]
struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
    /// Empty: all.
    methods: Vec<Method>,
}

/// The door of one instance. Without a grant it is a wall.
pub(crate) struct Gate {
    pub(crate) http: Option<Arc<Http>>,
    /// When the caller of the call under way stops waiting.
    pub(crate) until: Instant,
}

/// Names as the system resolves them, without the addresses that no plugin may reach.
struct Names(Lookups);

// === impl Http ===

impl Http {
    /// Reads the grants "http" of a stanza; `None` if there are none.
    pub(crate) fn new(
        spec: &PluginSpec,
        voice: Arc<Voice>,
    ) -> Result<Option<Arc<Self>>, ComponentFault> {
        let timeout = in_time(spec.limits.call_time);
        let room = usize::try_from(spec.limits.memory_bytes).unwrap_or(usize::MAX);
        let room = Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS)));
        let lookups = Lookups::default();
        let mut doors = Vec::new();
        for grant in &spec.grants {
            if let Grant::Http { name, origins, methods, tls } = grant {
                let refused = |why: String| ComponentFault::Grant {
                    grant: format!("\"http\" \"{name}\""),
                    why,
                };
                let origins = origins.iter().map(|text| Origin::parse(text, methods));
                let origins = origins.collect::<Result<_, _>>().map_err(refused)?;
                let client = tls::with(client(timeout, &lookups), tls).map_err(refused)?;
                let client = client.build().map_err(|why| refused(tls::causes(&why)))?;
                doors.push(Door { origins, client });
            }
        }
        Ok((!doors.is_empty()).then(|| Arc::new(Self { doors, timeout, room, voice })))
    }

    async fn send(
        &self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        left: Duration,
    ) -> Result<Response<WasiBody>, Error> {
        let (parts, body) = request.into_parts();
        let allows =
            |door: &&Door| door.origins.iter().any(|it| it.allows(&parts.method, &parts.uri));
        let Some(door) = self.doors.iter().find(allows) else {
            let target = target(&parts.uri);
            let line =
                format!("{} {target} is not granted: a grant \"http\" may add it", parts.method);
            self.voice.say(Level::WARN, &line, &[]);
            return Err(Error::HttpRequestDenied);
        };
        let body = self.whole(body, Error::HttpRequestBodySize, |error| error).await?;
        let mut request = door.client.request(parts.method, parts.uri.to_string()).body(body);
        for (name, value) in &parts.headers {
            // The client writes it from the address, as HTTP/1 and HTTP/2 each want it.
            if *name != HOST {
                request = request.header(name, value);
            }
        }
        let most = in_time(left).min(self.timeout);
        let asked = options.and_then(|it| it.first_byte_timeout).map_or(most, in_time);
        request = request.timeout(asked.min(most));
        let mut response = request.send().await.map_err(|error| self.failed(error))?;
        let mut answer = Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            *headers = std::mem::take(response.headers_mut());
        }
        let body = reqwest::Body::from(response);
        let body = self.whole(body, Error::HttpResponseBodySize, |it| self.failed(it)).await?;
        let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
        answer.body(body).map_err(|_impossible| Error::HttpProtocolError)
    }

    /// A body, as long as there is room for it among all that the plugin keeps.
    async fn whole<B: BodyExt<Data = Bytes> + Unpin>(
        &self,
        mut body: B,
        too_large: fn(Option<u64>) -> Error,
        failed: impl Fn(B::Error) -> Error,
    ) -> Result<Bytes, Error> {
        let mut kept = Kept { bytes: Vec::new(), room: None };
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(&failed)?.into_data() else { continue };
            let Some(room) = self.room_for(kept.bytes.len(), data.len()) else {
                let line = "a body was refused: it has more than 16 MiB, or the bodies that the \
                            plugin keeps exceed its limit \"memory\"";
                self.voice.say(Level::WARN, line, &[]);
                return Err(too_large(None));
            };
            match &mut kept.room {
                Some(all) => all.merge(room),
                none => *none = Some(room),
            }
            kept.bytes.extend_from_slice(&data);
        }
        Ok(Bytes::from_owner(kept))
    }

    fn room_for(&self, before: usize, more: usize) -> Option<OwnedSemaphorePermit> {
        let more = u32::try_from(more).ok()?;
        let fits = before + more as usize <= BODY_BYTES_MAX;
        fits.then(|| Arc::clone(&self.room).try_acquire_many_owned(more).ok()).flatten()
    }

    /// What the guest is told of a failure; the log is told why.
    fn failed(&self, error: reqwest::Error) -> Error {
        // The address may carry a secret in its query.
        let error = error.without_url();
        self.voice.say(Level::WARN, &format!("a request failed: {}", tls::causes(&error)), &[]);
        if error.is_timeout() {
            Error::HttpResponseTimeout
        } else if error.is_connect() {
            Error::ConnectionRefused
        } else {
            Error::HttpProtocolError
        }
    }
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

// === impl Origin ===

impl Origin {
    fn parse(text: &str, methods: &[String]) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_bad| format!("\"{text}\" is not an origin"))?;
        let (Some(scheme), Some(host)) = (uri.scheme(), uri.host()) else {
            return Err(format!(
                "\"{text}\" needs a scheme and a host, as in https://kms.example.com"
            ));
        };
        let Some(port) = port(&uri) else {
            return Err(format!("\"{text}\" is neither http nor https"));
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(format!("\"{text}\" has a path; an origin ends after the host and port"));
        }
        // The client knows more ways to write an address than one: a number, say.
        let read = reqwest::Url::parse(text).ok();
        let read = read.as_ref().and_then(|url| url.host_str()).unwrap_or(host);
        if literal(read).is_some_and(is_denied) {
            let why = "is a link-local or metadata address, which no plugin may reach";
            return Err(format!("\"{text}\" {why}"));
        }
        let methods = methods.iter().map(|method| {
            Method::from_bytes(method.to_ascii_uppercase().as_bytes())
                .map_err(|_bad| format!("\"{method}\" is not a method"))
        });
        Ok(Self {
            scheme: scheme.clone(),
            host: host.to_ascii_lowercase(),
            port,
            methods: methods.collect::<Result<_, _>>()?,
        })
    }

    fn allows(&self, method: &Method, uri: &Uri) -> bool {
        let host = uri.host().map(str::to_ascii_lowercase);
        uri.scheme() == Some(&self.scheme)
            && host.as_deref() == Some(&self.host)
            && port(uri) == Some(self.port)
            && (self.methods.is_empty() || self.methods.contains(method))
            && !literal(&self.host).is_some_and(is_denied)
    }
}

/// How all grants connect.
fn client(timeout: Duration, lookups: &Lookups) -> ClientBuilder {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(Names(lookups.clone())))
        .connect_timeout(CONNECT)
        .timeout(timeout)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .pool_idle_timeout(IDLE)
}

/// A little less than a call may take, so that the guest hears of a timeout and can answer.
fn in_time(time: Duration) -> Duration {
    time / 10 * 9
}

/// Where a request goes, without its path, which may carry a secret.
fn target(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}://{}{port}", uri.host().unwrap_or_default())
}

fn port(uri: &Uri) -> Option<u16> {
    let default = match uri.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return None,
    };
    Some(uri.port_u16().unwrap_or(default))
}

// === impl Names ===

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let lookups = self.0.clone();
        Box::pin(async move {
            let found = lookups.of(name.as_str().to_owned()).await?;
            let allowed = found.into_iter().filter(|it| !is_denied(*it));
            let allowed: Vec<_> = allowed.map(|it| SocketAddr::new(it, 0)).collect();
            if allowed.is_empty() {
                let why = "the name leads only to addresses that no plugin may reach";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, why).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

// === impl Gate ===

/// What a request comes to: the response, and what goes on in the background until its end.
type Sent = (Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

impl WasiHttpHooks for Gate {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let http = self.http.clone();
        let left = self.until.saturating_duration_since(Instant::now());
        Box::new(async move {
            let http = http.ok_or(Error::HttpRequestDenied)?;
            let response = http.send(request, options, left).await?;
            let nothing: Box<dyn Future<Output = Result<(), Error>> + Send> =
                Box::new(async { Ok(()) });
            Ok((response, nothing))
        })
    }

    /// What a guest has written of a body and nobody has read lies in the host.
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        64 << 10
    }
}

#[cfg(test)]
mod tests;
