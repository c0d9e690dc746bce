//! Places that are made once and used again and again: a call takes one that is free and gives it
//! back, which costs less than making and forgetting all that a call needs.
//!
//! The free ones are a stack (Treiber, "Systems programming: coping with parallelism", 1986) whose
//! top carries a tag, so that a top which went and came back is not taken for the same one.

use std::sync::{
    OnceLock,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use parking_lot::Mutex;

/// Places that are made at once.
const ROW: u32 = 64;
const ROWS: usize = 1024;
/// The most places there can be.
pub(super) const PLACES_MAX: u32 = ROW * ROWS as u32;
/// The place that is none.
const NONE: u32 = u32::MAX;
/// What one tag is to the word of the top.
const TAG: u64 = 1 << 32;

/// Places with a `T` each, at addresses that never change.
pub(super) struct Places<T: 'static> {
    rows: [OnceLock<Box<[Place<T>]>>; ROWS],
    /// How many rows there are.
    made: Mutex<u32>,
    /// A tag above, the index of the first free place below.
    top: AtomicU64,
}

/// One place.
pub(super) struct Place<T> {
    index: u32,
    /// The free place below this one.
    below: AtomicU32,
    it: T,
}

// === impl Places ===

impl<T> Default for Places<T> {
    fn default() -> Self {
        let rows = std::array::from_fn(|_| OnceLock::new());
        Self { rows, made: Mutex::default(), top: AtomicU64::new(u64::from(NONE)) }
    }
}

impl<T: Default> Places<T> {
    /// A place that nobody else has until it is given back; `None` if all are taken.
    #[inline]
    pub(super) fn take(&self) -> Option<&Place<T>> {
        loop {
            if let Some(place) = self.pop() {
                return Some(place);
            }
            self.make()?;
        }
    }

    /// Gives a place back.
    #[inline]
    pub(super) fn give(&self, place: &Place<T>) {
        let mut top = self.top.load(Ordering::Relaxed);
        loop {
            place.below.store(index_of(top), Ordering::Relaxed);
            let next = tagged(top, place.index);
            match self.top.compare_exchange_weak(top, next, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => top = now,
            }
        }
    }

    /// The place of that index, if there is one, whoever has it.
    #[inline]
    pub(super) fn at(&self, index: u32) -> Option<&Place<T>> {
        let row = self.rows.get((index / ROW) as usize)?.get()?;
        row.get((index % ROW) as usize)
    }

    /// All places that there are, whoever has them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Place<T>> {
        self.rows.iter().map_while(OnceLock::get).flatten()
    }

    #[inline]
    fn pop(&self) -> Option<&Place<T>> {
        let mut top = self.top.load(Ordering::Acquire);
        loop {
            let place = self.at(index_of(top))?;
            // Out of date if somebody takes this place meanwhile: then the tag is another one.
            let next = tagged(top, place.below.load(Ordering::Relaxed));
            match self.top.compare_exchange_weak(top, next, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Some(place),
                Err(now) => top = now,
            }
        }
    }

    /// One more row of places, unless somebody else has just made one; `None` if there is no room.
    fn make(&self) -> Option<()> {
        let mut made = self.made.lock();
        if index_of(self.top.load(Ordering::Acquire)) != NONE {
            return Some(());
        }
        let first = *made * ROW;
        let place = |index| Place { index, below: AtomicU32::new(NONE), it: T::default() };
        let row = self.rows.get(*made as usize)?;
        let row = row.get_or_init(|| (first..first + ROW).map(place).collect());
        *made += 1;
        row.iter().rev().for_each(|place| self.give(place));
        Some(())
    }
}

const fn index_of(top: u64) -> u32 {
    (top & (TAG - 1)) as u32
}

/// The word of a top, with the tag that follows.
const fn tagged(before: u64, index: u32) -> u64 {
    (before & !(TAG - 1)).wrapping_add(TAG) | index as u64
}

// === impl Place ===

impl<T> Place<T> {
    pub(super) const fn index(&self) -> u32 {
        self.index
    }
}

impl<T> std::ops::Deref for Place<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.it
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn a_place_is_used_again() {
        let places = Places::<()>::default();
        let first = places.take().unwrap();
        assert_eq!(first.index(), places.at(first.index()).unwrap().index());
        places.give(first);
        assert_eq!(places.take().unwrap().index(), first.index());
    }

    #[test]
    fn there_is_an_end() {
        let places = Places::<()>::default();
        let taken = (0..PLACES_MAX).map(|_| places.take().unwrap().index());
        let mut taken: Vec<_> = taken.collect();
        assert!(places.take().is_none());
        taken.sort_unstable();
        assert!(taken.into_iter().eq(0..PLACES_MAX));
        assert!(places.at(PLACES_MAX).is_none());
    }

    #[test]
    fn nobody_shares_a_place() {
        let places = Places::<AtomicBool>::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..20_000 {
                        let mine: Vec<_> =
                            (0..=round % 3).map(|_| places.take().unwrap()).collect();
                        for place in &mine {
                            assert!(!place.swap(true, Ordering::Relaxed), "taken twice");
                        }
                        for place in mine {
                            place.store(false, Ordering::Relaxed);
                            places.give(place);
                        }
                    }
                });
            }
        });
        assert!(places.all().all(|place| !place.load(Ordering::Relaxed)));
    }
}
