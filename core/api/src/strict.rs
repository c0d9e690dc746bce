//! The bodies of `sys/init` and `sys/unseal`, which are typed strictly: a string is no number.
//!
//! Names of members are taken in any case of letters; unknown members are left alone.

use config::RequestLimits;
use logical::{Data, Error};
use node::InitRequest;
use serde_json::Value;

use crate::json::{self, type_name, undecodable};

/// The body of `sys/init`.
pub(crate) fn init(body: &[u8], limits: &RequestLimits) -> Result<InitRequest, Error> {
    let body = Members::parse(body, limits, "InitRequest")?;
    Ok(InitRequest {
        secret_shares: body.int("secret_shares")?,
        secret_threshold: body.int("secret_threshold")?,
        recovery_shares: body.int("recovery_shares")?,
        recovery_threshold: body.int("recovery_threshold")?,
        pgp_keys: body.texts("pgp_keys")?,
        recovery_pgp_keys: body.texts("recovery_pgp_keys")?,
        root_token_pgp_key: body.text("root_token_pgp_key")?,
    })
}

/// The body of `sys/unseal`.
#[derive(Debug)]
pub(crate) struct Unseal {
    pub(crate) key: String,
    pub(crate) reset: bool,
    pub(crate) migrate: bool,
}

/// The body of `sys/unseal`.
pub(crate) fn unseal(body: &[u8], limits: &RequestLimits) -> Result<Unseal, Error> {
    let body = Members::parse(body, limits, "UnsealRequest")?;
    Ok(Unseal {
        key: body.text("key")?,
        reset: body.bool("reset")?,
        migrate: body.bool("migrate")?,
    })
}

struct Members {
    data: Data,
    of: &'static str,
}

impl Members {
    fn parse(body: &[u8], limits: &RequestLimits, of: &'static str) -> Result<Self, Error> {
        Ok(Self { data: json::object(body, limits, &format!("http.{of}"))?, of })
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let exact = self.data.get(name);
        let similar = || self.data.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        exact.or_else(|| similar().map(|(_, value)| value)).filter(|value| !value.is_null())
    }

    fn int(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(int) => Ok(Some(int)),
                None => Err(self.mistyped(name, value, "int")),
            },
        }
    }

    fn bool(&self, name: &str) -> Result<bool, Error> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(value) => Err(self.mistyped(name, value, "bool")),
        }
    }

    fn text(&self, name: &str) -> Result<String, Error> {
        match self.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(value) => Err(self.mistyped(name, value, "string")),
        }
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, Error> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        let Value::Array(values) = value else {
            return Err(self.mistyped(name, value, "[]string"));
        };
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            other => Err(self.mistyped(name, other, "string")),
        };
        values.iter().map(text).collect()
    }

    fn mistyped(&self, name: &str, value: &Value, want: &str) -> Error {
        // A number of the wrong kind is shown; anything else may be a key in the wrong place.
        let number = match value {
            Value::Number(number) if want == "int" => format!(" {number}"),
            _ => String::new(),
        };
        undecodable(format_args!(
            "json: cannot unmarshal {}{number} into Go struct field {}.{name} of type {want}",
            type_name(value),
            self.of
        ))
    }
}

#[cfg(test)]
mod tests;
