//! Connections of a guest to what it is granted: each grant one host and one port.
//!
//! The guest has the sockets of WASI, so that `std::net` works in it as it is. It looks up the name
//! of a grant, the host resolves it, and the guest may connect to the addresses found, at the port
//! of the grant. It knows no other name, cannot listen, and has no datagrams.

use std::{
    collections::BTreeMap,
    future::ready,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tracing::Level;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::{
    WasiCtxBuilder,
    p2::{
        DynPollable, SocketError, SocketResult,
        bindings::sockets::{
            ip_name_lookup::{self, HostResolveAddressStream, ResolveAddressStream},
            network::{self, ErrorCode, HostNetwork, IpAddress, Network},
        },
    },
    sockets::{SocketAddrUse, WasiSocketsCtxView},
};

use crate::{
    Grant, PluginSpec,
    voice::Voice,
    wasm::{
        addresses::{LOOKUPS_MAX, is_denied, literal},
        fault::ComponentFault,
        room::Room,
    },
};

/// How long the system may take to look a name up.
const LOOKUP: Duration = Duration::from_secs(30);

/// What a plugin may connect to.
pub(crate) struct Tcp {
    targets: Vec<Target>,
    /// Each lookup takes one of the server's threads until the system answers.
    lookups: Arc<Semaphore>,
    voice: Arc<Voice>,
}

/// One grant.
#[derive(Debug)]
struct Target {
    /// What the guest may call the host instead of by its own name.
    name: String,
    host: String,
    port: u16,
}

/// The connections of one instance. Without a grant there are none.
pub(crate) struct Dialer {
    tcp: Option<Arc<Tcp>>,
    found: Arc<Mutex<Found>>,
    /// The lookups under way, by the number of their resource.
    lookups: BTreeMap<u32, Lookup>,
}

/// The addresses of the targets, as the instance last looked them up.
#[derive(Debug, Default)]
struct Found(BTreeMap<usize, Vec<IpAddr>>);

/// A lookup whose addresses the guest takes one by one.
struct Lookup {
    host: String,
    targets: Vec<usize>,
    begun: bool,
    denied: Option<IpAddr>,
    /// Until it is answered; nobody says when one ends that was given up.
    turn: Option<OwnedSemaphorePermit>,
}

impl Drop for Lookup {
    fn drop(&mut self) {
        let (Some(turn), Ok(runtime)) = (self.turn.take(), Handle::try_current()) else { return };
        runtime.spawn(async move {
            tokio::time::sleep(LOOKUP).await;
            drop(turn);
        });
    }
}

/// Has the linker look names up here.
pub(crate) fn link(linker: &mut Linker<Room>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    ip_name_lookup::add_to_linker::<_, Names>(linker, Room::names)?;
    linker.allow_shadowing(false);
    Ok(())
}

// === impl Tcp ===

impl Tcp {
    /// Reads the grants "tcp" of a stanza; `None` if there are none.
    pub(crate) fn new(
        spec: &PluginSpec,
        voice: Arc<Voice>,
    ) -> Result<Option<Arc<Self>>, ComponentFault> {
        let mut targets = Vec::new();
        for grant in &spec.grants {
            if let Grant::Tcp { name, address } = grant {
                let target = Target::parse(name, address).map_err(|why| ComponentFault::Grant {
                    grant: format!("\"tcp\" \"{name}\""),
                    why,
                })?;
                targets.push(target);
            }
        }
        Ok((!targets.is_empty()).then(|| {
            let lookups = Arc::new(Semaphore::new(LOOKUPS_MAX));
            Arc::new(Self { targets, lookups, voice })
        }))
    }

    /// The host that a name means, and the targets on it. The name of a grant goes before one of a
    /// host.
    fn named(&self, name: &str) -> Option<(&str, Vec<usize>)> {
        let name = host_name(name);
        let all = || self.targets.iter().enumerate();
        if let Some((number, target)) = all().find(|(_, target)| target.name == name) {
            return Some((&target.host, vec![number]));
        }
        let on_it: Vec<_> = all().filter(|(_, target)| target.host == name).collect();
        let (_, first) = on_it.first()?;
        Some((&first.host, on_it.iter().map(|(number, _)| *number).collect()))
    }

    /// Why an instance that has looked up these addresses may not connect to this one.
    fn refusal(&self, found: &Found, address: SocketAddr) -> Option<String> {
        let ip = address.ip().to_canonical();
        if is_denied(ip) {
            return Some(format!(
                "{address} is a link-local or metadata address, which no plugin may reach"
            ));
        }
        let is_target = |(number, target): (usize, &Target)| {
            let looked_up = found.0.get(&number).is_some_and(|all| all.contains(&ip));
            target.port == address.port() && (looked_up || literal(&target.host) == Some(ip))
        };
        if self.targets.iter().enumerate().any(is_target) {
            return None;
        }
        Some(format!("a connection to {address} is not granted: a grant \"tcp\" may add it"))
    }

    fn warn(&self, line: &str) {
        self.voice.say(Level::WARN, line, &[]);
    }
}

impl Target {
    fn parse(name: &str, address: &str) -> Result<Self, String> {
        let parts = address.rsplit_once(':').filter(|(host, _)| {
            // Colons of its own are between brackets, or the port is none.
            !host.is_empty() && (!host.contains(':') || host.starts_with('['))
        });
        let port = parts.and_then(|(_, port)| port.parse().ok()).filter(|port| *port != 0);
        let (Some((host, _)), Some(port)) = (parts, port) else {
            return Err(format!(
                "\"{address}\" is not a host and a port, as in db.example.com:5432"
            ));
        };
        let ip = literal(host).map(|ip| ip.to_canonical());
        if ip.is_some_and(is_denied) {
            let why = "is a link-local or metadata address, which no plugin may reach";
            return Err(format!("\"{address}\" {why}"));
        }
        let host = ip.map_or_else(|| host_name(host), |ip| ip.to_string());
        Ok(Self { name: host_name(name), host, port })
    }
}

/// A name as names are compared.
fn host_name(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

// === impl Dialer ===

impl Dialer {
    pub(crate) fn new(tcp: Option<Arc<Tcp>>) -> Self {
        Self { tcp, found: Arc::default(), lookups: BTreeMap::new() }
    }

    /// Lets the sockets of an instance go where they may.
    pub(crate) fn admit(&self, builder: &mut WasiCtxBuilder) {
        let Some(tcp) = self.tcp.clone() else {
            builder.allow_tcp(false).allow_udp(false);
            return;
        };
        let found = self.found.clone();
        let may = move |address: SocketAddr, deed: SocketAddrUse| match deed {
            SocketAddrUse::TcpConnect => match tcp.refusal(&found.lock(), address) {
                None => true,
                Some(line) => {
                    tcp.warn(&line);
                    false
                }
            },
            // Whoever connects is bound to some address of this machine before.
            SocketAddrUse::TcpBind => address.ip().is_unspecified() && address.port() == 0,
            _ => {
                tcp.warn("a plugin may connect, and not listen: no grant allows it");
                false
            }
        };
        builder
            .allow_tcp(true)
            .allow_udp(false)
            .allow_ip_name_lookup(true)
            .socket_addr_check(move |address, deed| Box::pin(ready(may(address, deed))));
    }
}

// === impl LookedUp ===

/// How the linker finds the names of an instance.
struct Names;

/// The names of an instance, with the lookups of WASI that are done if they are granted.
pub(crate) struct LookedUp<'a> {
    wasi: WasiSocketsCtxView<'a>,
    dialer: &'a mut Dialer,
}

impl HasData for Names {
    type Data<'a> = LookedUp<'a>;
}

impl Room {
    fn names(&mut self) -> LookedUp<'_> {
        let (wasi, table, dialer) = self.sockets_and_dialer();
        LookedUp { wasi: WasiSocketsCtxView { ctx: wasi.sockets(), table }, dialer }
    }
}

impl network::Host for LookedUp<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        network::Host::convert_error_code(&mut self.wasi, error)
    }

    fn network_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.wasi.network_error_code(error)
    }
}

impl HostNetwork for LookedUp<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        HostNetwork::drop(&mut self.wasi, network)
    }
}

impl ip_name_lookup::Host for LookedUp<'_> {
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        let Some(tcp) = &self.dialer.tcp else { return Err(ErrorCode::AccessDenied.into()) };
        let Some((host, targets)) = tcp.named(&name) else {
            tcp.warn(&format!("the name {name} is not granted: a grant \"tcp\" may add it"));
            return Err(ErrorCode::AccessDenied.into());
        };
        let Ok(turn) = Arc::clone(&tcp.lookups).try_acquire_owned() else {
            tcp.warn("a lookup was refused: too many names are being looked up at once");
            return Err(ErrorCode::TemporaryResolverFailure.into());
        };
        let host = host.to_owned();
        let stream = self.wasi.resolve_addresses(network, host.clone())?;
        let lookup = Lookup { host, targets, begun: false, denied: None, turn: Some(turn) };
        self.dialer.lookups.insert(stream.rep(), lookup);
        Ok(stream)
    }
}

impl HostResolveAddressStream for LookedUp<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        let number = stream.rep();
        let gone = || SocketError::trap(wasmtime::Error::msg("the lookup is none of the guest's"));
        let lookup = self.dialer.lookups.get_mut(&number).ok_or_else(gone)?;
        loop {
            let again = Resource::new_borrow(number);
            let answer = self.wasi.resolve_next_address(again)?;
            // Whatever it is, the system has answered.
            lookup.turn = None;
            let Some(address) = answer else {
                let (Some(denied), false, Some(tcp)) =
                    (lookup.denied, lookup.begun, &self.dialer.tcp)
                else {
                    return Ok(None);
                };
                tcp.warn(&format!(
                    "the name {} leads only to addresses that no plugin may reach, as {denied}",
                    lookup.host
                ));
                return Err(ErrorCode::AccessDenied.into());
            };
            let ip = ip(&address).to_canonical();
            if is_denied(ip) {
                lookup.denied = Some(ip);
                continue;
            }
            let mut found = self.dialer.found.lock();
            for target in &lookup.targets {
                let addresses = found.0.entry(*target).or_default();
                if !lookup.begun {
                    addresses.clear();
                }
                addresses.push(ip);
            }
            lookup.begun = true;
            return Ok(Some(address));
        }
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        self.wasi.subscribe(stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        self.dialer.lookups.remove(&stream.rep());
        HostResolveAddressStream::drop(&mut self.wasi, stream)
    }
}

fn ip(address: &IpAddress) -> IpAddr {
    match *address {
        IpAddress::Ipv4((a, b, c, d)) => IpAddr::from([a, b, c, d]),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => IpAddr::from([a, b, c, d, e, f, g, h]),
    }
}

#[cfg(test)]
mod tests;
