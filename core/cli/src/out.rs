//! All that is printed: the only file that writes to standard output and standard error.
//!
//! A reader that went away (`strongroom list x | head -1`) is no error: what cannot be written is
//! dropped in silence.

use std::{
    env,
    io::{IsTerminal, Write, stderr, stdout},
};

const RED: &str = "\u{1b}[31m";
const YELLOW: &str = "\u{1b}[33m";
const PLAIN: &str = "\u{1b}[0m";

/// A result, with a line end.
pub(crate) fn line(text: &str) {
    drop(writeln!(stdout().lock(), "{text}"));
}

/// A bare value: with a line end only for a person, so that `$(…)` and files get the value itself.
pub(crate) fn value(text: &str) {
    let mut stdout = stdout().lock();
    let end = if stdout.is_terminal() { "\n" } else { "" };
    drop(write!(stdout, "{text}{end}"));
    drop(stdout.flush());
}

/// A question, without a line end.
pub(crate) fn question(text: &str) {
    let mut stdout = stdout().lock();
    drop(write!(stdout, "{text}"));
    drop(stdout.flush());
}

/// The line end that a hidden answer leaves out.
pub(crate) fn answered() {
    line("");
}

/// A remark beside the result.
pub(crate) fn note(text: &str) {
    drop(writeln!(stderr().lock(), "{text}"));
}

/// A warning beside the result.
pub(crate) fn warning(text: &str) {
    note(&coloured(YELLOW, text));
}

/// Why there is no result.
pub(crate) fn error(text: &str) {
    note(&coloured(RED, text));
}

/// Whether the user wants no colours, not even in a terminal.
pub(crate) fn colours_refused() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || client::settings::variable("CLI_NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn coloured(colour: &str, text: &str) -> String {
    if stderr().is_terminal() && !colours_refused() {
        format!("{colour}{text}{PLAIN}")
    } else {
        text.to_owned()
    }
}
