//! What every contract call is given: how long it may take.

use std::time::{Duration, Instant};

/// The context of one call.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    /// When the caller stops waiting. The host enforces it too; a provider uses it to set the
    /// timeouts of its own connections.
    pub deadline: Instant,
}

impl Op {
    /// A call that may take this long from now.
    pub fn within(budget: Duration) -> Self {
        Self { deadline: Instant::now() + budget }
    }

    /// The time that is left; zero once the deadline has passed.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
