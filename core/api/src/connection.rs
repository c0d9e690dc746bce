//! One connection: the handshake, then requests until it ends or is ended.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Instant};

use hyper::{body::Incoming, server::conn, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use logical::Peer;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::watch,
    time::{Duration, MissedTickBehavior, interval, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    activity::{Activity, Verdict, Watch, Watched},
    routes::Door,
    stream::Stream,
    tls::serial,
};

/// How long a handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// How long a connection without a request may take to end when the server stops: a client that
/// does not hear of it must not keep the server.
const FAREWELL_MAX: Duration = Duration::from_secs(1);
/// Bytes of the head of a request: the longest path, encoded, and a good number of headers.
const HEAD_BYTES_MAX: usize = 256 << 10;
/// Requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 256;

const CLEAR_TEXT: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/// Serves a connection to its end.
pub(crate) async fn serve(
    stream: Stream,
    address: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
    door: Arc<Door>,
    mut stop: watch::Receiver<bool>,
) {
    let peer = Peer { address, certificate_serial: None };
    let Some(config) = tls else {
        return http1(stream, peer, door, stop).await;
    };
    let handshake = tokio::select! {
        ended = timeout(HANDSHAKE_MAX, secure(stream, config)) => ended,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    match handshake {
        Err(_) => tracing::debug!(%address, "the TLS handshake took too long"),
        Ok(Err(error)) => tracing::debug!(%address, %error, "the TLS handshake failed"),
        Ok(Ok(None)) => tracing::debug!(%address, "clear text on a TLS listener"),
        Ok(Ok(Some(stream))) => {
            let (_, session) = stream.get_ref();
            let certificate = session.peer_certificates().and_then(|chain| chain.first());
            let peer = Peer { certificate_serial: certificate.and_then(serial), ..peer };
            if session.alpn_protocol() == Some(b"h2") {
                http2(stream, peer, door, stop).await;
            } else {
                http1(stream, peer, door, stop).await;
            }
        }
    }
}

/// Shakes hands; a client that speaks clear text is told so.
async fn secure(
    mut stream: Stream,
    config: Arc<ServerConfig>,
) -> io::Result<Option<TlsStream<Stream>>> {
    if stream.begins_with_a_letter().await? {
        stream.write_all(CLEAR_TEXT).await?;
        stream.shutdown().await?;
        return Ok(None);
    }
    TlsAcceptor::from(config).accept(stream).await.map(Some)
}

async fn http1<S>(stream: S, peer: Peer, door: Arc<Door>, stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new();
    let watch = Watch::new(Arc::clone(&activity), door.settings.timeouts, false);
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let answer = service_fn(|request: http::Request<Incoming>| {
        let (door, peer, mark) = (&door, &peer, activity.request());
        async move {
            let answer = door.answer(request, peer).await;
            drop(mark);
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let connection = conn::http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        // The watch sees to slow heads; the timer of the library would also end idle connections.
        .header_read_timeout(None)
        .serve_connection(stream, answer);
    supervise(connection, watch, stop, &peer).await;
}

async fn http2<S>(stream: S, peer: Peer, door: Arc<Door>, stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new();
    let watch = Watch::new(Arc::clone(&activity), door.settings.timeouts, true);
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let client = peer.clone();
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let (door, peer, mark) = (Arc::clone(&door), peer.clone(), activity.request());
        async move {
            let answer = door.answer(request, &peer).await;
            drop(mark);
            Ok::<_, std::convert::Infallible>(answer)
        }
    });
    let connection = conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX))
        .serve_connection(stream, answer);
    supervise(connection, watch, stop, &client).await;
}

/// Drives a connection, and ends it when it is time.
async fn supervise<C: GracefulConnection>(
    connection: C,
    mut watch: Watch,
    mut stop: watch::Receiver<bool>,
    peer: &Peer,
) where
    C::Error: std::fmt::Display,
{
    let mut connection = pin!(connection);
    let mut look = interval(watch.interval());
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut farewell = interval(FAREWELL_MAX);
    let (mut finishing, mut stopping) = (false, false);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(address = %peer.address, %error, "a connection broke");
                }
                return;
            }
            _ = stop.wait_for(|stop| *stop), if !stopping => {
                (finishing, stopping) = (true, true);
                farewell.reset();
                connection.as_mut().graceful_shutdown();
            }
            _ = farewell.tick(), if stopping => if watch.owes_nothing() {
                return;
            },
            _ = look.tick() => match watch.judge(Instant::now()) {
                Verdict::Keep => {}
                Verdict::Finish if finishing => return,
                Verdict::Finish => {
                    finishing = true;
                    connection.as_mut().graceful_shutdown();
                }
                Verdict::Drop => return,
            }
        }
    }
}
