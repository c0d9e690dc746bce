//! One keep-alive connection that sends bytes as they are and reads whole answers.
//!
//! It does as little as a client can: the sender must cost less than the server it measures.

use std::pin::Pin;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use crate::{Error, Result, Target, tls};

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 1 << 20;

trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// A connection.
pub struct Wire {
    stream: Pin<Box<dyn Stream>>,
    buffer: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

impl Wire {
    /// Connects.
    pub async fn open(target: &Target) -> Result<Self> {
        let stream = TcpStream::connect(target.address).await.map_err(Error::io("connecting"))?;
        stream.set_nodelay(true).map_err(Error::io("connecting"))?;
        let stream: Pin<Box<dyn Stream>> = match &target.ca {
            None => Box::pin(stream),
            Some(ca) => {
                let name = "localhost".try_into().map_err(|_| Error::Tls("name".to_owned()))?;
                let connector = TlsConnector::from(tls::client(ca)?);
                let secured = connector.connect(name, stream).await;
                Box::pin(secured.map_err(Error::io("shaking hands"))?)
            }
        };
        Ok(Self { stream, buffer: Vec::with_capacity(16 << 10) })
    }

    /// Sends a request and gives back the whole answer.
    pub async fn call(&mut self, request: &[u8]) -> Result<Reply> {
        let (status, head, all) = self.exchange(request).await?;
        let body = self.buffer.get(head..all).unwrap_or_default().to_vec();
        Ok(Reply { status, body })
    }

    /// Sends a request, reads the answer, and gives back only its status.
    pub async fn status(&mut self, request: &[u8]) -> Result<u16> {
        Ok(self.exchange(request).await?.0)
    }

    /// The status, where the body begins, and where it ends.
    async fn exchange(&mut self, request: &[u8]) -> Result<(u16, usize, usize)> {
        self.stream.write_all(request).await.map_err(Error::io("sending"))?;
        self.stream.flush().await.map_err(Error::io("sending"))?;
        self.buffer.clear();
        loop {
            if let Some((status, head, length)) = head(&self.buffer)
                && self.buffer.len() >= head + length
            {
                return Ok((status, head, head + length));
            }
            let read =
                self.stream.read_buf(&mut self.buffer).await.map_err(Error::io("reading"))?;
            if read == 0 || self.buffer.len() > ANSWER_BYTES_MAX {
                return Err(Error::Unexpected("the answer did not come to its end".to_owned()));
            }
        }
    }
}

/// The status of an answer, the length of its head, and that of its body.
fn head(bytes: &[u8]) -> Option<(u16, usize, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let status = text.get(9..12)?.parse().ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    Some((status, end + 4, length.unwrap_or(0)))
}
