//! What lies in the cubbyhole of a wrapping token: the answer, and what may be known of it.

use std::time::Duration;

use jiff::Timestamp;
use logical::Data;
use serde::{Deserialize, Serialize};

use crate::time::seconds;

/// What may be known of a wrapped answer without opening it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct WrapFacts {
    /// For how long it was wrapped.
    #[serde(with = "seconds")]
    pub creation_ttl: Duration,
    /// When it was wrapped.
    pub creation_time: Timestamp,
    /// The path of the wrapped request.
    pub creation_path: String,
    /// The accessor of the token inside, or empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wrapped_accessor: String,
}

/// The answer, as the cubbyhole shows it to those who read it there.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Kept {
    pub response: String,
}

impl WrapFacts {
    /// What a lookup shows.
    pub fn data(&self) -> Data {
        let mut data = Data::new();
        let mut add = |name: &str, value| drop(data.insert(name.to_owned(), value));
        add("creation_path", self.creation_path.as_str().into());
        add("creation_time", self.creation_time.to_string().into());
        add("creation_ttl", self.creation_ttl.as_secs().into());
        data
    }
}
