//! Where lines go.

use std::io;

use async_trait::async_trait;

/// A place that takes lines, whole and in some order.
#[async_trait]
pub trait Device: Send + Sync {
    /// Takes a line, which ends in a newline. Once this is `Ok` the line has been handed to the
    /// operating system.
    async fn write(&self, line: &[u8]) -> io::Result<()>;

    /// Goes on in a fresh file, after the old one was moved away.
    async fn reopen(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A device that could not be opened. It stays in the list, so that requests are refused rather
/// than not audited.
pub(crate) struct Broken {
    pub why: String,
}

#[async_trait]
impl Device for Broken {
    async fn write(&self, _line: &[u8]) -> io::Result<()> {
        Err(io::Error::other(self.why.clone()))
    }
}
