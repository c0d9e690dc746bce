//! A process that writes is killed at a random moment, again and again: what it acknowledged is
//! whole, and nothing is half done.
//!
//! The process is this very test binary, running only [`child`]. `CRASHES` sets how often it is
//! killed, `CONFORMANCE_SEED` the moments.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first thing that is not as it must be"
)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, mpsc},
    time::Duration,
};

use bytes::Bytes;
use conformance::{Random, seed};
use plugin_api::{Op, Storage, Write};
use storage_file::{Config, FileStorage};

/// Tells the child where to write.
const FOLDER: &str = "STORAGE_FILE_CRASH_FOLDER";
/// Batches are written by so many at once, each below a prefix of its own.
const WRITERS: u64 = 3;
/// The most entries of a batch.
const ENTRIES: u64 = 24;
const CRASHES: usize = 200;

fn op() -> Op {
    Op::within(Duration::from_secs(60))
}

async fn open(folder: &Path) -> FileStorage {
    FileStorage::open(Config { path: folder.to_owned() }).await.unwrap()
}

fn key(writer: u64, entry: u64) -> String {
    format!("w{writer}/f{}/e{entry}", entry % 3)
}

/// Batch `number` has so many entries, and deletes the others: `number` decides what there is.
fn entries(number: u64) -> u64 {
    1 + Random::new(number).next_u64() % ENTRIES
}

fn value(number: u64, entry: u64) -> Bytes {
    let mut random = Random::new(number << 8 | entry);
    let length = random.below(2_000);
    let filler: String = (0..length).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
    Bytes::from(format!("{number} {filler}"))
}

fn batch(writer: u64, number: u64) -> Vec<Write> {
    let count = entries(number);
    let write = |entry| match entry < count {
        true => Write::Put(key(writer, entry), value(number, entry)),
        false => Write::Delete(key(writer, entry)),
    };
    (0..ENTRIES).map(write).collect()
}

/// The number of the batch that is stored for a writer; 0 for none. It must be there as a whole.
async fn stored(storage: &FileStorage, writer: u64) -> u64 {
    let first = storage.get(op(), &key(writer, 0)).await.unwrap();
    let number = first.map_or(0, |value| {
        let text = String::from_utf8(value.to_vec()).unwrap();
        text.split(' ').next().unwrap().parse().unwrap()
    });
    let count = if number == 0 { 0 } else { entries(number) };
    for entry in 0..ENTRIES {
        let want = (entry < count).then(|| value(number, entry));
        let got = storage.get(op(), &key(writer, entry)).await.unwrap();
        assert!(got == want, "batch {number} of writer {writer} is not whole at entry {entry}");
    }
    let folder = format!("w{writer}/");
    let folders = storage.list(op(), &folder, "", 0).await.unwrap().keys.len() as u64;
    assert_eq!(folders, count.min(3), "the folders of batch {number}");
    number
}

/// Not a test of its own: it writes until it is killed, when the real test starts it.
#[test]
#[ignore = "started by the test below"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let storage = Arc::new(open(Path::new(&folder)).await);
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let storage = storage.clone();
            writers.spawn(async move {
                let begun = stored(&storage, writer).await;
                for number in begun + 1.. {
                    storage.apply(op(), &[], &batch(writer, number), None).await.unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "\nack {writer} {number}").unwrap();
                    out.flush().unwrap();
                }
            });
        }
        writers.join_all().await;
    });
}

/// When the child is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// So long after its start: while it opens the store, or carries the journal out.
    Starting(Duration),
    /// So long after its first acknowledgement.
    Writing(Duration),
}

/// Lets the child write into the folder, kills it, and gives its last acks.
fn crash(folder: &Path, moment: Moment) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (acks, ack) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut acked = vec![0; WRITERS as usize];
        for line in output.lines().map_while(Result::ok) {
            let words: Vec<&str> = line.split(' ').collect();
            if let ["ack", writer, number] = words[..] {
                acked[writer.parse::<usize>().unwrap()] = number.parse::<u64>().unwrap();
                acks.send(()).ok();
            }
        }
        acked
    });
    match moment {
        Moment::Starting(life) => std::thread::sleep(life),
        Moment::Writing(life) => {
            ack.recv_timeout(Duration::from_secs(30)).unwrap();
            std::thread::sleep(life);
        }
    }
    assert_eq!(child.try_wait().unwrap(), None, "the child ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[tokio::test]
async fn killed_at_any_moment_nothing_acknowledged_is_lost_or_half_done() {
    let crashes = std::env::var("CRASHES").ok().and_then(|text| text.parse().ok());
    let seed = seed();
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut last = vec![0; WRITERS as usize];
    for round in 0..crashes.unwrap_or(CRASHES) {
        let life = Duration::from_micros(random.below(50_000) as u64);
        let starting = random.percent(25);
        let moment = if starting { Moment::Starting(life) } else { Moment::Writing(life) };
        let acked = crash(folder.path(), moment);
        let storage = open(folder.path()).await;
        for writer in 0..WRITERS {
            let (number, before) = (stored(&storage, writer).await, last[writer as usize]);
            let acked = acked[writer as usize].max(before);
            // One batch may have been done and not yet acknowledged.
            let right = number == acked || number == acked + 1;
            assert!(right, "round {round}: {number} is stored, {acked} was acknowledged");
            last[writer as usize] = number;
        }
        if random.percent(30) {
            storage.close().await.unwrap();
        }
    }
    println!("batches written: {last:?}");
}
