//! The sum of somebody's policies as JSON, for user interfaces.

use serde_json::{Map, Value, json};

use crate::{
    Acl, Parameters,
    acl::{Table, permissions::Permissions},
};

impl Acl {
    /// The data of `sys/internal/ui/resultant-acl`: `root`, and but for root `exact_paths` and
    /// `glob_paths`. Patterns with `+` are not shown.
    pub fn resultant(&self) -> Value {
        let Table::Rules(rules) = &self.table else { return json!({ "root": true }) };
        let mut exact: Vec<_> = rules.exact.iter().collect();
        exact.sort_by_key(|(path, _)| path.as_str());
        let exact: Map<_, _> =
            exact.into_iter().map(|(path, found)| (path.clone(), show(found))).collect();
        let glob: Map<_, _> =
            rules.prefixes.iter().map(|(path, found)| (path.to_owned(), show(found))).collect();
        json!({ "exact_paths": exact, "glob_paths": glob, "root": false })
    }
}

fn show(permissions: &Permissions) -> Value {
    let restrictions = &permissions.restrictions;
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    if !restrictions.allowed_parameters.0.is_empty() {
        put("allowed_parameters", parameters(&restrictions.allowed_parameters));
    }
    put("capabilities", json!(permissions.set.words()));
    if !restrictions.denied_parameters.0.is_empty() {
        put("denied_parameters", parameters(&restrictions.denied_parameters));
    }
    if let Some(ttl) = restrictions.max_wrapping_ttl {
        put("max_wrapping_ttl", json!(ttl.as_secs()));
    }
    if let Some(ttl) = restrictions.min_wrapping_ttl {
        put("min_wrapping_ttl", json!(ttl.as_secs()));
    }
    if let Some(limit) = restrictions.pagination_limit {
        put("pagination_limit", json!(limit));
    }
    if !restrictions.required_parameters.is_empty() {
        put("required_parameters", json!(restrictions.required_parameters));
    }
    Value::Object(out)
}

fn parameters(parameters: &Parameters) -> Value {
    json!(parameters.0)
}
