//! `seal`: what unseals the server.

use std::time::Duration;

use crate::{
    error::{Error, Result},
    section::Section,
    stanza::Stanza,
};

/// The most seal stanzas.
pub const SEALS_MAX: usize = 3;

/// `seal "awskms" { … }`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SealStanza {
    /// The provider and its settings, without those below.
    pub stanza: Stanza,
    /// Whether it only unwraps what was wrapped before, for a migration away from it.
    pub disabled: bool,
    /// What to call it, if there are several.
    pub name: Option<String>,
    /// Which is tried first, if there are several: 1 before 2.
    pub priority: Option<u64>,
    /// What it is for; nothing means unsealing.
    pub purpose: Vec<String>,
    /// How it is watched.
    pub health: SealHealth,
}

/// How often a seal is asked whether it is well.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SealHealth {
    /// Whether it is asked at all.
    pub enabled: bool,
    /// How long it has for the answer.
    pub timeout: Duration,
    /// How often while it is well.
    pub interval: Duration,
    /// How often while it is not.
    pub interval_unhealthy: Duration,
}

impl Default for SealHealth {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { enabled: true, timeout: minute, interval: minute * 10, interval_unhealthy: minute }
    }
}

/// Reads all seal stanzas, in their order. None at all means Shamir.
pub(crate) fn read(outermost: &mut Section<'_>) -> Result<Vec<SealStanza>> {
    let mut seals = Vec::new();
    for key in ["seal", "kms", "hsm"] {
        for mut section in outermost.sections(key, 1)? {
            if seals.len() == SEALS_MAX {
                return Err(Error::TooManySeals(section.place()));
            }
            seals.push(seal(&mut section)?);
        }
    }
    Ok(seals)
}

fn seal(section: &mut Section<'_>) -> Result<SealStanza> {
    let usual = SealHealth::default();
    let health = SealHealth {
        enabled: section.flag("health_check_enabled")?.unwrap_or(usual.enabled),
        timeout: section.duration("health_check_timeout")?.unwrap_or(usual.timeout),
        interval: section.duration("health_check_interval")?.unwrap_or(usual.interval),
        interval_unhealthy: section
            .duration("health_check_interval_unhealthy")?
            .unwrap_or(usual.interval_unhealthy),
    };
    Ok(SealStanza {
        disabled: section.flag("disabled")?.unwrap_or(false),
        name: section.text("name")?,
        priority: section.count("priority")?,
        purpose: section.list("purpose")?,
        health,
        stanza: Stanza::rest_of(section)?,
    })
}
