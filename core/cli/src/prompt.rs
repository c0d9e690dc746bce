//! Questions to the person at the terminal.

use std::io::{IsTerminal, stdin};

use crate::{
    failure::{Failure, Outcome},
    out,
};

/// Asks for a secret, which is not shown while it is typed. The fault is the reason alone.
pub(crate) fn hidden(question: &str) -> Result<String, String> {
    out::question(question);
    if !stdin().is_terminal() {
        out::answered();
        return Err("standard input is not a terminal".to_owned());
    }
    let answer = rpassword::read_password().map_err(|error| error.to_string());
    out::answered();
    answer.map(|text| text.trim().to_owned())
}

/// The same, as the end of a command if it cannot be asked.
pub(crate) fn secret(question: &str, what: &str, instead: &str) -> Outcome<String> {
    hidden(question).map_err(|why| {
        Failure::local(format!(
            "The {what} cannot be asked for: {why}. Run the command in a terminal, or {instead}."
        ))
    })
}
