//! A device that appends to a file, or writes to the standard streams.
//!
//! Concurrent lines are gathered: whoever gets the file writes all lines that wait, in one call,
//! and the others find theirs written. Every request waits for its own line.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::Device;

#[cfg(test)]
mod tests;

/// The mode of a new file, where none is configured.
const MODE: u32 = 0o600;
/// The most room that is kept for lines between two calls.
const SPARE_BYTES_MAX: usize = 1 << 20;

/// Appends lines.
pub struct FileDevice {
    waiting: Mutex<Waiting>,
    sink: tokio::sync::Mutex<Sink>,
}

/// Lines that nobody has written yet.
#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// The number of the last line.
    last: u64,
}

struct Sink {
    target: Target,
    /// Room for the lines of the next call, so that it does not grow anew each time.
    spare: Vec<u8>,
    /// The number of the last line that was written or failed.
    done: u64,
    /// Lines that failed and whose requests have not heard of it yet.
    failed: HashSet<u64>,
    /// The last write ended within a line.
    torn: bool,
}

enum Target {
    File { path: PathBuf, mode: Option<u32>, file: File },
    Stdout,
    Stderr,
    Discard,
}

impl FileDevice {
    /// Opens the device for a `file_path`: a path, `stdout`, `stderr` or `discard`. A missing
    /// folder is made. `mode` is that of the file; with `None` it is left as it is.
    pub fn open(file_path: &str, mode: Option<u32>) -> io::Result<Self> {
        let target = match file_path {
            "stdout" => Target::Stdout,
            "stderr" => Target::Stderr,
            "discard" => Target::Discard,
            path => {
                let path = PathBuf::from(path);
                Target::File { file: open(&path, mode)?, path, mode }
            }
        };
        let sink = Sink { target, spare: Vec::new(), done: 0, failed: HashSet::new(), torn: false };
        Ok(Self { waiting: Mutex::default(), sink: tokio::sync::Mutex::new(sink) })
    }
}

#[async_trait]
impl Device for FileDevice {
    async fn write(&self, line: &[u8]) -> io::Result<()> {
        let mine = {
            let mut waiting = self.waiting.lock();
            waiting.lines.extend_from_slice(line);
            waiting.last += 1;
            waiting.last
        };
        // Requests that are about to write theirs get to it first, and one call takes them all: with
        // 32 busy clients 17 lines. A call for each line costs as much as making the line.
        tokio::task::yield_now().await;
        let mut sink = self.sink.lock().await;
        if sink.done < mine {
            let spare = std::mem::take(&mut sink.spare);
            let (lines, last) = {
                let mut waiting = self.waiting.lock();
                (std::mem::replace(&mut waiting.lines, spare), waiting.last)
            };
            let first = sink.done + 1;
            sink.done = last;
            let written = sink.append(&lines);
            sink.keep(lines);
            if let Err(error) = written {
                sink.failed.extend((first..=last).filter(|&line| line != mine));
                return Err(error);
            }
            return Ok(());
        }
        match sink.failed.remove(&mine) {
            true => Err(io::Error::other("the write that this line was part of has failed")),
            false => Ok(()),
        }
    }

    async fn reopen(&self) -> io::Result<()> {
        self.sink.lock().await.reopen()
    }
}

impl Sink {
    /// One call for all lines; what follows a write that broke off begins on a line of its own.
    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut with_break;
        let lines = if self.torn {
            with_break = Vec::with_capacity(lines.len() + 1);
            with_break.push(b'\n');
            with_break.extend_from_slice(lines);
            &with_break
        } else {
            lines
        };
        let written = match &mut self.target {
            Target::File { file, .. } => file.write_all(lines),
            Target::Stdout => flushed(io::stdout().lock(), lines),
            Target::Stderr => flushed(io::stderr().lock(), lines),
            Target::Discard => Ok(()),
        };
        self.torn = written.is_err();
        written
    }

    /// Keeps the room that written lines took, unless it is far more than most calls need.
    fn keep(&mut self, mut lines: Vec<u8>) {
        if lines.capacity() <= SPARE_BYTES_MAX {
            lines.clear();
            self.spare = lines;
        }
    }

    fn reopen(&mut self) -> io::Result<()> {
        if let Target::File { path, mode, file } = &mut self.target {
            *file = open(path, *mode)?;
            self.torn = false;
        }
        Ok(())
    }
}

fn flushed(mut stream: impl Write, lines: &[u8]) -> io::Result<()> {
    stream.write_all(lines)?;
    stream.flush()
}

fn open(path: &Path, mode: Option<u32>) -> io::Result<File> {
    let explain = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot open {}: {error}", path.display()))
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(explain)?;
    }
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(mode.unwrap_or(MODE))
        .open(path)
        .map_err(explain)?;
    if let Some(mode) = mode
        && file.metadata().map_err(explain)?.is_file()
    {
        // An older file may have another mode.
        file.set_permissions(fs::Permissions::from_mode(mode)).map_err(explain)?;
    }
    Ok(file)
}

/// The mode of the option `mode`: octal digits; `0000` leaves that of an existing file alone.
pub(crate) fn parse_mode(text: &str) -> Result<Option<u32>, String> {
    match text {
        "" => Ok(Some(MODE)),
        text => match u32::from_str_radix(text, 8) {
            Ok(0) => Ok(None),
            Ok(mode) if mode <= 0o7777 => Ok(Some(mode)),
            _ => Err(format!("strconv.ParseUint: parsing \"{text}\": invalid syntax")),
        },
    }
}
