//! The ledger's file: entries one after the other, each with its length before it.
//!
//! Nothing is synced: what is acknowledged outlives the instance and the server, and need not outlive
//! the machine of a test.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use plugin_api::{Bytes, Error, ErrorKind, Result, Write};

/// Beyond this the file is written anew with what is left of it, and twice that is the next time.
const LONG: u64 = 4 << 20;

/// Something that was done.
pub(crate) enum Entry {
    /// A batch.
    Writes(Vec<Write>),
    /// A lock was taken, renewed, or (with `until` zero) given up.
    Lock { key: String, epoch: u64, value: String, until: u64 },
    /// So many keys have been written before; which, is forgotten.
    Written(u64),
}

/// The open file.
pub(crate) struct File {
    path: PathBuf,
    file: fs::File,
    length: u64,
    long: u64,
}

impl File {
    /// Opens the file of a folder, and gives its entries. The end of one that broke off is cut off:
    /// it was never acknowledged.
    pub(crate) fn open(folder: &Path, mut take: impl FnMut(Entry)) -> Result<Self> {
        let path = folder.join("ledger");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(&error)),
        };
        let mut rest = bytes.as_slice();
        while let Some((body, next)) = part(rest) {
            let corrupt = || Error::new(ErrorKind::Corrupt, "an entry of the ledger is none");
            take(Entry::decode(body).ok_or_else(corrupt)?);
            rest = next;
        }
        let length = (bytes.len() - rest.len()) as u64;
        let file = fs::OpenOptions::new().append(true).create(true).open(&path);
        let file = file.map_err(|error| failed(&error))?;
        file.set_len(length).map_err(|error| failed(&error))?;
        Ok(Self { path, file, length, long: LONG.max(length * 2) })
    }

    pub(crate) fn append(&mut self, entry: &Entry) -> Result<()> {
        let bytes = entry.encode();
        self.file.write_all(&bytes).map_err(|error| failed(&error).maybe_applied())?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn is_long(&self) -> bool {
        self.length > self.long
    }

    /// Puts a file of these entries in the place of this one.
    pub(crate) fn rewrite(&mut self, entries: &[Entry]) -> Result<()> {
        let new = self.path.with_extension("new");
        let bytes: Vec<u8> = entries.iter().flat_map(Entry::encode).collect();
        let written = fs::write(&new, &bytes).and_then(|()| fs::rename(&new, &self.path));
        let file = written.and_then(|()| fs::OpenOptions::new().append(true).open(&self.path));
        self.file = file.map_err(|error| failed(&error).maybe_applied())?;
        self.length = bytes.len() as u64;
        self.long = LONG.max(self.length * 2);
        Ok(())
    }
}

fn failed(error: &io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the file of the ledger: {error}"))
}

// === impl Entry ===

impl Entry {
    fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        match self {
            Self::Writes(writes) => {
                body.push(b'w');
                for write in writes {
                    push(&mut body, write.key().as_bytes());
                    match write {
                        Write::Put(_, value) => push(&mut body, &[b"=", &value[..]].concat()),
                        Write::Delete(_) => push(&mut body, b""),
                    }
                }
            }
            Self::Lock { key, epoch, value, until } => {
                body.push(b'l');
                push(&mut body, key.as_bytes());
                push(&mut body, value.as_bytes());
                push(&mut body, &epoch.to_le_bytes());
                push(&mut body, &until.to_le_bytes());
            }
            Self::Written(written) => {
                body.push(b'n');
                push(&mut body, &written.to_le_bytes());
            }
        }
        let mut whole = Vec::with_capacity(body.len() + 4);
        push(&mut whole, &body);
        whole
    }

    fn decode(body: &[u8]) -> Option<Self> {
        let (kind, mut rest) = body.split_first()?;
        let mut next = || {
            let (found, after) = part(rest)?;
            rest = after;
            Some(found)
        };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        let number = |bytes: &[u8]| Some(u64::from_le_bytes(bytes.try_into().ok()?));
        match kind {
            b'w' => {
                let mut writes = Vec::new();
                while let Some(key) = next() {
                    writes.push(match next()?.split_first() {
                        Some((_mark, value)) => Write::Put(text(key)?, Bytes::from(value.to_vec())),
                        None => Write::Delete(text(key)?),
                    });
                }
                Some(Self::Writes(writes))
            }
            b'l' => {
                let (key, value) = (text(next()?)?, text(next()?)?);
                let (epoch, until) = (number(next()?)?, number(next()?)?);
                Some(Self::Lock { key, epoch, value, until })
            }
            b'n' => Some(Self::Written(number(next()?)?)),
            _ => None,
        }
    }
}

/// Adds bytes with their length before them.
fn push(to: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    to.extend_from_slice(&length.to_le_bytes());
    to.extend_from_slice(bytes);
}

/// Bytes with their length before them, and what comes after; `None` if they are not all there.
fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}
