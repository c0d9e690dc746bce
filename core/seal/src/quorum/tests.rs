//! Collecting shares: twice the same, wrong lengths, enough, and from the start again.

use crypto::Secret;

use super::{Given, Quorum};
use crate::Error;

fn share(byte: u8) -> Secret<Vec<u8>> {
    Secret::new(vec![byte; 33])
}

#[test]
fn collects() {
    let mut quorum = Quorum::new(3);
    assert_eq!(quorum.progress().nonce, "");
    assert!(matches!(quorum.give(share(1)), Ok(Given::More)));
    let first = quorum.progress();
    assert_eq!((first.given, first.nonce.len()), (1, 36));
    assert!(matches!(quorum.give(share(1)), Ok(Given::Again)));
    assert_eq!(quorum.give(Secret::new(vec![1; 15])).err(), Some(Error::KeyTooShort(16)));
    assert_eq!(quorum.give(Secret::new(vec![1; 34])).err(), Some(Error::KeyTooLong(33)));
    assert_eq!(quorum.progress(), first);
    assert!(matches!(quorum.give(share(2)), Ok(Given::More)));
    assert_eq!(quorum.progress().nonce, first.nonce);
    let Ok(Given::Enough(shares)) = quorum.give(share(3)) else { panic!("three are enough") };
    assert_eq!(shares.len(), 3);
    assert_eq!(quorum.progress(), super::Progress::default());
    assert!(matches!(quorum.give(share(1)), Ok(Given::More)));
    assert_ne!(quorum.progress().nonce, first.nonce);
    quorum.reset();
    assert_eq!(quorum.progress(), super::Progress::default());
    assert!(matches!(Quorum::new(1).give(share(1)), Ok(Given::Enough(_))));
}
