//! From words to a command, and from its end to an exit code.

use crate::{
    call::Call,
    command::{self, Command, Group},
    help, out,
};

/// No command, or none of that name.
const NO_SUCH_COMMAND: u8 = 127;

/// What the first words name.
enum Named<'a> {
    Command(&'static Command, &'a [String]),
    Group(&'static Group, &'a [String]),
    Nothing,
}

/// Does what the words say; answers the exit code.
pub(crate) fn run(words: &[String]) -> u8 {
    match words.first().map(String::as_str) {
        Some("-v" | "-version" | "--version") => return run(&["version".to_owned()]),
        Some("-h" | "-help" | "--help" | "help") if words.len() == 1 => {
            out::line(&help::top());
            return 0;
        }
        // `help kv get` is `kv get -h`.
        Some("help") => {
            let mut turned = words.get(1..).unwrap_or_default().to_vec();
            turned.push("-h".to_owned());
            return run(&turned);
        }
        _ => {}
    }
    match named(words) {
        Named::Command(command, rest) if wants_help(rest) => {
            out::line(&help::command(command));
            0
        }
        Named::Command(command, rest) => execute(command, rest),
        Named::Group(group, rest) if rest.first().is_some_and(|word| is_help(word)) => {
            out::line(&help::group(group));
            0
        }
        Named::Group(group, _) => {
            out::note(&help::group(group));
            1
        }
        Named::Nothing => {
            out::note(&help::top());
            NO_SUCH_COMMAND
        }
    }
}

fn execute(command: &Command, words: &[String]) -> u8 {
    let outcome = Call::parse(command, words).and_then(|call| (command.run)(&call));
    match outcome {
        Ok(()) => 0,
        Err(failure) => {
            if let Some(text) = failure.text() {
                out::error(text);
            }
            failure.code()
        }
    }
}

/// Finds the command with the most words, then the group.
fn named(words: &[String]) -> Named<'_> {
    let name = |count: usize| words.get(..count).map(|taken| taken.join(" "));
    for count in (1..=3).rev() {
        if let Some(command) = name(count).as_deref().and_then(command::find) {
            return Named::Command(command, words.get(count..).unwrap_or_default());
        }
        if let Some(group) = name(count).as_deref().and_then(command::find_group) {
            return Named::Group(group, words.get(count..).unwrap_or_default());
        }
    }
    Named::Nothing
}

/// Whether help is asked for, anywhere before the end of the flags.
fn wants_help(words: &[String]) -> bool {
    words.iter().take_while(|word| *word != "--").any(|word| is_help(word))
}

fn is_help(word: &str) -> bool {
    matches!(word, "-h" | "-help" | "--help")
}
