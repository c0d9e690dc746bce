//! Policies: parse one, compile several into an ACL, decide a request. Pure: no storage, no clock
//! but the one that is handed in.
//!
//! Reading order: [`Policy::parse`] → [`Acl::new`] → [`Acl::decide`] → [`Grant`].
//!
//! Where this differs from Vault and OpenBao, on purpose: a denied parameter is also found in a
//! list and when it is written as another kind of scalar (`5` for `"5"`), because backends convert
//! such values and the rule could be walked around; numbers in parameter lists compare as numbers.

mod acl;
mod ask;
mod builtin;
mod capability;
mod error;
mod grant;
mod list_filter;
mod parameters;
mod parse;
mod restrictions;
mod rule;
mod template;

pub use crate::{
    acl::Acl,
    ask::{Ask, Decision},
    builtin::{DEFAULT, RESPONSE_WRAPPING},
    capability::{Capability, CapabilitySet},
    error::{Error, Result},
    grant::Grant,
    list_filter::ListFilter,
    parameters::Parameters,
    restrictions::Restrictions,
    rule::{Policy, Rule},
    template::Templates,
};
