//! A listener at work: accepts connections until it is told to stop.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinHandle,
    time::{Duration, sleep, timeout},
};

use crate::{
    Result, connection,
    routes::Door,
    stream::{Socket, Stream},
    tls::Tls,
};

/// Connections at once on one listener; further ones wait to be accepted.
const CONNECTIONS_MAX: u32 = 16_384;
/// How long to wait where the system has no more files to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A listener that serves. Dropping it accepts nothing more and lets requests end.
pub struct Server {
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    stop: watch::Sender<bool>,
    places: Arc<Semaphore>,
    accepting: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(
        socket: Socket,
        address: SocketAddr,
        tls: Option<Arc<Tls>>,
        door: Arc<Door>,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
        let accept =
            Accept { socket, tls: tls.clone(), door, stopped, places: Arc::clone(&places) };
        let accepting = tokio::spawn(accept.run());
        Self { address, tls, stop, places, accepting }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Reads the certificates again, for connections to come. With broken files the old ones stay.
    pub fn reload(&self) -> Result<()> {
        self.tls.as_ref().map_or(Ok(()), |tls| tls.reload())
    }

    /// Accepts nothing more and lets requests end; whether all did within the time.
    pub async fn shutdown(self, patience: Duration) -> bool {
        self.stop.send_replace(true);
        let all = self.places.acquire_many(CONNECTIONS_MAX);
        timeout(patience, all).await.is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
        self.stop.send_replace(true);
    }
}

async fn keep_fresh(tls: Option<Arc<Tls>>) {
    match tls {
        Some(tls) => tls.keep_fresh().await,
        None => std::future::pending().await,
    }
}

struct Accept {
    socket: Socket,
    tls: Option<Arc<Tls>>,
    door: Arc<Door>,
    stopped: watch::Receiver<bool>,
    places: Arc<Semaphore>,
}

impl Accept {
    async fn run(mut self) {
        let mut stopped = self.stopped.clone();
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => {}
            () = keep_fresh(self.tls.clone()) => {}
            () = self.accept_all() => {}
        }
    }

    async fn accept_all(&mut self) {
        while let Ok(place) = Arc::clone(&self.places).acquire_owned().await {
            match self.socket.accept().await {
                Ok((stream, address)) => self.spawn(stream, address, place),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn spawn(&self, stream: Stream, address: SocketAddr, place: OwnedSemaphorePermit) {
        let tls = self.tls.as_ref().map(|tls| tls.config());
        let (door, stopped) = (Arc::clone(&self.door), self.stopped.clone());
        tokio::spawn(async move {
            connection::serve(stream, address, tls, door, stopped).await;
            drop(place);
        });
    }
}
