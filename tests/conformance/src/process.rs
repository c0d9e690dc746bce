//! What a plugin in this process could change of it, and must not.

use std::{env, ffi::OsString, fs, path::PathBuf};

/// The process at one moment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Process {
    /// The masks of the signals that are ignored and caught, as the kernel shows them.
    signals: Vec<String>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
}

impl Process {
    /// As it is now.
    pub fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let is_mask = |line: &&str| line.starts_with("SigIgn:") || line.starts_with("SigCgt:");
        let mut environment: Vec<_> = env::vars_os().collect();
        environment.sort();
        Self {
            signals: status.lines().filter(is_mask).map(str::to_owned).collect(),
            environment,
            folder: env::current_dir().ok(),
        }
    }

    /// What is another than it was, in words; values of the environment are not told.
    pub(crate) fn difference(&self, before: &Self) -> Option<String> {
        if self.signals != before.signals {
            let (was, is) = (before.signals.join(", "), self.signals.join(", "));
            return Some(format!("how signals are handled: {was}; now {is}"));
        }
        if let Some((name, _)) = self.environment.iter().find(|it| !before.environment.contains(it))
        {
            return Some(format!("the variable {}", name.to_string_lossy()));
        }
        if self.environment.len() != before.environment.len() {
            return Some("the environment: a variable is gone".to_owned());
        }
        (self.folder != before.folder).then(|| "the working directory".to_owned())
    }
}
