//! JSON merge patch (RFC 7396): a null removes a member, an object is merged, the rest replaces.

use logical::Data;
use serde_json::Value;

/// Merges `change` into `target`. As deep as the change, which the door has limited.
pub(super) fn merge(target: &mut Data, change: &Data) {
    for (name, value) in change {
        match value {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(inner) => {
                let member = target.entry(name.as_str()).or_insert(Value::Null);
                if !member.is_object() {
                    *member = Value::Object(Data::new());
                }
                if let Value::Object(member) = member {
                    merge(member, inner);
                }
            }
            other => {
                target.insert(name.clone(), other.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
