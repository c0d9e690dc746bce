//! Parameters in a query or in a form: names and values, some of them more than once.

use logical::{Code, Data, Error};
use serde_json::Value;

/// How many parameters a request may have.
pub(crate) const PARAMETERS_MAX: usize = 1000;

/// The parameters of a query, in order.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, Error> {
        let Some(query) = query.filter(|query| !query.is_empty()) else {
            return Ok(Self::default());
        };
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .take(PARAMETERS_MAX + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if pairs.len() > PARAMETERS_MAX {
            return Err(Error::invalid(format!("more than {PARAMETERS_MAX} parameters")));
        }
        Ok(Self(pairs))
    }

    /// The first value of a parameter, or an empty text.
    pub(crate) fn first(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The truth of a parameter; `None` where it has no value. Anything else is a mistake.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.first(name) {
            "" => Ok(None),
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Some(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Some(false)),
            _ => Err(Error::new(Code::InvalidRequest, "")),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }

    /// The parameters as request data: one that is repeated becomes a list.
    pub(crate) fn into_data(self) -> Data {
        let mut data = Data::new();
        for (name, value) in self.0 {
            match data.get_mut(&name) {
                None => {
                    data.insert(name, value.into());
                }
                Some(Value::Array(values)) => values.push(value.into()),
                Some(one) => *one = Value::from(vec![one.take(), value.into()]),
            }
        }
        data
    }

    /// The fields of a form as request data: one that is repeated is joined by commas.
    pub(crate) fn into_fields(self) -> Data {
        let mut data = Data::new();
        for (name, value) in self.0 {
            match data.get_mut(&name) {
                Some(Value::String(values)) => {
                    values.push(',');
                    values.push_str(&value);
                }
                _ => {
                    data.insert(name, value.into());
                }
            }
        }
        data
    }
}
