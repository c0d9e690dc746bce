//! What this process uses of the machine, as Linux tells it.

use std::fs;

use crate::case::{Verdict, ensure};

/// Open files that may be of others in the process.
const FILES_SLACK: usize = 16;
/// Threads that may be of others in the process.
const THREADS_SLACK: usize = 16;
/// Memory that may be of others in the process, in bytes.
const MEMORY_SLACK: usize = 64 << 20;

/// What a process uses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    files: usize,
    threads: usize,
    memory_bytes: usize,
}

impl Usage {
    /// As it is now; `None` where the system does not tell.
    pub(super) fn now() -> Option<Self> {
        let entries = |folder: &str| Some(fs::read_dir(folder).ok()?.count());
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(Self {
            files: entries("/proc/self/fd")?,
            threads: entries("/proc/self/task")?,
            memory_bytes: kilobytes << 10,
        })
    }

    /// The case fails if this is much more than it was.
    pub(super) fn against(&self, before: &Self) -> Verdict {
        let pairs = [
            ("open files", self.files, before.files, FILES_SLACK),
            ("threads", self.threads, before.threads, THREADS_SLACK),
            ("bytes of memory", self.memory_bytes, before.memory_bytes, MEMORY_SLACK),
        ];
        for (what, after, before, slack) in pairs {
            ensure(after <= before + slack, || format!("{before} {what} became {after}"))?;
        }
        Ok(())
    }
}
