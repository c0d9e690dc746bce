//! A walk over all keys below a prefix, page by page, in byte order within each folder.

use std::vec;

use logical::{Result, View};

#[cfg(test)]
mod tests;

/// How many names are asked for at a time.
const PAGE: usize = 1024;

/// Where a walk is. It can be taken up again after any key that it gave.
pub(crate) struct Walk<'a> {
    view: &'a dyn View,
    root: String,
    /// The open folders, the outermost first.
    frames: Vec<Frame>,
}

/// A folder that is being read.
struct Frame {
    /// Its name below the root, empty or ending in `/`.
    folder: String,
    /// What has been listed and not been given yet.
    names: vec::IntoIter<String>,
    /// The last name that was given.
    last: String,
    /// Whether there may be more to list.
    more: bool,
}

impl<'a> Walk<'a> {
    /// All keys below `root`, which ends in `/`.
    pub(crate) fn new(view: &'a dyn View, root: impl Into<String>) -> Self {
        Self { view, root: root.into(), frames: vec![Frame::after("", String::new())] }
    }

    /// The keys below `root` that come after a key which the walk gave before.
    pub(crate) fn after(view: &'a dyn View, root: impl Into<String>, key: &str) -> Self {
        let mut frames = Vec::new();
        let mut folder = 0;
        for (slash, _) in key.match_indices('/') {
            let (before, name) = (key.get(..folder), key.get(folder..=slash));
            frames.push(Frame::after(before.unwrap_or(""), name.unwrap_or("").to_owned()));
            folder = slash + 1;
        }
        let (before, name) = key.split_at_checked(folder).unwrap_or((key, ""));
        frames.push(Frame::after(before, name.to_owned()));
        Self { view, root: root.into(), frames }
    }

    /// The next key, as a name below the root.
    pub(crate) async fn next(&mut self) -> Result<Option<String>> {
        loop {
            let Some(frame) = self.frames.last_mut() else { return Ok(None) };
            if let Some(name) = frame.names.next() {
                let full = format!("{}{name}", frame.folder);
                let folder = name.ends_with('/');
                frame.last = name;
                if folder {
                    self.frames.push(Frame::after(&full, String::new()));
                    continue;
                }
                return Ok(Some(full));
            }
            if !frame.more {
                self.frames.pop();
                continue;
            }
            let prefix = format!("{}{}", self.root, frame.folder);
            let entries = self.view.list(&prefix, &frame.last, PAGE).await?;
            frame.more = entries.more && !entries.keys.is_empty();
            frame.names = entries.keys.into_iter();
        }
    }

    /// The next keys, at most so many.
    pub(crate) async fn take(&mut self, limit: usize) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        while keys.len() < limit {
            match self.next().await? {
                Some(key) => keys.push(key),
                None => break,
            }
        }
        Ok(keys)
    }
}

impl Frame {
    fn after(folder: &str, last: String) -> Self {
        Self { folder: folder.to_owned(), names: Vec::new().into_iter(), last, more: true }
    }
}
