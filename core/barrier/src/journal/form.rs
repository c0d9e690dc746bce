//! The bytes of a journal record.
//!
//! Head: the number of parts (4 bytes, big-endian), then the payload if there are none. Payload:
//! for each write a kind byte, the key and, for a put, the value, each behind its length (4 bytes).

use bytes::Bytes;
use plugin_api::Write;

use crate::Corruption;

/// The length of a head without a payload.
pub(super) const HEAD_BYTES: usize = 4;

const DELETE: u8 = 0;
const PUT: u8 = 1;
const MALFORMED: Corruption = Corruption::Content("not a journal record");

pub(super) fn head(parts: usize, payload: &[u8]) -> Vec<u8> {
    // The limits of a record keep its parts far below this.
    let parts = u32::try_from(parts).unwrap_or(u32::MAX);
    [&parts.to_be_bytes(), payload].concat()
}

pub(super) fn parse_head(head: &[u8]) -> Result<(usize, &[u8]), Corruption> {
    let (parts, inline) = head.split_first_chunk::<HEAD_BYTES>().ok_or(MALFORMED)?;
    let parts = usize::try_from(u32::from_be_bytes(*parts)).map_err(|_| MALFORMED)?;
    Ok((parts, inline))
}

pub(super) fn encode(writes: &[Write]) -> Vec<u8> {
    let size = writes.iter().map(|write| write.bytes() + 9).sum();
    let mut out = Vec::with_capacity(size);
    for write in writes {
        match write {
            Write::Delete(key) => {
                out.push(DELETE);
                push(&mut out, key.as_bytes());
            }
            Write::Put(key, value) => {
                out.push(PUT);
                push(&mut out, key.as_bytes());
                push(&mut out, value);
            }
        }
    }
    out
}

pub(super) fn decode(mut payload: &[u8]) -> Result<Vec<Write>, Corruption> {
    let mut writes = Vec::new();
    while let Some((&kind, rest)) = payload.split_first() {
        payload = rest;
        let key = take(&mut payload)?;
        let key = std::str::from_utf8(key).map_err(|_| MALFORMED)?.to_owned();
        writes.push(match kind {
            DELETE => Write::Delete(key),
            PUT => Write::Put(key, Bytes::copy_from_slice(take(&mut payload)?)),
            _ => return Err(MALFORMED),
        });
    }
    Ok(writes)
}

fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    // Sizes were checked against the limits of a record, which fit into four bytes.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

fn take<'a>(payload: &mut &'a [u8]) -> Result<&'a [u8], Corruption> {
    let (length, rest) = payload.split_first_chunk::<4>().ok_or(MALFORMED)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| MALFORMED)?;
    let (taken, rest) = rest.split_at_checked(length).ok_or(MALFORMED)?;
    *payload = rest;
    Ok(taken)
}
