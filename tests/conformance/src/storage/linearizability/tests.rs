//! Histories whose verdict is known: a checker that accepts everything proves nothing.

use super::{Call, Event, check};

fn case(events: &[(Call, u64, Option<u64>)], linearizable: bool) {
    let history: Vec<Event> = events
        .iter()
        .map(|(call, begin, end)| Event { call: call.clone(), begin: *begin, end: *end })
        .collect();
    assert_eq!(check(&history).is_ok(), linearizable, "{history:?}");
}

#[test]
fn known_histories() {
    use Call::{Apply, Delete, Get, Put};
    let batch =
        |held| Apply { checks: vec![(0, None)], writes: vec![(0, Some(7)), (1, Some(7))], held };
    case(&[], true);
    case(&[(Put(0, 1), 0, Some(1)), (Get(0, Some(1)), 2, Some(3))], true);
    case(&[(Put(0, 1), 0, Some(1)), (Get(0, None), 2, Some(3))], false);
    case(&[(Put(0, 1), 0, Some(3)), (Get(0, None), 1, Some(2))], true);
    // New, then old again, while the write is under way.
    let write = (Put(0, 1), 0, Some(9));
    case(&[write.clone(), (Get(0, None), 1, Some(2)), (Get(0, Some(1)), 3, Some(4))], true);
    case(&[write, (Get(0, Some(1)), 1, Some(2)), (Get(0, None), 3, Some(4))], false);
    // A lost answer: it may land late, or never, but not twice.
    let lost = (Put(0, 1), 0, None);
    case(&[lost.clone(), (Get(0, None), 1, Some(2)), (Get(0, Some(1)), 3, Some(4))], true);
    case(&[lost.clone(), (Get(0, None), 1, Some(2))], true);
    let gone = [(Delete(0), 3, Some(4)), (Get(0, Some(1)), 5, Some(6))];
    case(&[lost.clone(), (Get(0, Some(1)), 1, Some(2)), gone[0].clone(), gone[1].clone()], false);
    case(&[lost, gone[0].clone(), gone[1].clone()], true);
    case(&[(batch(true), 0, Some(1)), (Get(1, Some(7)), 2, Some(3))], true);
    case(&[(batch(false), 0, Some(1))], false);
    case(&[(Put(0, 1), 0, Some(1)), (batch(true), 2, Some(3))], false);
    case(&[(Put(0, 1), 0, Some(1)), (batch(false), 2, Some(3)), (Get(1, None), 4, Some(5))], true);
    // Half of a batch.
    let halves = [(Get(0, Some(7)), 1, Some(2)), (Get(1, None), 3, Some(4))];
    case(&[(batch(true), 0, Some(9)), halves[0].clone(), halves[1].clone()], false);
}
