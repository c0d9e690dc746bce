//! File systems of their own for a test: small ones, and ones that cannot be written.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// How much is written at a time to fill a file system.
const PIECE: usize = 64 << 10;

/// A file system in memory, in a temporary folder. It goes with this.
pub(super) struct Disk {
    folder: TempDir,
}

impl Disk {
    /// One with these options; `None`, and a word about it, where the user may not mount.
    pub(super) fn mount(options: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "strongroom-test"]).arg(folder.path());
        match command.stderr(Stdio::null()).status() {
            Ok(status) if status.success() => Some(Self { folder }),
            _ => {
                eprintln!("skipped: this user may not mount a file system; run the test as root");
                None
            }
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes files until there is room for so many more, folders included.
    pub(super) fn leave_room_for(&self, files: usize) {
        let mut made = Vec::new();
        loop {
            let path = self.path().join(format!("file-{}", made.len()));
            match fs::File::create_new(&path) {
                Ok(_) => made.push(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => made.push(path),
                Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
        for path in made.iter().rev().take(files) {
            fs::remove_file(path).unwrap();
        }
    }

    /// Fills it to the last byte.
    pub(super) fn fill(&self) -> Filler {
        let path = self.path().join("filler");
        let mut file = fs::File::create(&path).unwrap();
        let mut piece = vec![0; PIECE];
        while !piece.is_empty() {
            match file.write_all(&piece) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                    piece.truncate(piece.len() / 2);
                }
                Err(error) => panic!("{error}"),
            }
        }
        Filler { path }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a server that is about to end may still have a file open.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// What takes all the space, until it is removed.
pub(super) struct Filler {
    path: PathBuf,
}

impl Filler {
    /// Gives the space back.
    pub(super) fn remove(self) {
        fs::remove_file(self.path).unwrap();
    }
}
