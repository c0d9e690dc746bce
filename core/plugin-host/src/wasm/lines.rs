//! The standard output of an instance: lines of the server's log.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::{AsyncWrite, sink};
use tracing::Level;
use wasmtime_wasi::{
    cli::{IsTerminal, StdoutStream},
    p2::{OutputStream, Pollable, StreamError, StreamResult},
};

use crate::voice::{LINE_BYTES_MAX, Voice};

/// What a guest may write at a time.
const WRITE_BYTES_MAX: usize = 64 << 10;

/// The standard output of an instance: lines of the log.
#[derive(Clone)]
pub(crate) struct Lines {
    voice: Arc<Voice>,
    level: Level,
    begun: Arc<Mutex<Vec<u8>>>,
}

impl Lines {
    pub(crate) fn new(voice: Arc<Voice>, level: Level) -> Self {
        Self { voice, level, begun: Arc::default() }
    }

    fn push(&self, bytes: &[u8]) {
        let mut begun = self.begun.lock();
        for byte in bytes {
            let full = begun.len() >= LINE_BYTES_MAX;
            if *byte != b'\n' {
                if !full {
                    begun.push(*byte);
                }
                continue;
            }
            self.voice.say(self.level, &String::from_utf8_lossy(&begun), &[]);
            begun.clear();
        }
    }
}

impl StdoutStream for Lines {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl IsTerminal for Lines {
    fn is_terminal(&self) -> bool {
        false
    }
}

#[async_trait::async_trait]
impl Pollable for Lines {
    async fn ready(&mut self) {}
}

#[async_trait::async_trait]
impl OutputStream for Lines {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        // Nothing interrupts the host meanwhile.
        if bytes.len() > WRITE_BYTES_MAX {
            return Err(StreamError::trap("more was written than check-write allowed"));
        }
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}
