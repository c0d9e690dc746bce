//! A bound address that does not serve yet.

use std::{
    fs::{self, Permissions},
    io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt, PermissionsExt, chown},
    sync::Arc,
};

use config::{Address, Bind, UnixSocket};
use tokio::net::{TcpListener, TcpSocket, UnixListener, lookup_host};

use crate::{
    Common, Error, Result, Server, Service, Settings, headers::Standing, routes::Door,
    stream::Socket, tls::Tls,
};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// A listener that is bound, its certificates loaded. Nothing is answered before
/// [`serve`](Self::serve), so that a mistake in the configuration shows before the node starts.
pub struct Listener {
    socket: Socket,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    settings: Settings,
    common: Common,
    standing: Standing,
}

impl Listener {
    /// Loads the certificates and binds the address.
    pub async fn bind(settings: Settings, common: Common) -> Result<Self> {
        let standing = Standing::new(&settings.headers, &common)?;
        let tls = settings.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
        let socket = match &settings.bind {
            Bind::Tcp(address) => Socket::Tcp(tcp(address).await?),
            Bind::Unix(socket) => Socket::Unix(unix(socket)?),
        };
        let shown = || shown(&settings.bind);
        let address =
            socket.address().map_err(|source| Error::Address { address: shown(), source })?;
        Ok(Self { socket, address, tls, settings, common, standing })
    }

    /// Where it listens; the port is the real one, also where 0 was asked for. A socket in the
    /// file system has no address: `0.0.0.0:0`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to serve, within the runtime that this is called in.
    pub fn serve(self, service: Arc<dyn Service>) -> Server {
        let Self { socket, address, tls, settings, common, standing } = self;
        let door = Door { service, settings, common, standing };
        Server::start(socket, address, tls, Arc::new(door))
    }
}

fn shown(bind: &Bind) -> String {
    match bind {
        Bind::Tcp(address) => address.to_string(),
        Bind::Unix(socket) => socket.path.display().to_string(),
    }
}

/// Binds the first of the addresses that a name stands for and that can be bound.
async fn tcp(address: &Address) -> Result<TcpListener> {
    let broken = |source| Error::Address { address: address.to_string(), source };
    // Without a host it is every interface, of both families where there are both.
    let host = if address.host.is_empty() { "::" } else { &address.host };
    let mut last = io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address");
    for candidate in lookup_host((host, address.port)).await.map_err(broken)? {
        match open(candidate) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(match last.kind() {
        io::ErrorKind::AddrInUse => Error::Occupied { address: address.to_string() },
        io::ErrorKind::PermissionDenied => Error::Forbidden { address: address.to_string() },
        _ => broken(last),
    })
}

fn open(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted server must not wait for the connections of the old one to time out.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn unix(socket: &UnixSocket) -> Result<UnixListener> {
    let UnixSocket { path, mode, user, group } = socket;
    let broken = |source| Error::Socket { path: path.clone(), source };
    let number = |name: &Option<String>| match name.as_deref().map(str::parse::<u32>) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(broken(io::Error::other(
            "socket_user and socket_group must be numbers; `id` shows them",
        ))),
    };
    let (user, group) = (number(user)?, number(group)?);
    // What a killed server left behind; anything but a socket stays, and binding says so.
    if fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
        fs::remove_file(path).map_err(broken)?;
    }
    let listener = UnixListener::bind(path).map_err(broken)?;
    if let Some(mode) = mode {
        fs::set_permissions(path, Permissions::from_mode(*mode)).map_err(broken)?;
    }
    if user.is_some() || group.is_some() {
        chown(path, user, group).map_err(broken)?;
    }
    Ok(listener)
}
