//! The timers of leases.

use std::sync::Arc;

use jiff::Timestamp;

use super::{LeaseId, Place, Timers};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

fn timers() -> Timers {
    let timers = Timers::default();
    for (name, second) in [("c", 30), ("a", 10), ("b", 20), ("d", 10)] {
        timers.set(&LeaseId::from(name), Place::Gone, Place::At(at(second)));
    }
    timers
}

fn check(now: i64, max: usize, want: &[&str]) {
    let timers = timers();
    let got = timers.due(at(now), max);
    let want: Vec<LeaseId> = want.iter().map(|&name| Arc::from(name)).collect();
    assert_eq!(got, want, "at {now}, at most {max}");
    assert_eq!(timers.len(), 4 - want.len());
}

#[test]
fn due() {
    check(9, 10, &[]);
    check(10, 10, &["a", "d"]);
    check(10, 1, &["a"]);
    check(29, 10, &["a", "d", "b"]);
    check(1000, 10, &["a", "d", "b", "c"]);
}

#[test]
fn moves() {
    let timers = timers();
    let c = LeaseId::from("c");
    timers.set(&c, Place::At(at(30)), Place::At(at(5)));
    assert_eq!(timers.next(), Some(at(5)));
    timers.set(&c, Place::At(at(5)), Place::Irrevocable);
    assert_eq!(timers.irrevocable(), [Arc::clone(&c)]);
    assert_eq!(timers.next(), Some(at(10)));
    timers.set(&c, Place::Irrevocable, Place::Gone);
    assert!(timers.irrevocable().is_empty());
    assert_eq!(timers.len(), 3);
}

#[test]
fn unread() {
    let timers = Timers::default();
    for name in ["a", "b", "c"] {
        timers.add_unread(LeaseId::from(name));
    }
    assert_eq!(timers.take_unread(2).len(), 2);
    assert_eq!(timers.take_unread(2).len(), 1);
    assert_eq!(timers.take_unread(2).len(), 0);
}
