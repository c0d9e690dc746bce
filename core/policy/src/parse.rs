//! Makes rules of a policy's text.

use std::{str::FromStr, sync::Arc, time::Duration};

use hcl::{Block, Body, Item, Value, units};
use jiff::Timestamp;
use serde_json::{Number, Value as Json};

use crate::{
    Capability, CapabilitySet, Error, ListFilter, Parameters, Restrictions, Result, Rule, template,
};

/// The keys of a policy. `name` is read by nobody: the policy is named by where it is written.
const POLICY_KEYS: &[&str] = &["name", "path"];

/// The keys of a rule. `comment` and `mfa_methods` are read by nobody.
const RULE_KEYS: &[&str] = &[
    "allowed_parameters",
    "capabilities",
    "comment",
    "denied_parameters",
    "expiration",
    "list_scan_response_keys_filter_path",
    "max_wrapping_ttl",
    "mfa_methods",
    "min_wrapping_ttl",
    "pagination_limit",
    "policy",
    "required_parameters",
];

/// All rules of a text.
pub(crate) fn rules(text: &str) -> Result<Vec<Rule>> {
    let body = hcl::parse(text)?;
    check_keys(None, &body, POLICY_KEYS)?;
    body.blocks("path", 1)?.iter().map(rule).collect()
}

fn rule(block: &Block<'_>) -> Result<Rule> {
    let name = block.labels.first().copied().unwrap_or_default();
    let source = Source { path: name, body: block.body };
    if !template::is_balanced(name) {
        return Err(Error::Template);
    }
    check_keys(Some(name), block.body, RULE_KEYS)?;
    source.strings("mfa_methods")?;
    let words = source.strings("capabilities")?;
    let restrictions = source.restrictions()?;
    let expiration = source.expiration()?;
    let path = name.strip_prefix('/').unwrap_or(name).to_owned();
    if path.contains("+*") {
        return Err(Error::Wildcards(path));
    }
    let capabilities = source.capabilities(&words)?;
    if capabilities.denies() {
        let restrictions = Restrictions::default();
        return Ok(Rule { path, capabilities, restrictions, expiration });
    }
    let restrictions = source.with_times(restrictions)?;
    let restrictions = source.with_list_filter(restrictions, capabilities)?;
    Ok(Rule { path, capabilities, restrictions, expiration })
}

/// Names all keys that are not known, with the line of their `=`.
fn check_keys(path: Option<&str>, body: &Body, known: &[&str]) -> Result<()> {
    let keys: Vec<_> = body
        .items
        .iter()
        .filter(|item| !known.contains(&item.key.as_str()))
        .map(|item| (item.key.clone(), if item.assigned { item.at.line } else { 0 }))
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    Err(Error::UnknownKeys { path: path.map(str::to_owned), keys })
}

/// One rule's block, with its name for errors.
struct Source<'a> {
    path: &'a str,
    body: &'a Body,
}

impl Source<'_> {
    fn kind(&self, item: &Item, wanted: &'static str) -> Error {
        let path = self.path.to_owned();
        Error::Kind { path, at: item.value_at, wanted, found: item.value.kind() }
    }

    fn items(&self, key: &str) -> impl Iterator<Item = &Item> {
        self.body.items.iter().filter(move |item| item.key == key)
    }

    /// A list of strings; a key that comes again adds to it.
    fn strings(&self, key: &str) -> Result<Vec<String>> {
        let mut strings = Vec::new();
        for item in self.items(key) {
            let Value::List(values) = &item.value else {
                return Err(self.kind(item, "a list"));
            };
            for value in values {
                let text = value.scalar().ok_or_else(|| self.kind(item, "a list of strings"))?;
                strings.push(text.to_owned());
            }
        }
        Ok(strings)
    }

    fn scalar(&self, key: &str) -> Result<Option<&str>> {
        let Some(item) = self.body.last(key) else { return Ok(None) };
        item.value.scalar().map(Some).ok_or_else(|| self.kind(item, "a string"))
    }

    /// Whatever can be read without knowing the capabilities.
    fn restrictions(&self) -> Result<Restrictions> {
        Ok(Restrictions {
            allowed_parameters: self.parameters("allowed_parameters")?,
            denied_parameters: self.parameters("denied_parameters")?,
            required_parameters: self.strings("required_parameters")?,
            pagination_limit: self.pagination_limit()?,
            ..Restrictions::default()
        })
    }

    fn parameters(&self, key: &str) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        for item in self.items(key) {
            let Value::Object(body) = &item.value else {
                return Err(self.kind(item, "an object of lists"));
            };
            for inner in &body.items {
                let Value::List(values) = &inner.value else {
                    return Err(self.kind(inner, "a list"));
                };
                let name = inner.key.to_lowercase();
                parameters.0.insert(name, values.iter().map(json).collect());
            }
        }
        Ok(parameters)
    }

    fn pagination_limit(&self) -> Result<Option<u64>> {
        let Some(item) = self.body.last("pagination_limit") else { return Ok(None) };
        let limit = item.value.scalar().and_then(|text| text.parse::<i64>().ok());
        let limit = limit.ok_or_else(|| self.kind(item, "a whole number"))?;
        Ok(u64::try_from(limit).ok().filter(|limit| *limit > 0))
    }

    fn expiration(&self) -> Result<Option<Timestamp>> {
        let Some(text) = self.scalar("expiration")? else { return Ok(None) };
        let time = match text.parse::<i64>() {
            Ok(seconds) => Timestamp::from_second(seconds),
            Err(_) => Timestamp::from_str(text),
        };
        time.map(Some)
            .map_err(|_| Error::Expiration { path: self.path.to_owned(), text: text.to_owned() })
    }

    fn capabilities(&self, words: &[String]) -> Result<CapabilitySet> {
        let mut set = self.old_policy()?;
        for word in words {
            match Capability::parse(word) {
                // The words after a deny are not looked at.
                Some(Capability::Deny) => return Ok(CapabilitySet::DENY),
                Some(capability) => set.insert(capability),
                None => {
                    let (path, word) = (self.path.to_owned(), word.clone());
                    return Err(Error::Capability { path, word });
                }
            }
        }
        Ok(if set.denies() { CapabilitySet::DENY } else { set })
    }

    /// `policy = "write"`, the form from before there were capabilities.
    fn old_policy(&self) -> Result<CapabilitySet> {
        use Capability::{Create, Delete, Deny, List, Read, Sudo, Update};
        let capabilities: &[Capability] = match self.scalar("policy")? {
            None | Some("") => &[],
            Some("deny") => &[Deny],
            Some("read") => &[Read, List],
            Some("write") => &[Create, Read, Update, Delete, List],
            Some("sudo") => &[Create, Read, Update, Delete, List, Sudo],
            Some(word) => {
                let (path, word) = (self.path.to_owned(), word.to_owned());
                return Err(Error::OldPolicy { path, word });
            }
        };
        Ok(capabilities.iter().copied().collect())
    }

    fn with_times(&self, restrictions: Restrictions) -> Result<Restrictions> {
        let min = self.wrapping_ttl("min_wrapping_ttl")?;
        let max = self.wrapping_ttl("max_wrapping_ttl")?;
        if min.zip(max).is_some_and(|(min, max)| max < min) {
            return Err(Error::WrappingOrder);
        }
        Ok(Restrictions { min_wrapping_ttl: min, max_wrapping_ttl: max, ..restrictions })
    }

    fn wrapping_ttl(&self, key: &'static str) -> Result<Option<Duration>> {
        let Some(item) = self.body.last(key) else { return Ok(None) };
        let ttl = units::duration_of(&item.value);
        let ttl = ttl.map_err(|cause| Error::WrappingTtl { key, cause })?;
        Ok(Some(ttl).filter(|ttl| !ttl.is_zero()))
    }

    fn with_list_filter(
        &self,
        restrictions: Restrictions,
        capabilities: CapabilitySet,
    ) -> Result<Restrictions> {
        let Some(text) = self.scalar("list_scan_response_keys_filter_path")? else {
            return Ok(restrictions);
        };
        if text.is_empty() {
            return Ok(restrictions);
        }
        if !capabilities.contains(Capability::List) {
            return Err(Error::FilterWithoutList);
        }
        let filter = ListFilter::parse(text).ok_or(Error::FilterTemplate)?;
        if !filter.has_key() {
            return Err(Error::FilterWithoutKey);
        }
        Ok(Restrictions { list_filter: Some(Arc::new(filter)), ..restrictions })
    }
}

/// A value as it is compared with what a request sends.
fn json(value: &Value) -> Json {
    match value {
        Value::String(text) => Json::String(text.clone()),
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(text) => number(text),
        Value::List(values) => values.iter().map(json).collect(),
        Value::Object(body) => {
            body.items.iter().map(|item| (item.key.clone(), json(&item.value))).collect()
        }
    }
}

fn number(text: &str) -> Json {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hexadecimal.map(|digits| u64::from_str_radix(digits, 16)) {
        Some(Ok(number)) => Json::from(number),
        Some(Err(_)) => Json::String(text.to_owned()),
        None => serde_json::from_str::<Number>(text)
            .map_or_else(|_| Json::String(text.to_owned()), Json::Number),
    }
}

#[cfg(test)]
mod tests;
