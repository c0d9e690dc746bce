//! A policy as it was parsed: rules in their order, templates not yet filled in.

use jiff::Timestamp;

use crate::{CapabilitySet, Restrictions, Result, Templates, parse, template};

/// A named set of rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The name that tokens carry.
    pub name: String,
    /// The rules, in the order in which they were written.
    pub rules: Vec<Rule>,
    /// Whether a path has a `{{…}}` that must be filled in before the rule counts.
    pub templated: bool,
}

/// What may be done with the paths of one pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The pattern as written, but for a leading slash.
    pub path: String,
    /// What is allowed.
    pub capabilities: CapabilitySet,
    /// Under which conditions.
    pub restrictions: Restrictions,
    /// From when on the rule does not count.
    pub expiration: Option<Timestamp>,
}

impl Policy {
    /// Reads a policy in HCL or JSON. The text of an error is whole: it is what clients print.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let rules = parse::rules(text)?;
        let templated = rules.iter().any(Rule::is_templated);
        Ok(Self { name: name.to_owned(), rules, templated })
    }

    /// Fills in the templates of the paths.
    ///
    /// `value` gives what stands for a name, `identity.entity.id` for `{{identity.entity.id}}`. A
    /// rule is left out if a value is missing or empty, or has a character that `templates`
    /// forbids: it would otherwise match more than its author meant.
    #[must_use]
    pub fn fill(&self, value: &dyn Fn(&str) -> Option<String>, templates: Templates) -> Self {
        let fill = |rule: &Rule| {
            let path = template::fill(&rule.path, value, templates)?;
            Some(Rule { path, ..rule.clone() })
        };
        Self {
            name: self.name.clone(),
            rules: self.rules.iter().filter_map(fill).collect(),
            templated: false,
        }
    }
}

impl Rule {
    /// Whether its path has a template that is not filled in.
    pub fn is_templated(&self) -> bool {
        self.path.contains("{{")
    }
}
