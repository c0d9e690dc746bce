//! How long a token or a lease may live: what was asked for, within what the mount and the record
//! allow.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    Error, Result,
    time::{after, until, whole},
};

#[cfg(test)]
mod tests;

/// The times to live of a mount, effective ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Where nothing is asked for.
    pub default: Duration,
    /// The longest.
    pub max: Duration,
}

/// What a request or a record asks for; zero where it does not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish {
    /// Time to live.
    pub ttl: Duration,
    /// The period of a periodic token: it may be renewed for ever.
    pub period: Duration,
    /// A maximum besides the mount's.
    pub max: Duration,
    /// A maximum that holds for periodic tokens too.
    pub explicit_max: Duration,
}

/// A time to live, and what the client is to be told about it.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Life {
    pub ttl: Duration,
    pub warnings: Vec<String>,
}

impl Limits {
    /// The life, from now on, of something that was issued at some time.
    pub(crate) fn life(&self, wish: Wish, issued: Timestamp, now: Timestamp) -> Result<Life> {
        let max = [wish.max, wish.explicit_max]
            .into_iter()
            .filter(|limit| !limit.is_zero())
            .fold(self.max, Duration::min);
        let (ttl, bound, word) = match (wish.period.is_zero(), wish.ttl.is_zero()) {
            (false, _) => (wish.period.min(max), wish.explicit_max, "period"),
            (true, false) => (wish.ttl, max, "TTL"),
            (true, true) => (self.default, max, "TTL"),
        };
        let mut warnings = Vec::new();
        if !wish.period.is_zero() && wish.period > max {
            warnings.push(capped(word, wish.period, max));
        }
        if bound.is_zero() {
            return Ok(Life { ttl, warnings });
        }
        // Maxima are counted in whole seconds, so that a token renewed at once gets all of its.
        let left = until(whole(now), after(whole(issued), bound));
        if left.is_zero() {
            return Err(Error::PastMaxTtl);
        }
        if ttl > left {
            warnings.push(capped("TTL", ttl, left));
        }
        Ok(Life { ttl: ttl.min(left), warnings })
    }
}

fn capped(word: &str, asked: Duration, max: Duration) -> String {
    let (asked, max) = (short(asked), short(max));
    format!(
        "{word} of \"{asked}\" exceeded the effective max_ttl of \"{max}\"; {word} value is capped \
         accordingly"
    )
}

/// A length of time without the zeros at its end: `3h`, `1h30m`.
fn short(duration: Duration) -> String {
    let mut text = logical::duration::text(duration);
    for (zeros, unit) in [("m0s", 'm'), ("h0m", 'h')] {
        if let Some(rest) = text.strip_suffix(zeros) {
            text = format!("{rest}{unit}");
        }
    }
    text
}
