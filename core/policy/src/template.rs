//! `{{identity.entity.id}}` and the like in the paths of rules.

/// What the values of a template may hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Templates {
    /// Whether `*` and a whole `+` may come from a value.
    pub wildcards: bool,
    /// Whether `/` may come from a value.
    pub slashes: bool,
}

/// Whether each `{{` has its `}}`.
pub(crate) fn is_balanced(path: &str) -> bool {
    let mut rest = path;
    while let Some((before, after)) = rest.split_once("{{") {
        match after.split_once("}}") {
            Some((name, after)) if !before.contains("}}") && !name.contains("{{") => rest = after,
            _ => return false,
        }
    }
    !rest.contains("}}")
}

/// The path with its templates filled in, or nothing if one cannot be.
pub(crate) fn fill(
    path: &str,
    value: &dyn Fn(&str) -> Option<String>,
    templates: Templates,
) -> Option<String> {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        let value = value(name.trim()).filter(|value| is_harmless(value, templates))?;
        out.push_str(before);
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    (!out.contains("+*")).then_some(out)
}

fn is_harmless(value: &str, templates: Templates) -> bool {
    let wild = value.contains('*') || value.split('/').any(|segment| segment == "+");
    // A value with braces would be taken for a template again.
    !value.is_empty()
        && !value.contains("{{")
        && (templates.wildcards || !wild)
        && (templates.slashes || !value.contains('/'))
}

#[cfg(test)]
mod tests;
