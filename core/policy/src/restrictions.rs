//! The conditions of a rule besides its capabilities.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

use crate::{Ask, Capability, ListFilter, Parameters};

/// The parameter that pages a list.
const LIMIT: &str = "limit";

/// Under which conditions a rule grants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restrictions {
    /// The answer must be wrapped for at least this long.
    pub min_wrapping_ttl: Option<Duration>,
    /// The answer must be wrapped, and for at most this long.
    pub max_wrapping_ttl: Option<Duration>,
    /// Only these parameters, if there are any here.
    pub allowed_parameters: Parameters,
    /// None of these parameters.
    pub denied_parameters: Parameters,
    /// All of these parameters.
    pub required_parameters: Vec<String>,
    /// At most so many keys in one answer to a list.
    pub pagination_limit: Option<u64>,
    /// Which keys a list shows.
    pub list_filter: Option<Arc<ListFilter>>,
}

/// A condition does not hold.
pub(crate) struct Refused;

impl Restrictions {
    /// Adds the conditions of another rule with the same pattern. Of two times or limits the lesser
    /// counts, of two list filters the first.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.min_wrapping_ttl = lesser(self.min_wrapping_ttl, other.min_wrapping_ttl);
        self.max_wrapping_ttl = lesser(self.max_wrapping_ttl, other.max_wrapping_ttl);
        self.pagination_limit = lesser(self.pagination_limit, other.pagination_limit);
        self.allowed_parameters.merge(&other.allowed_parameters);
        self.denied_parameters.merge(&other.denied_parameters);
        for name in &other.required_parameters {
            if !self.required_parameters.contains(name) {
                self.required_parameters.push(name.clone());
            }
        }
        if self.list_filter.is_none() {
            self.list_filter.clone_from(&other.list_filter);
        }
    }

    /// Holds a request against the conditions; answers the page size that a list must have.
    pub(crate) fn check(&self, ask: &Ask<'_>) -> Result<Option<u64>, Refused> {
        self.check_wrapping(ask.wrap_ttl)?;
        match ask.capability {
            Capability::Create | Capability::Read | Capability::Update | Capability::Patch => {
                self.check_parameters(ask.parameters)?;
                Ok(None)
            }
            Capability::List | Capability::Scan => self.page_limit(ask.parameters.get(LIMIT)),
            Capability::Delete | Capability::Sudo | Capability::Deny => Ok(None),
        }
    }

    fn check_wrapping(&self, ttl: Option<Duration>) -> Result<(), Refused> {
        let long_enough = self.min_wrapping_ttl.is_none_or(|min| ttl.is_some_and(|ttl| ttl >= min));
        let short_enough =
            self.max_wrapping_ttl.is_none_or(|max| ttl.is_some_and(|ttl| ttl <= max));
        if long_enough && short_enough { Ok(()) } else { Err(Refused) }
    }

    fn check_parameters(&self, parameters: &Map<String, Value>) -> Result<(), Refused> {
        let complete = self
            .required_parameters
            .iter()
            .all(|name| parameters.contains_key(&name.to_lowercase()));
        if complete
            && !self.denied_parameters.deny_any_of(parameters)
            && self.allowed_parameters.allow_all_of(parameters)
        {
            Ok(())
        } else {
            Err(Refused)
        }
    }

    /// `max` as the limit asks for as many keys as the rule allows, or for all.
    fn page_limit(&self, asked: Option<&Value>) -> Result<Option<u64>, Refused> {
        let text = asked.map(|asked| match asked {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        match (self.pagination_limit, text.as_deref()) {
            (None, Some("max")) => Ok(Some(0)),
            (None, _) => Ok(None),
            (Some(max), Some("max")) => Ok(Some(max)),
            (Some(_), None) if self.requires_limit() => Err(Refused),
            (Some(max), None) => Ok(Some(max)),
            (Some(max), Some(asked)) => match asked.trim().parse::<i64>() {
                // None at all, and fewer than none, mean all.
                Ok(asked) if asked <= 0 => Ok(Some(max)),
                Ok(asked) if u64::try_from(asked).is_ok_and(|asked| asked <= max) => Ok(None),
                Ok(_) | Err(_) => Err(Refused),
            },
        }
    }

    fn requires_limit(&self) -> bool {
        self.required_parameters.iter().any(|name| name.eq_ignore_ascii_case(LIMIT))
    }
}

fn lesser<T: Ord + Copy>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
