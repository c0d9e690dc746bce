//! What all policies together say of one pattern.

use std::sync::Arc;

use crate::{Capability, CapabilitySet, Restrictions, Rule};

/// The union of the rules with one pattern.
#[derive(Clone, Debug, Default)]
pub(super) struct Permissions {
    pub(super) set: CapabilitySet,
    pub(super) restrictions: Restrictions,
    /// By capability, the policies that grant it.
    granting: [Option<Arc<[String]>>; Capability::ALL.len()],
}

impl Permissions {
    /// Adds a rule; a deny, before or now, leaves nothing else.
    pub(super) fn add(&mut self, policy: &str, rule: &Rule) {
        self.set = self.set.union(rule.capabilities);
        if self.set.denies() {
            *self = Self { set: CapabilitySet::DENY, ..Self::default() };
            return;
        }
        self.restrictions.merge(&rule.restrictions);
        for capability in rule.capabilities.iter() {
            if let Some(granting) = self.granting.get_mut(capability as usize) {
                add_name(granting, policy);
            }
        }
    }

    /// The policies that grant a capability.
    pub(super) fn granting(&self, capability: Capability) -> Option<Arc<[String]>> {
        self.granting.get(capability as usize).cloned().flatten()
    }
}

fn add_name(names: &mut Option<Arc<[String]>>, name: &str) {
    let known = names.as_deref().unwrap_or_default();
    if !known.iter().any(|known| known == name) {
        *names = Some(known.iter().cloned().chain([name.to_owned()]).collect());
    }
}
