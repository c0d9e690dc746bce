//! The names that a token carries: its policies, and the one in audit lines.

/// Policies in lower case, sorted, each once; the root policy stands alone.
pub(crate) fn policies(names: &[String], add_default: bool) -> Vec<String> {
    let mut policies: Vec<String> = names
        .iter()
        .map(|name| name.trim().to_lowercase())
        .filter(|name| !name.is_empty())
        .collect();
    if policies.iter().any(|name| name == "root") {
        return vec!["root".to_owned()];
    }
    if add_default {
        policies.push("default".to_owned());
    }
    policies.sort();
    policies.dedup();
    policies
}

/// The display name of a token that was created by another, `token-my-name`.
pub(crate) fn display_name(asked: &str) -> String {
    let asked = asked.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let name = format!("token-{}", asked.collect::<String>());
    name.strip_suffix('-').unwrap_or(&name).to_owned()
}
