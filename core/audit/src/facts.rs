//! What the trail is told of a request, as references into what the pipeline holds anyway.

use logical::{Caller, Error, Operation, Request, Response};

/// A request on its way.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The request as it came.
    pub request: &'a Request,
    /// What it does: create and update told apart.
    pub operation: Operation,
    /// Whose token it carries, if that is valid.
    pub caller: Option<&'a Caller>,
    /// The mount that it goes to, if there is one.
    pub mount: Option<MountFacts<'a>>,
    /// What was decided about it.
    pub permission: Permission<'a>,
}

/// What lines tell of a mount.
#[derive(Clone, Copy)]
pub struct MountFacts<'a> {
    /// `kv/`, or `auth/approle/`.
    pub path: &'a str,
    /// The type, `kv`.
    pub kind: &'a str,
    /// `kv_1a2b3c4d`.
    pub accessor: &'a str,
    /// The version of its backend.
    pub running_version: &'a str,
    /// `secret` or `auth`.
    pub class: &'a str,
    /// Members of request data that are shown in clear.
    pub non_hmac_request_keys: &'a [String],
    /// Members of response data that are shown in clear.
    pub non_hmac_response_keys: &'a [String],
}

/// What was decided about a request.
#[derive(Clone, Copy)]
pub enum Permission<'a> {
    /// It may be done; by these policies, or by the path itself if there are none.
    Granted(&'a [String]),
    /// The policies of its token do not allow it.
    Denied,
    /// No policies were asked: it has no token, or one that is not valid, or it was refused before.
    Unidentified,
}

impl Permission<'_> {
    pub(crate) const fn granted(self) -> bool {
        matches!(self, Self::Granted(_))
    }
}

/// How a request ended.
#[derive(Clone, Copy)]
pub struct Outcome<'a> {
    /// The answer, or why there is none.
    pub result: Result<&'a Response, &'a Error>,
    /// The display name of the token that the answer issues, if it issues one.
    pub issued_to: &'a str,
}
