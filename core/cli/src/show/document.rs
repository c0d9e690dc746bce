//! A value whose members keep an order of their own, printed as JSON.
//!
//! The order of members in what the command line prints is not the alphabetical one of a JSON
//! value, and people compare such output with `diff`.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

/// A value, ordered where it matters.
#[derive(Clone, Debug)]
pub(crate) enum Document {
    /// A value in its own order.
    Leaf(Value),
    /// Members in this order.
    Members(Vec<(String, Self)>),
}

impl Document {
    /// An object with the members of these names first, in this order, and the rest behind.
    pub(crate) fn ordered(object: &Map<String, Value>, first: &[&str]) -> Self {
        let leaf = |name: &str, value: &Value| (name.to_owned(), Self::Leaf(value.clone()));
        let mut members: Vec<(String, Self)> =
            first.iter().filter_map(|name| Some(leaf(name, object.get(*name)?))).collect();
        let rest = object.iter().filter(|(name, _)| !first.contains(&name.as_str()));
        members.extend(rest.map(|(name, value)| leaf(name, value)));
        Self::Members(members)
    }

    /// Puts a document in the place of the member of this name, if there is one.
    pub(crate) fn replace(&mut self, name: &str, document: Self) {
        let Self::Members(members) = self else { return };
        if let Some((_, place)) = members.iter_mut().find(|(member, _)| member == name) {
            *place = document;
        }
    }

    /// As indented JSON. `<`, `>` and `&` are escaped, so that it can stand in a web page.
    pub(crate) fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        let mut safe = String::with_capacity(text.len());
        for letter in text.chars() {
            match letter {
                '<' => safe.push_str("\\u003c"),
                '>' => safe.push_str("\\u003e"),
                '&' => safe.push_str("\\u0026"),
                '\u{2028}' => safe.push_str("\\u2028"),
                '\u{2029}' => safe.push_str("\\u2029"),
                other => safe.push(other),
            }
        }
        safe
    }

    /// The value, in alphabetical order throughout.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Leaf(value) => value.clone(),
            Self::Members(members) => {
                let members = members.iter().map(|(name, of)| (name.clone(), of.value()));
                Value::Object(members.collect())
            }
        }
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Leaf(value) => value.serialize(serializer),
            Self::Members(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, document) in members {
                    map.serialize_entry(name, document)?;
                }
                map.end()
            }
        }
    }
}
