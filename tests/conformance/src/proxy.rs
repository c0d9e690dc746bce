//! A TCP proxy between a provider and its service that does what bad networks do.
//!
//! It passes, holds, swallows or drips bytes, refuses, and cuts every connection once so many bytes
//! have gone in one direction.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::AbortHandle,
};

#[cfg(test)]
mod tests;

/// How much is read at once.
const CHUNK_BYTES: usize = 4096;

/// The proxy. It ends, with all its connections, when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// From the provider to its service.
    Up,
    /// From the service to the provider.
    Down,
}

/// What happens to bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    Pass,
    /// They wait, and go on later.
    Hold,
    /// They are gone; the connection stays.
    Swallow,
    /// They go on one by one, with a pause before each.
    Drip(Duration),
    /// There is no connection.
    Down,
}

#[derive(Clone, Copy)]
struct State {
    mode: Mode,
    /// Grows whenever all connections are to end.
    generation: u64,
}

struct Shared {
    upstream: String,
    state: watch::Sender<State>,
    cut: Mutex<Option<(Direction, usize)>>,
    open: AtomicUsize,
    peak: AtomicUsize,
}

// === impl Proxy ===

impl Proxy {
    /// A proxy to this address, `host:port`, on a free port of this machine.
    pub async fn start(upstream: &str) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            state: watch::Sender::new(State { mode: Mode::Pass, generation: 0 }),
            cut: Mutex::new(None),
            open: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone())).abort_handle();
        Ok(Self { address, shared, accepting })
    }

    /// Where it listens, `host:port`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Lets everything through, also what was held.
    pub fn pass(&self) {
        *self.shared.cut.lock() = None;
        self.shared.set(Mode::Pass);
    }

    /// Keeps all bytes back until [`pass`](Self::pass).
    pub fn hold(&self) {
        self.shared.set(Mode::Hold);
    }

    /// Swallows all bytes; connections stay open and nothing ever comes.
    pub fn black_hole(&self) {
        self.shared.set(Mode::Swallow);
    }

    /// Lets one byte through at a time, each after a pause.
    pub fn drip(&self, pause: Duration) {
        self.shared.set(Mode::Drip(pause));
    }

    /// Ends all connections and takes no new ones.
    pub fn down(&self) {
        self.shared.set(Mode::Down);
        self.shared.end_all();
    }

    /// Ends all connections at the moment when so many more bytes have gone this way: the next one
    /// does not arrive. It happens once.
    pub fn cut_after(&self, direction: Direction, bytes: usize) {
        *self.shared.cut.lock() = Some((direction, bytes));
    }

    /// Whether a cut was asked for and has not happened.
    pub fn cut_waits(&self) -> bool {
        self.shared.cut.lock().is_some()
    }

    /// The connections that are open.
    pub fn connections(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// The most connections that were open at once.
    pub fn peak(&self) -> usize {
        self.shared.peak.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.end_all();
    }
}

// === impl Shared ===

impl Shared {
    fn set(&self, mode: Mode) {
        self.state.send_modify(|state| state.mode = mode);
    }

    fn end_all(&self) {
        self.state.send_modify(|state| state.generation += 1);
    }

    /// How many of these bytes may go on before the cut; all of them if none is due.
    fn before_cut(&self, direction: Direction, bytes: usize) -> Option<usize> {
        let mut cut = self.cut.lock();
        match cut.as_mut() {
            Some((way, left)) if *way == direction => {
                if bytes > *left {
                    let allowed = *left;
                    *cut = None;
                    return Some(allowed);
                }
                *left -= bytes;
                None
            }
            _ => None,
        }
    }
}

// === connections ===

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        if shared.state.borrow().mode == Mode::Down {
            continue;
        }
        let shared = shared.clone();
        tokio::spawn(async move {
            let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
            shared.peak.fetch_max(open, Ordering::SeqCst);
            // An end of a connection is no fault of the proxy, whatever the reason.
            let _ = serve(stream, &shared).await;
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn serve(provider: TcpStream, shared: &Shared) -> io::Result<()> {
    let generation = shared.state.borrow().generation;
    let service = TcpStream::connect(&shared.upstream).await?;
    provider.set_nodelay(true)?;
    service.set_nodelay(true)?;
    let (from_provider, to_provider) = provider.into_split();
    let (from_service, to_service) = service.into_split();
    let up = Pump { shared, generation, direction: Direction::Up };
    let down = Pump { shared, generation, direction: Direction::Down };
    tokio::select! {
        ended = up.run(from_provider, to_service) => ended,
        ended = down.run(from_service, to_provider) => ended,
    }
}

/// Carries bytes one way.
struct Pump<'a> {
    shared: &'a Shared,
    generation: u64,
    direction: Direction,
}

impl Pump<'_> {
    async fn run(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut ended = self.shared.state.subscribe();
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            let read = tokio::select! {
                read = from.read(&mut buffer) => read?,
                _ = ended.wait_for(|state| state.generation != self.generation) => return Ok(()),
            };
            if read == 0 {
                return Ok(());
            }
            self.carry(buffer.get(..read).unwrap_or_default(), &mut to).await?;
        }
    }

    async fn carry(&self, bytes: &[u8], to: &mut OwnedWriteHalf) -> io::Result<()> {
        let mut state = self.shared.state.subscribe();
        let known =
            state.wait_for(|state| state.generation != self.generation || state.mode != Mode::Hold);
        let State { mode, generation } = *known.await.map_err(io::Error::other)?;
        if generation != self.generation || mode == Mode::Down {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        match mode {
            Mode::Swallow => Ok(()),
            Mode::Drip(pause) => {
                for byte in bytes {
                    tokio::time::sleep(pause).await;
                    to.write_all(std::slice::from_ref(byte)).await?;
                }
                Ok(())
            }
            Mode::Pass | Mode::Hold | Mode::Down => self.pass(bytes, to).await,
        }
    }

    async fn pass(&self, bytes: &[u8], to: &mut OwnedWriteHalf) -> io::Result<()> {
        match self.shared.before_cut(self.direction, bytes.len()) {
            None => to.write_all(bytes).await,
            Some(allowed) => {
                to.write_all(bytes.get(..allowed).unwrap_or_default()).await?;
                to.flush().await?;
                self.shared.end_all();
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }
}
