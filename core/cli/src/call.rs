//! One command line, parsed: the command, its flags and its arguments.

use crate::{
    command::{Arguments, Command},
    failure::{Failure, Outcome},
    flags::{self, Flag, Given},
    show::Format,
};

/// A parsed command line.
#[derive(Debug)]
pub(crate) struct Call {
    /// The command's flags.
    pub(crate) given: Given,
    /// The command's arguments, as many as it takes.
    pub(crate) arguments: Vec<String>,
    /// In which form to print.
    pub(crate) format: Format,
}

impl Call {
    /// Parses the words that follow a command's name.
    pub(crate) fn parse(command: &Command, words: &[String]) -> Outcome<Self> {
        let known: Vec<&'static [Flag]> = command.all_flags().collect();
        let (given, arguments) = flags::parse(&known, words).map_err(Failure::Local)?;
        let format = match given.text("format") {
            Some(name) => Format::parse(name)?,
            None => Format::from_environment()?,
        };
        if format == Format::Raw && command.name != "read" {
            return Err(Failure::local("The raw format is known by \"read\" alone"));
        }
        count(command.arguments, arguments.len())?;
        Ok(Self { given, arguments, format })
    }

    /// An argument, by its place; empty if it was not given.
    pub(crate) fn argument(&self, place: usize) -> &str {
        self.arguments.get(place).map(String::as_str).unwrap_or_default()
    }

    /// The arguments from a place on.
    pub(crate) fn rest(&self, place: usize) -> &[String] {
        self.arguments.get(place..).unwrap_or_default()
    }

    /// An argument that is a path: without white space and slashes around it.
    pub(crate) fn path(&self, place: usize) -> String {
        self.argument(place).trim().trim_matches('/').to_owned()
    }

    /// The field that alone is to be printed.
    pub(crate) fn field(&self) -> Option<&str> {
        self.given.text("field").filter(|field| !field.is_empty())
    }

    /// Whether a listing is to be printed with all its columns.
    pub(crate) fn detailed(&self) -> bool {
        let from_environment = || {
            let text = client::settings::variable("DETAILED").unwrap_or_default();
            matches!(text.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True")
        };
        self.given.truth("detailed").unwrap_or_else(from_environment)
    }
}

fn count(arguments: Arguments, got: usize) -> Outcome {
    let (least, most) = match arguments {
        Arguments::Exactly(number) => (number, number),
        Arguments::AtLeast(number) => (number, usize::MAX),
        Arguments::Between(least, most) => (least, most),
    };
    if got < least {
        let expected = match arguments {
            Arguments::AtLeast(number) => format!("at least {number}"),
            Arguments::Exactly(number) | Arguments::Between(number, _) => number.to_string(),
        };
        return Err(Failure::Local(format!(
            "Not enough arguments (expected {expected}, got {got})"
        )));
    }
    if got > most {
        return Err(Failure::Local(format!("Too many arguments (expected {most}, got {got})")));
    }
    Ok(())
}
