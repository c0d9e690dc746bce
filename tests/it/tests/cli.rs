//! The command line as scripts and people meet it: exit codes, and what is printed where.
//!
//! Tables of lines, distilled from transcripts of OpenBao's own command line. A list of pieces must
//! appear in its order; an empty one means that nothing at all is printed there. `{home}` is a
//! folder that goes with the table, `{url}` the server.

mod administration;
mod generic;
mod kv;
mod operator;
mod server;

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::support::binary;

/// One command line, and how it ends.
struct Case {
    /// The words after `strongroom`; `NAME=value` before them sets a variable.
    line: &'static str,
    stdin: &'static str,
    code: i32,
    out: &'static [&'static str],
    err: &'static [&'static str],
}

/// A line that succeeds and prints these pieces.
const fn ok(line: &'static str, out: &'static [&'static str]) -> Case {
    Case { line, stdin: "", code: 0, out, err: &[] }
}

/// A line that fails and says these pieces on standard error.
const fn fails(code: i32, line: &'static str, err: &'static [&'static str]) -> Case {
    Case { line, stdin: "", code, out: &[], err }
}

impl Case {
    const fn stdin(mut self, text: &'static str) -> Self {
        self.stdin = text;
        self
    }

    const fn out(mut self, pieces: &'static [&'static str]) -> Self {
        self.out = pieces;
        self
    }

    const fn err(mut self, pieces: &'static [&'static str]) -> Self {
        self.err = pieces;
        self
    }
}

/// A person at a terminal without a screen: a home, an address, a token.
struct Person {
    home: TempDir,
    url: String,
    token: String,
}

impl Person {
    fn new(url: &str, token: &str) -> Self {
        Self { home: TempDir::new().unwrap(), url: url.to_owned(), token: token.to_owned() }
    }

    /// Types a line and waits for its end.
    fn types(&self, line: &str, stdin: &str) -> Output {
        let line = self.filled(line);
        let words = line.split_whitespace();
        let mut command = Command::new(binary());
        command.env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.env("STRONGROOM_ADDR", &self.url).env("STRONGROOM_MAX_RETRIES", "0");
        command.env("STRONGROOM_TOKEN", &self.token);
        let is_variable = |word: &&str| {
            let name = word.split_once('=').map_or("", |(name, _)| name);
            !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        };
        for (name, value) in words.clone().take_while(is_variable).filter_map(|w| w.split_once('='))
        {
            command.env(name, value);
        }
        command.args(words.skip_while(is_variable));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that reads no input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// What a line prints that must succeed.
    fn reads(&self, line: &str) -> String {
        let output = self.types(line, "");
        assert!(output.status.success(), "{line}\n{}", shown(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Types the lines of a table, one after the other.
    fn checks(&self, cases: &[Case]) {
        for case in cases {
            let output = self.types(case.line, case.stdin);
            let code = output.status.code();
            assert_eq!(code, Some(case.code), "{}\n{}", case.line, shown(&output));
            for (what, text, pieces) in
                [("stdout", &output.stdout, case.out), ("stderr", &output.stderr, case.err)]
            {
                let fault = self.fault(&String::from_utf8_lossy(text), pieces);
                assert!(
                    fault.is_none(),
                    "{}\n{what}: {}\n{}",
                    case.line,
                    fault.unwrap_or_default(),
                    shown(&output)
                );
            }
        }
    }

    /// What is wrong with a text that should have these pieces, in this order.
    fn fault(&self, text: &str, pieces: &[&str]) -> Option<String> {
        if pieces.is_empty() && !text.is_empty() {
            return Some("it should be empty".to_owned());
        }
        let mut rest = text;
        for piece in pieces {
            let piece = self.filled(piece);
            match rest.split_once(&piece) {
                Some((_, behind)) => rest = behind,
                None => return Some(format!("{piece:?} is missing, or not in its place")),
            }
        }
        None
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{home}", &self.home.path().display().to_string()).replace("{url}", &self.url)
    }
}

fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}
