//! A bare HTTP server that answers every request with the same bytes: the raw limit.
//!
//! `bare --address 127.0.0.1:9000 --body FILE [--cert FILE --key FILE]`

use std::{convert::Infallible, fs, path::Path, sync::Arc};

use bench::{Args, Error, Result, tls};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

fn main() -> Result<()> {
    let args = Args::parse(&["address", "body", "cert", "key"])?;
    let body = fs::read(args.required("body")?).map_err(Error::io("reading the body"))?;
    let acceptor = match (args.text("cert"), args.text("key")) {
        (Some(cert), Some(key)) => {
            Some(TlsAcceptor::from(tls::server(Path::new(cert), Path::new(key))?))
        }
        _ => None,
    };
    // The same runtime as the server's, so that only the work differs.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let serving = serve(args.required("address")?.to_owned(), body.into(), acceptor);
    runtime.map_err(Error::io("starting"))?.block_on(serving)
}

async fn serve(address: String, body: Bytes, acceptor: Option<TlsAcceptor>) -> Result<()> {
    let socket = TcpListener::bind(address).await.map_err(Error::io("listening"))?;
    let headers = Arc::new(headers());
    loop {
        let (stream, _) = socket.accept().await.map_err(Error::io("accepting"))?;
        stream.set_nodelay(true).map_err(Error::io("accepting"))?;
        let (body, headers, acceptor) = (body.clone(), Arc::clone(&headers), acceptor.clone());
        tokio::spawn(async move {
            match acceptor {
                None => answer_all(stream, body, headers).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        answer_all(stream, body, headers).await;
                    }
                }
            }
        });
    }
}

async fn answer_all<S>(stream: S, body: Bytes, headers: Arc<HeaderMap>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let answer = service_fn(|request: Request<Incoming>| {
        let mut response = Response::new(Full::new(body.clone()));
        *response.headers_mut() = headers.as_ref().clone();
        async move {
            // A body is read to its end, as a server must.
            let _ = request.into_body().collect().await;
            Ok::<_, Infallible>(response)
        }
    });
    // A connection that breaks is the sender's to tell.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

/// The headers that the measured server sends too.
fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-type", "application/json"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}
