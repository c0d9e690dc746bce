//! The journal damaged in every place, and what of it comes back.

use std::{fs, path::Path};

use bytes::Bytes;

use super::{Journal, RECORD_HEAD, RECORDS, encode};
use crate::{FileError, engine::Changes};

fn changes(number: usize) -> Changes {
    let value = Bytes::from(format!("value {number}"));
    Changes::from([(format!("k/{number}"), Some(value)), (format!("gone/{number}"), None)])
}

/// A journal with this many records.
fn written(path: &Path, records: usize) -> Journal {
    let (mut journal, found) = Journal::open(path).unwrap();
    assert!(found.is_empty());
    for number in 0..records {
        journal.append(&encode(&changes(number))).unwrap();
        journal.sync().unwrap();
    }
    journal
}

/// What the journal holds, without the megabytes that nothing was written to yet.
fn start_of(path: &Path) -> Vec<u8> {
    let mut content = fs::read(path).unwrap();
    content.truncate(RECORDS + 4_096);
    content
}

fn check(path: &Path, records: usize, what: &str) {
    let (_, found) = Journal::open(path).unwrap();
    let want: Vec<Changes> = (0..records).map(changes).collect();
    assert_eq!(found, want, "{what}");
}

#[test]
fn records_come_back_until_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = written(&path, 3);
    check(&path, 3, "before");
    for _ in 0..3 {
        journal.restart().unwrap();
        check(&path, 0, "after the checkpoint");
    }
    journal.append(&encode(&changes(0))).unwrap();
    check(&path, 1, "after one more");
}

#[test]
fn the_last_record_cut_or_flipped_anywhere_never_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    written(&path, 3);
    let whole = start_of(&path);
    let size = RECORD_HEAD + encode(&changes(0)).len();
    let last = RECORDS + 2 * size;
    for at in last..last + size {
        let mut torn = whole.clone();
        torn[at..].fill(0);
        // Zeros that were zeros before are not a tear.
        if torn[..last + size] != whole[..last + size] {
            fs::write(&path, &torn).unwrap();
            check(&path, 2, &format!("zeros from byte {at}"));
        }
        fs::write(&path, &whole[..at]).unwrap();
        check(&path, 2, &format!("cut at byte {at}"));
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        fs::write(&path, &flipped).unwrap();
        check(&path, 2, &format!("byte {at} flipped"));
    }
}

#[test]
fn damage_before_a_whole_record_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    written(&path, 3);
    let whole = start_of(&path);
    let size = RECORD_HEAD + encode(&changes(0)).len();
    for at in RECORDS..RECORDS + 2 * size {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        fs::write(&path, &flipped).unwrap();
        let error = Journal::open(&path).map(|_| ()).unwrap_err();
        assert!(matches!(error, FileError::CorruptJournal { .. }), "byte {at}: {error}");
    }
}

#[test]
fn one_damaged_head_is_survived_and_two_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut journal = written(&path, 2);
    journal.restart().unwrap();
    journal.append(&encode(&changes(0))).unwrap();
    let mut content = fs::read(&path).unwrap();
    // The older head; the newer one, of generation 2, is the first.
    content[super::BLOCK] ^= 1;
    fs::write(&path, &content).unwrap();
    check(&path, 1, "without the older head");
    content[0] ^= 1;
    fs::write(&path, &content).unwrap();
    let error = Journal::open(&path).map(|_| ()).unwrap_err();
    assert!(matches!(error, FileError::CorruptJournal { .. }), "{error}");
}
