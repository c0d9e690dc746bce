//! Canaries: texts that nobody would write by chance, planted in values and settings. Where one is
//! found in an error or a log, a secret would have been.

use std::fmt::Write as _;

/// What the suite plants itself, in values and plaintexts.
pub(crate) const CANARY: &str = "canary-yellow-4c1d9b70";

/// What must not be told.
pub(crate) struct Canaries {
    forms: Vec<Form>,
}

/// One secret, as it may look in a text.
struct Form {
    /// What to call it: never the secret itself.
    name: String,
    looks: [String; 3],
}

impl Canaries {
    /// The suite's own canary, and secrets of the settings.
    pub(crate) fn new(secrets: Vec<String>) -> Self {
        let settings = secrets.into_iter().filter(|secret| !secret.is_empty()).enumerate();
        let settings = settings.map(|(n, secret)| (format!("secret {n} of the settings"), secret));
        let own = ("a value".to_owned(), CANARY.to_owned());
        let forms = std::iter::once(own).chain(settings);
        Self { forms: forms.map(|(name, secret)| Form { name, looks: looks(&secret) }).collect() }
    }

    /// What a text tells, if it tells any.
    pub(crate) fn found_in(&self, text: &str) -> Option<String> {
        let told = |form: &&Form| form.looks.iter().any(|look| text.contains(look.as_str()));
        self.forms.iter().find(told).map(|form| form.name.clone())
    }
}

/// A secret as it is, in hexadecimal, and as Rust and Python show a list of bytes.
fn looks(secret: &str) -> [String; 3] {
    let mut hex = String::new();
    for byte in secret.bytes() {
        // Writing to a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    let numbers: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
    [secret.to_owned(), hex, numbers.join(", ")]
}

#[cfg(test)]
mod tests;
