//! The journal: what is written and not yet synced in the tree, one record per committed group.
//!
//! ```text
//! 0      4096     8192
//! | head | head | record | record | …      the head with the higher generation counts
//!
//! head:   magic 8 · generation 8 · SHA-256 of these 32
//! record: generation 8 · number 8 · length 8 · SHA-256 of the body 32 · SHA-256 of these 32 · body
//! body:   { kind 1 (0 delete, 1 put) · key length 4 · key [· value length 4 · value] }
//! ```
//!
//! Numbers are big-endian. A checkpoint raises the generation, and with that everything in the file
//! is forgotten without touching it: the file keeps its length, so that a sync has only data to
//! write. A record that is not whole was being written when the process died, and was never
//! acknowledged; it ends the journal. Only if a whole record follows it, the disk has lost one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use bytes::{Buf as _, BufMut as _, Bytes};
use plugin_api::digest;

use crate::{
    FileError,
    engine::{Changes, JOURNAL_BYTES_MAX, folder},
};

#[cfg(test)]
mod tests;

const MAGIC: &[u8; 8] = b"SRJOURN1";
/// Each head has a block of its own: writing one cannot tear the other.
const BLOCK: usize = 4_096;
const RECORDS: usize = 2 * BLOCK;
const DIGEST: usize = 32;
const RECORD_HEAD: usize = 24 + 2 * DIGEST;

/// The journal, open for appending.
pub(crate) struct Journal {
    file: File,
    path: PathBuf,
    generation: u64,
    /// The number of the next record.
    number: u64,
    /// Where the next record goes.
    end: u64,
}

/// What the head of a record says.
struct RecordHead {
    number: u64,
    length: usize,
    body: [u8; DIGEST],
}

// === impl Journal ===

impl Journal {
    /// Opens the journal, or makes it, and gives the records that were committed since the last
    /// checkpoint. They must be carried out before anything is appended.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Changes>), FileError> {
        let failed = |error| FileError::io("read", path, error);
        if !path.try_exists().map_err(failed)? {
            make(path)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(failed)?;
        let corrupt = |why| FileError::CorruptJournal { path: path.to_owned(), why };
        let generation = generation(&content).ok_or_else(|| corrupt("it has no whole head"))?;
        let mut journal =
            Self { file, path: path.to_owned(), generation, number: 0, end: RECORDS as u64 };
        let mut records = Vec::new();
        let mut rest = content.get(RECORDS..).unwrap_or_default();
        while let Some(head) = record_head(rest, generation)
            && head.number == journal.number
        {
            let after = rest.get(RECORD_HEAD..).unwrap_or_default();
            let (body, next) = after.split_at_checked(head.length).unwrap_or((after, &[]));
            if body.len() != head.length || digest::sha256(body) != head.body {
                break;
            }
            let changes = decode(body).ok_or_else(|| corrupt("a record cannot be decoded"))?;
            records.push(changes);
            journal.number += 1;
            journal.end += (RECORD_HEAD + body.len()) as u64;
            rest = next;
        }
        if follows(rest, generation, journal.number) {
            return Err(corrupt("a record in its middle is damaged"));
        }
        Ok((journal, records))
    }

    /// Writes a record; it counts once it is synced.
    pub(crate) fn append(&mut self, body: &[u8]) -> Result<(), FileError> {
        let mut record = Vec::with_capacity(RECORD_HEAD + body.len());
        record.put_u64(self.generation);
        record.put_u64(self.number);
        record.put_u64(body.len() as u64);
        record.put_slice(&digest::sha256(body));
        let head = digest::sha256(&record);
        record.put_slice(&head);
        record.put_slice(body);
        self.write_at(self.end, &record).map_err(|error| self.failed("write", error))?;
        self.end += record.len() as u64;
        self.number += 1;
        Ok(())
    }

    /// Waits until the records are on the disk.
    pub(crate) fn sync(&mut self) -> Result<(), FileError> {
        self.file.sync_data().map_err(|error| self.failed("sync", error))
    }

    /// Forgets the records: the tree has them.
    pub(crate) fn restart(&mut self) -> Result<(), FileError> {
        let generation = self.generation + 1;
        let at = (generation as usize % 2 * BLOCK) as u64;
        self.write_at(at, &head(generation)).map_err(|error| self.failed("write", error))?;
        self.sync()?;
        (self.generation, self.number, self.end) = (generation, 0, RECORDS as u64);
        Ok(())
    }

    /// The bytes of the records.
    pub(crate) fn bytes(&self) -> u64 {
        self.end.saturating_sub(RECORDS as u64)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)
    }

    fn failed(&self, doing: &'static str, error: io::Error) -> FileError {
        FileError::io(doing, &self.path, error)
    }
}

/// The body of a record.
pub(crate) fn encode(changes: &Changes) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in changes {
        body.put_u8(u8::from(value.is_some()));
        put_block(&mut body, key.as_bytes());
        if let Some(value) = value {
            put_block(&mut body, value);
        }
    }
    body
}

/// The limits of keys and values are far below what four bytes can say.
fn put_block(body: &mut Vec<u8>, bytes: &[u8]) {
    body.put_u32(bytes.len() as u32);
    body.put_slice(bytes);
}

fn decode(body: &[u8]) -> Option<Changes> {
    let mut body = Bytes::copy_from_slice(body);
    let mut changes = Changes::new();
    while body.has_remaining() {
        let kind = body.try_get_u8().ok()?;
        let key = String::from_utf8(take_block(&mut body)?.into()).ok()?;
        let value = match kind {
            0 => None,
            1 => Some(take_block(&mut body)?),
            _ => return None,
        };
        changes.insert(key, value);
    }
    Some(changes)
}

fn take_block(body: &mut Bytes) -> Option<Bytes> {
    let length = body.try_get_u32().ok()? as usize;
    (length <= body.len()).then(|| body.split_to(length))
}

/// Makes a journal without records, at its full length.
fn make(path: &Path) -> Result<(), FileError> {
    let mut content = vec![0; RECORDS + JOURNAL_BYTES_MAX as usize];
    if let Some(place) = content.get_mut(BLOCK..BLOCK + head(1).len()) {
        place.copy_from_slice(&head(1));
    }
    let new = path.with_extension("new");
    folder::write_synced(&new, &content)?;
    fs::rename(&new, path).map_err(|error| FileError::io("make", path, error))
}

fn head(generation: u64) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.put_u64(generation);
    let sum = digest::sha256(&head);
    head.put_slice(&sum);
    head
}

/// The generation that counts.
fn generation(content: &[u8]) -> Option<u64> {
    let heads = [content.get(..BLOCK), content.get(BLOCK..RECORDS)];
    heads.into_iter().flatten().filter_map(head_generation).max()
}

fn head_generation(block: &[u8]) -> Option<u64> {
    let generation = block.strip_prefix(MAGIC)?.try_get_u64().ok()?;
    block.starts_with(&head(generation)).then_some(generation)
}

/// The head of a record of this generation, if it is whole.
fn record_head(bytes: &[u8], generation: u64) -> Option<RecordHead> {
    let (mut fields, sum) = bytes.get(..RECORD_HEAD)?.split_at_checked(RECORD_HEAD - DIGEST)?;
    let its_generation = fields.try_get_u64().ok()?;
    let number = fields.try_get_u64().ok()?;
    let length = usize::try_from(fields.try_get_u64().ok()?).ok()?;
    let body = fields.try_into().ok()?;
    let whole = digest::sha256(bytes.get(..RECORD_HEAD - DIGEST)?) == *sum;
    (whole && its_generation == generation).then_some(RecordHead { number, length, body })
}

/// Whether a later record than number `number` is anywhere in what the journal did not give.
fn follows(rest: &[u8], generation: u64, number: u64) -> bool {
    let mark = generation.to_be_bytes();
    let mut heads = memchr::memmem::find_iter(rest, &mark)
        .filter_map(|at| record_head(rest.get(at..)?, generation));
    heads.any(|head| head.number > number)
}
