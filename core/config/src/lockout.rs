//! `user_lockout`: how many wrong passwords a user has.

use std::time::Duration;

use crate::{error::Result, section::Section};

/// `user_lockout "userpass" { … }`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserLockout {
    /// The auth method, or `all`.
    pub method: String,
    /// After so many failures the user is locked out.
    pub threshold: u64,
    /// For so long.
    pub duration: Duration,
    /// Failures older than this do not count.
    pub counter_reset: Duration,
    /// Whether nobody is locked out.
    pub disabled: bool,
}

impl UserLockout {
    /// What holds for an auth method without a stanza.
    pub fn standard(method: &str) -> Self {
        let quarter = Duration::from_secs(15 * 60);
        Self {
            method: method.to_owned(),
            threshold: 5,
            duration: quarter,
            counter_reset: quarter,
            disabled: false,
        }
    }
}

/// Reads all lockout stanzas.
pub(crate) fn read(
    outermost: &mut Section<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<UserLockout>> {
    let sections = outermost.sections("user_lockout", 1)?;
    sections.into_iter().map(|mut section| lockout(&mut section, warnings)).collect()
}

fn lockout(section: &mut Section<'_>, warnings: &mut Vec<String>) -> Result<UserLockout> {
    let standard = UserLockout::standard(&section.label(0));
    let lockout = UserLockout {
        threshold: section.count("lockout_threshold")?.unwrap_or(standard.threshold),
        duration: section.duration("lockout_duration")?.unwrap_or(standard.duration),
        counter_reset: section.duration("lockout_counter_reset")?.unwrap_or(standard.counter_reset),
        disabled: section.flag("disable_lockout")?.unwrap_or(false),
        ..standard
    };
    section.warn_unknown(warnings);
    Ok(lockout)
}
