//! Tools of others that a build needs: how they are started, and how they are installed.

use std::{
    io::ErrorKind,
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    failure::{Failure, Outcome},
    out,
};

/// A program, and the line that installs it.
pub(super) struct Tool {
    pub(super) program: &'static str,
    pub(super) install: &'static str,
}

pub(super) const CARGO: Tool = Tool {
    program: "cargo",
    install: "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh",
};
pub(super) const CC: Tool = Tool { program: "cc", install: "apt-get install gcc" };
pub(super) const PYTHON: Tool =
    Tool { program: "componentize-py", install: "pip install componentize-py" };
pub(super) const JAVASCRIPT: Tool = Tool { program: "npx", install: "apt-get install nodejs npm" };

impl Tool {
    /// Runs it in a folder; what it says goes to standard error, what it answers is given back.
    pub(super) fn run(&self, folder: &Path, arguments: &[&str]) -> Outcome<String> {
        out::note(&format!("{} {}", self.program, arguments.join(" ")));
        let ended = Command::new(self.program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output();
        match ended {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(self.missing()),
            Err(error) => Err(Failure::Local(format!("{} cannot be run: {error}", self.program))),
            Ok(ended) if !ended.status.success() => {
                out::note(String::from_utf8_lossy(&ended.stdout).trim_end());
                Err(Failure::Local(format!("{} ended with {}", self.program, ended.status)))
            }
            Ok(ended) => Ok(String::from_utf8_lossy(&ended.stdout).into_owned()),
        }
    }

    /// It is not there.
    pub(super) fn missing(&self) -> Failure {
        Failure::Local(format!(
            "{} is not installed; install it with: {}",
            self.program, self.install
        ))
    }
}

/// What a program answers, if it is there and succeeds.
pub(super) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let ended = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    ended.status.success().then_some(text)
}
