//! The proxy before a service that answers what it hears.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{Direction, Proxy};

async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await.ok();
            });
        }
    });
    address.to_string()
}

/// What comes back of some bytes within a moment, and whether the connection is still open.
async fn sent(stream: &mut TcpStream, bytes: &[u8]) -> (Vec<u8>, bool) {
    stream.write_all(bytes).await.ok();
    let mut back = Vec::new();
    loop {
        let mut buffer = [0; 64];
        match timeout(Duration::from_millis(150), stream.read(&mut buffer)).await {
            Err(_elapsed) => return (back, true),
            Ok(Ok(0) | Err(_)) => return (back, false),
            Ok(Ok(read)) => back.extend_from_slice(&buffer[..read]),
        }
    }
}

async fn check(set: impl FnOnce(&Proxy), want: (&[u8], bool)) {
    let proxy = Proxy::start(&echo().await).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(sent(&mut stream, b"warm").await, (b"warm".to_vec(), true));
    set(&proxy);
    let got = sent(&mut stream, b"hello").await;
    assert_eq!((got.0.as_slice(), got.1), want);
}

#[tokio::test]
async fn modes() {
    check(Proxy::pass, (b"hello", true)).await;
    check(Proxy::hold, (b"", true)).await;
    check(Proxy::black_hole, (b"", true)).await;
    check(|proxy| proxy.drip(Duration::from_millis(1)), (b"hello", true)).await;
    check(Proxy::down, (b"", false)).await;
    check(|proxy| proxy.cut_after(Direction::Down, 0), (b"", false)).await;
    check(|proxy| proxy.cut_after(Direction::Down, 2), (b"he", false)).await;
    check(|proxy| proxy.cut_after(Direction::Up, 4), (b"", false)).await;
    check(|proxy| proxy.cut_after(Direction::Up, 5), (b"hello", true)).await;
}

#[tokio::test]
async fn what_was_held_goes_on_and_what_was_down_comes_back() {
    let proxy = Proxy::start(&echo().await).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    proxy.hold();
    assert_eq!(sent(&mut stream, b"late").await, (Vec::new(), true));
    proxy.pass();
    assert_eq!(sent(&mut stream, b"r").await, (b"later".to_vec(), true));
    assert_eq!((proxy.connections(), proxy.peak()), (1, 1));
    proxy.down();
    assert_eq!(sent(&mut stream, b"x").await, (Vec::new(), false));
    proxy.pass();
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(sent(&mut stream, b"again").await, (b"again".to_vec(), true));
}
