//! A storage that connects to where the key of a call says, by nothing but `std::net`.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket},
    sync::Arc,
};

use plugin_api::{
    Bytes, Capabilities, Error, ErrorKind, Fence, Op, Opened, Page, Provider, Result, Settings,
    Storage, async_trait,
};

struct Dialer;

struct DialerStorage;

plugin_api::export! {
    provider = Dialer,
    manifest = {
        name: "dialer",
        kinds: [storage],
        license: "Apache-2.0",
        description: "Connects to where it is told to.",
    },
    shareable = true
}

#[async_trait]
impl Provider for Dialer {
    fn name(&self) -> &str {
        "dialer"
    }

    async fn open(&self, settings: Settings) -> Result<Opened> {
        settings.finish()?;
        Ok(Opened { storage: Some(Arc::new(DialerStorage)), ..Opened::default() })
    }
}

/// What the key asks for, and what came of it as a text.
fn dial(key: &str) -> std::io::Result<String> {
    match key.split_once('/').unwrap_or((key, "")) {
        ("resolve", name) => {
            let found = (name, 1).to_socket_addrs()?;
            let ips: Vec<String> = found.map(|address| address.ip().to_string()).collect();
            Ok(ips.join(" "))
        }
        ("listen", address) => {
            TcpListener::bind(address)?.accept()?;
            Ok("accepted".to_owned())
        }
        ("datagram", address) => {
            UdpSocket::bind("0.0.0.0:0")?.send_to(b"ping", address)?;
            Ok("sent".to_owned())
        }
        // Everything that the other side says until it ends.
        (_, address) => {
            let mut stream = TcpStream::connect(address)?;
            stream.write_all(b"ping")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        }
    }
}

#[async_trait]
impl Storage for DialerStorage {
    fn capabilities(&self) -> Capabilities {
        Capabilities::basic()
    }

    async fn get(&self, _op: Op, key: &str) -> Result<Option<Bytes>> {
        let text = dial(key).map_err(|error| {
            let message = format!("{:?}: {error}", error.kind());
            Error::new(ErrorKind::Unavailable, message)
        });
        text.map(|text| Some(Bytes::from(text)))
    }

    async fn put(&self, _op: Op, _key: &str, _value: Bytes, _by: Option<&Fence>) -> Result<()> {
        Err(Error::unsupported("put"))
    }

    async fn delete(&self, _op: Op, _key: &str, _fence: Option<&Fence>) -> Result<()> {
        Err(Error::unsupported("delete"))
    }

    async fn list(&self, _op: Op, _prefix: &str, _after: &str, _limit: usize) -> Result<Page> {
        Ok(Page::default())
    }
}
