//! The stages of a request as types: each consumes the last, so that none can be skipped.
//!
//! A request is [`Routed`] to its mount, then [`Identified`] by its token; a decision makes it
//! [`Authorized`], which holds the grant without which no backend can be called, or [`Refused`].

use std::sync::Arc;

use access::Identity;
use audit::{Facts, MountFacts, Permission};
use jiff::Timestamp;
use logical::{Call, Caller, Error, Operation, PathAuth, Request, View};
use mount::Mount;
use policy::{Capability, Grant};

/// A request and the mount that answers its path, if there is one.
pub(crate) struct Routed<'r> {
    pub(crate) request: &'r Request,
    pub(crate) target: Option<Target<'r>>,
}

/// Where a path leads.
pub(crate) struct Target<'r> {
    pub(crate) mount: Arc<Mount>,
    /// The path below the mount.
    pub(crate) path: &'r str,
    pub(crate) auth: PathAuth,
}

/// A routed request and who asks.
pub(crate) struct Identified<'r> {
    pub(crate) routed: Routed<'r>,
    pub(crate) identity: Option<Arc<Identity>>,
    pub(crate) now: Timestamp,
}

/// An identified request that is allowed.
pub(crate) struct Authorized<'r> {
    pub(crate) identified: Identified<'r>,
    pub(crate) target: Target<'r>,
    pub(crate) operation: Operation,
    pub(crate) grant: Grant,
}

/// An identified request that is not allowed, or that leads nowhere.
pub(crate) struct Refused<'r> {
    pub(crate) identified: Identified<'r>,
    pub(crate) error: Error,
    /// It was refused before the policies of its token were looked at.
    pub(crate) early: bool,
}

/// What became of a request before any backend saw it.
pub(crate) enum Decided<'r> {
    Allowed(Box<Authorized<'r>>),
    Refused(Box<Refused<'r>>),
}

// === impl Routed ===

impl Routed<'_> {
    /// Whether the path needs no token. One that comes with such a request is not used up by it.
    pub(crate) fn is_open(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.auth == PathAuth::None)
    }
}

// === impl Identified ===

impl Identified<'_> {
    pub(crate) fn caller(&self) -> Option<&Caller> {
        self.identity.as_ref().map(|identity| &identity.caller)
    }

    /// What the target's backend is called with, under this grant.
    pub(crate) fn call<'c>(
        &'c self,
        target: &'c Target<'c>,
        operation: Operation,
        view: &'c dyn View,
        grant: &'c Grant,
    ) -> Call<'c> {
        Call {
            request: self.routed.request,
            operation,
            path: target.path,
            mount: &target.mount.info,
            caller: self.caller(),
            view,
            grant,
            now: self.now,
        }
    }
}

// === impl Decided ===

impl<'r> Decided<'r> {
    pub(crate) fn identified(&self) -> &Identified<'r> {
        match self {
            Self::Allowed(authorized) => &authorized.identified,
            Self::Refused(refused) => &refused.identified,
        }
    }

    /// Why the request will be refused, if it will.
    pub(crate) fn error(&self) -> Option<&Error> {
        match self {
            Self::Allowed(_) => None,
            Self::Refused(refused) => Some(&refused.error),
        }
    }

    /// What the audit trail tells of it.
    pub(crate) fn facts(&self) -> Facts<'_> {
        let identified = self.identified();
        let request = identified.routed.request;
        let (operation, permission, target) = match self {
            Self::Allowed(allowed) => {
                let granted = Permission::Granted(allowed.grant.policies());
                (allowed.operation, granted, Some(&allowed.target))
            }
            Self::Refused(refused) => {
                let permission = match identified.identity {
                    Some(_) if !refused.early => Permission::Denied,
                    Some(_) | None => Permission::Unidentified,
                };
                (request.operation, permission, identified.routed.target.as_ref())
            }
        };
        let mount = target.map(|target| mount_facts(&target.mount));
        Facts { request, operation, caller: identified.caller(), mount, permission }
    }
}

fn mount_facts(mount: &Mount) -> MountFacts<'_> {
    MountFacts {
        path: mount.path(),
        kind: &mount.record.kind,
        accessor: &mount.record.accessor,
        running_version: &mount.running_version,
        class: mount.class.word(),
        non_hmac_request_keys: &mount.record.config.audit_non_hmac_request_keys,
        non_hmac_response_keys: &mount.record.config.audit_non_hmac_response_keys,
    }
}

/// The capability that an operation needs.
pub(crate) const fn capability(operation: Operation) -> Capability {
    match operation {
        Operation::Create => Capability::Create,
        Operation::Update => Capability::Update,
        Operation::Patch => Capability::Patch,
        Operation::Delete => Capability::Delete,
        Operation::List => Capability::List,
        Operation::Scan => Capability::Scan,
        // To explain a path or to give the head of an answer shows no more than reading it.
        Operation::Read | Operation::Help | Operation::Header => Capability::Read,
    }
}
