//! Whether a recorded history is linearizable: the search of Wing and Gong with Lowe's memory.
//!
//! The calls are put in some order in which each could have taken effect at one instant between its
//! begin and its end; if no order explains every answer, the storage is wrong.

use std::collections::HashSet;

/// The keys that a history is about.
pub(super) const KEYS: usize = 6;
/// The most calls of a history: one bit each.
const CALLS_MAX: usize = 64;

/// What was called, with what it answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Call {
    /// The key, and the value that was read.
    Get(usize, Option<u32>),
    /// The key and the value.
    Put(usize, u32),
    /// The key.
    Delete(usize),
    /// A batch: what it expected, what it wrote, and whether it was told that the checks held.
    Apply { checks: Vec<(usize, Option<u32>)>, writes: Vec<(usize, Option<u32>)>, held: bool },
}

/// A call in time.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) call: Call,
    pub(super) begin: u64,
    /// `None`: it may take effect at any time, or never.
    pub(super) end: Option<u64>,
}

type State = [Option<u32>; KEYS];

/// Says why the history is not linearizable, with the history.
pub(super) fn check(history: &[Event]) -> Result<(), String> {
    if history.len() > CALLS_MAX {
        return Err(format!("a history of {} calls is too long to check", history.len()));
    }
    let certain = history.iter().enumerate().filter(|(_, event)| event.end.is_some());
    let goal = certain.fold(0_u64, |bits, (n, _)| bits | 1 << n);
    let mut seen = HashSet::new();
    let mut open: Vec<(u64, State)> = vec![(0, State::default())];
    while let Some((done, state)) = open.pop() {
        if done & goal == goal {
            return Ok(());
        }
        if !seen.insert((done, state)) {
            continue;
        }
        let waiting = || history.iter().enumerate().filter(|(n, _)| done & (1 << n) == 0);
        // A call that began after another had ended cannot come before it.
        let first_end = waiting().filter_map(|(_, event)| event.end).min().unwrap_or(u64::MAX);
        for (n, event) in waiting().filter(|(_, event)| event.begin < first_end) {
            if let Some(next) = step(&state, event) {
                open.push((done | 1 << n, next));
            }
        }
    }
    let mut events: Vec<&Event> = history.iter().collect();
    events.sort_by_key(|event| event.begin);
    let lines: Vec<String> = events.iter().map(|event| format!("  {event:?}")).collect();
    Err(format!("no order of these calls explains their answers:\n{}", lines.join("\n")))
}

/// The state after the call, if the call could have answered so.
fn step(state: &State, event: &Event) -> Option<State> {
    let value = |key: usize| state.get(key).copied().flatten();
    let mut next = *state;
    match &event.call {
        Call::Get(key, seen) => return (value(*key) == *seen).then_some(next),
        Call::Put(key, new) => set(&mut next, *key, Some(*new)),
        Call::Delete(key) => set(&mut next, *key, None),
        Call::Apply { checks, writes, held } => {
            let holds = checks.iter().all(|(key, expected)| value(*key) == *expected);
            if event.end.is_some() && holds != *held {
                return None;
            }
            if holds {
                writes.iter().for_each(|(key, new)| set(&mut next, *key, *new));
            }
        }
    }
    Some(next)
}

fn set(state: &mut State, key: usize, value: Option<u32>) {
    if let Some(place) = state.get_mut(key) {
        *place = value;
    }
}

#[cfg(test)]
mod tests;
