//! Whose turn it is in a place: one word that the one who waits and the plugin's threads agree by.
//!
//! ```text
//!          ┌─ queued ─┐
//! free ──▸ ┤          ├─▸ running ──▸ answering ──▸ answered ──▸ free
//!          └──────────┘
//! ```
//!
//! Both sides end their part once: the waiter by taking the answer or by leaving, the plugin's by
//! answering. Whoever comes second frees the place. What is in a place belongs to
//!
//! - whoever took it, until it is queued or running;
//! - nobody while it is queued or running: the plugin reads it, and nobody changes it;
//! - the thread that answers while it is answering;
//! - the waiter once it is answered; that thread, if the waiter had left before.

use std::sync::atomic::{AtomicU64, Ordering};

/// A stage below, two marks, and above them how often the place was used.
#[derive(Default)]
pub(super) struct Turn(AtomicU64);

const STAGE: u64 = 0b111;
const FREE: u64 = 0;
const QUEUED: u64 = 1;
const RUNNING: u64 = 2;
const ANSWERING: u64 = 3;
const ANSWERED: u64 = 4;
/// The waiter wants to be woken.
const WAITS: u64 = 1 << 3;
/// The waiter has left.
const LEFT: u64 = 1 << 4;
/// It goes on although the waiter has left.
const DETACHED: u64 = 1 << 5;
/// One use.
const USE: u64 = 1 << 8;
/// Uses are counted up to here, and then from the start: ages later.
const USES: u64 = 1 << 48;

/// How a call begins.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Begin {
    /// On this thread, now.
    Here,
    /// On another one, which says [`Turn::run`] first.
    Elsewhere,
}

/// What is left to be done once a call is answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Then {
    /// The waiter will come by itself.
    Nothing,
    /// The waiter must be woken.
    Wake,
    /// Nobody waits any more: the place is ours to clear and to free.
    Clear,
}

/// Where a call was when its waiter left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Left {
    /// It will not begin; who comes to begin it clears the place.
    Queued,
    /// The plugin has it; who answers it clears the place.
    Running,
    /// The answer is there: the place is ours to clear and to free.
    Answered,
}

impl Turn {
    /// The number of the next use of a place that only we have; never 0.
    pub(super) fn next(&self) -> u64 {
        self.0.load(Ordering::Relaxed) / USE % (USES - 1) + 1
    }

    /// Begins that use.
    pub(super) fn begin(&self, number: u64, begin: Begin) {
        let stage = if begin == Begin::Here { RUNNING } else { QUEUED };
        self.0.store((number * USE) | stage, Ordering::Release);
    }

    /// A queued call comes to its thread. `false`: its waiter has left; the place is ours to clear
    /// and to free.
    pub(super) fn run(&self) -> bool {
        let begin = |word: u64| {
            let stays = word & LEFT == 0 || word & DETACHED != 0;
            (stays && word & STAGE == QUEUED).then_some(word & !STAGE | RUNNING)
        };
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, begin).is_ok()
    }

    /// The plugin answers that use of the place. `false`: it is not under way, or answered already.
    pub(super) fn answer(&self, number: u64) -> bool {
        let mut word = self.0.load(Ordering::Acquire);
        while word / USE == number && word & STAGE == RUNNING {
            let next = word & !STAGE | ANSWERING;
            let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
            match self.0.compare_exchange_weak(word, next, success, failure) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// The answer is there.
    pub(super) fn answered(&self) -> Then {
        let before = self.0.fetch_add(ANSWERED - ANSWERING, Ordering::AcqRel);
        if before & LEFT != 0 {
            Then::Clear
        } else if before & WAITS != 0 {
            Then::Wake
        } else {
            Then::Nothing
        }
    }

    /// The same, where nobody can have begun to wait or have left.
    pub(super) fn answered_here(&self) {
        let word = self.0.load(Ordering::Relaxed);
        self.0.store((word & !STAGE) | ANSWERED, Ordering::Release);
    }

    pub(super) fn is_answered(&self) -> bool {
        self.0.load(Ordering::Acquire) & STAGE == ANSWERED
    }

    /// The waiter wants to be woken. `true`: no need, the answer is there.
    pub(super) fn wait(&self) -> bool {
        self.0.fetch_or(WAITS, Ordering::AcqRel) & STAGE == ANSWERED
    }

    /// The waiter leaves; the call goes on for as long as the plugin has it.
    pub(super) fn leave(&self) -> Left {
        Self::left(self.0.fetch_or(LEFT, Ordering::AcqRel))
    }

    /// The waiter leaves, and the call begins and goes on all the same.
    pub(super) fn detach(&self) -> Left {
        Self::left(self.0.fetch_or(LEFT | DETACHED, Ordering::AcqRel))
    }

    /// The place is empty. `true`: there is a waker in it.
    pub(super) fn free(&self) -> bool {
        let word = self.0.load(Ordering::Relaxed);
        self.0.store((word / USE * USE) | FREE, Ordering::Release);
        word & WAITS != 0
    }

    pub(super) fn is_free(&self) -> bool {
        self.0.load(Ordering::Relaxed) & STAGE == FREE
    }

    const fn left(before: u64) -> Left {
        match before & STAGE {
            QUEUED => Left::Queued,
            ANSWERED => Left::Answered,
            _ => Left::Running,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(turn: &Turn, begin: Begin) -> u64 {
        let number = turn.next();
        turn.begin(number, begin);
        number
    }

    #[test]
    fn a_call_that_is_waited_for() {
        let turn = Turn::default();
        assert!(turn.is_free());
        let first = begin(&turn, Begin::Here);
        assert!(!turn.wait() && !turn.is_answered());
        assert!(!turn.answer(first + 1), "another use");
        assert!(turn.answer(first));
        assert!(!turn.answer(first), "twice");
        assert_eq!(turn.answered(), Then::Wake);
        assert!(turn.is_answered() && !turn.answer(first), "twice, late");
        turn.free();
        let second = begin(&turn, Begin::Here);
        assert!(second != first && !turn.answer(first), "twice, very late");
        assert!(turn.answer(second));
        assert_eq!(turn.answered(), Then::Nothing);
        assert!(turn.wait());
        assert_eq!(turn.leave(), Left::Answered);
    }

    #[test]
    fn a_call_whose_waiter_leaves() {
        let turn = Turn::default();
        let running = begin(&turn, Begin::Here);
        assert_eq!(turn.leave(), Left::Running);
        assert!(turn.answer(running));
        assert_eq!(turn.answered(), Then::Clear);
        turn.free();
        let answering = begin(&turn, Begin::Here);
        assert!(turn.answer(answering));
        assert_eq!(turn.leave(), Left::Running);
        assert_eq!(turn.answered(), Then::Clear);
    }

    #[test]
    fn a_call_that_waits_for_a_thread() {
        let turn = Turn::default();
        let number = begin(&turn, Begin::Elsewhere);
        assert!(!turn.answer(number), "before it begins");
        assert!(turn.run() && turn.answer(number));
        turn.answered();
        turn.free();
        begin(&turn, Begin::Elsewhere);
        assert_eq!(turn.leave(), Left::Queued);
        assert!(!turn.run(), "a write that lands after its caller has gone would surprise");
        turn.free();
        begin(&turn, Begin::Elsewhere);
        assert_eq!(turn.detach(), Left::Queued);
        assert!(turn.run());
    }
}
