//! How a case says that it stops before its end, and the few checks that cases are made of.

use std::fmt::Debug;

use plugin_api::{Error, ErrorKind, Result};

/// Why a case stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It does not apply.
    Skip(String),
    /// The provider is wrong.
    Fail(String),
}

/// What a case gives.
pub(crate) type Verdict<T = ()> = Result<T, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Fail(format!("unexpected error {:?}: {error}", error.kind))
    }
}

/// Ends the case as not applicable.
pub(crate) fn skip<T>(why: &str) -> Verdict<T> {
    Err(Stop::Skip(why.to_owned()))
}

/// Ends the case as failed.
pub(crate) fn fail<T>(why: impl Into<String>) -> Verdict<T> {
    Err(Stop::Fail(why.into()))
}

/// The case fails unless this holds.
pub(crate) fn ensure(holds: bool, why: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { fail(why()) }
}

/// The case fails unless the two are equal.
pub(crate) fn equal<T: Debug + PartialEq>(what: &str, got: T, want: T) -> Verdict {
    ensure(got == want, || format!("{what}: got {}, want {}", shown(&got), shown(&want)))
}

/// The case fails unless the call was refused with this kind of error.
pub(crate) fn refused<T: Debug>(what: &str, result: Result<T>, kind: ErrorKind) -> Verdict {
    match result {
        Ok(value) => fail(format!("{what}: got {}, want the error {kind:?}", shown(&value))),
        Err(error) if error.kind != kind => {
            fail(format!("{what}: got the error {:?} ({error}), want {kind:?}", error.kind))
        }
        Err(error) if error.maybe_applied => {
            fail(format!("{what}: a refusal ({kind:?}) must not be marked maybe_applied"))
        }
        Err(_) => Ok(()),
    }
}

/// A value in a message: enough of it to see, and not a megabyte.
pub(crate) fn shown(value: &impl Debug) -> String {
    const SHOWN_MAX: usize = 300;
    let text = format!("{value:?}");
    match text.char_indices().nth(SHOWN_MAX) {
        None => text,
        Some((end, _)) => format!("{}… ({} bytes)", text.get(..end).unwrap_or(""), text.len()),
    }
}

/// A fault of the suite's own means, not of the provider.
pub(crate) fn broken(error: impl std::fmt::Display) -> Stop {
    Stop::Fail(format!("the suite itself cannot go on: {error}"))
}
