//! A client's wish for a mount, or for other settings of one, as it is read from parameters.

use logical::{Data, Error, Field, Fields, Kind, Result, duration};
use mount::{Class, Config, Enable, IssuedTokens, LockoutTune, Tune};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// The parameters of enabling.
pub(crate) const ENABLE: &[Field] = &[
    Field::new("type", Kind::String, "The type of the backend, such as \"kv\"."),
    Field::new("description", Kind::String, "Free text."),
    Field::new("config", Kind::Map, "Settings: times to live, headers, visibility, audit keys."),
    Field::new("local", Kind::Bool, "Kept for clients; nothing is replicated here."),
    Field::new("seal_wrap", Kind::Bool, "Kept for clients."),
    Field::new("external_entropy_access", Kind::Bool, "Kept for clients."),
    Field::new("plugin_name", Kind::String, "The type, if \"type\" is \"plugin\"."),
    Field::new("plugin_version", Kind::String, "The version of a plugin."),
    Field::new("options", Kind::Pairs, "Options of the type, such as \"version\" of kv."),
];

/// The parameters of tuning.
pub(crate) const TUNE: &[Field] = &[
    Field::new(
        "default_lease_ttl",
        Kind::String,
        "Default time to live; \"system\" or 0 unsets it.",
    ),
    Field::new("max_lease_ttl", Kind::String, "Longest time to live; \"system\" or 0 unsets it."),
    Field::new("description", Kind::String, "Free text."),
    Field::new("audit_non_hmac_request_keys", Kind::List, "Request members shown in audit lines."),
    Field::new("audit_non_hmac_response_keys", Kind::List, "Response members shown there."),
    Field::new("options", Kind::Pairs, "Options of the type; they are merged."),
    Field::new("listing_visibility", Kind::String, "\"unauth\", \"hidden\" or empty."),
    Field::new("passthrough_request_headers", Kind::List, "Headers that the backend may see."),
    Field::new("allowed_response_headers", Kind::List, "Headers that the backend may set."),
    Field::new("token_type", Kind::String, "Which tokens logins get."),
    Field::new("user_lockout_config", Kind::Map, "When users are locked out."),
    Field::new("plugin_version", Kind::String, "The version of a plugin."),
    Field::new("allowed_managed_keys", Kind::List, "Accepted for clients; has no effect."),
];

/// Reads the wish for a mount.
pub(crate) fn enable(class: Class, fields: &Fields) -> Result<Enable> {
    let kind = match (fields.str("type"), fields.str("plugin_name")) {
        ("", _) => return Err(Error::invalid("backend type must be specified as a string")),
        ("plugin", "") => {
            return Err(Error::invalid("plugin_name must be provided for plugin backend"));
        }
        ("plugin", name) => name,
        (kind, _) => kind,
    };
    let mut config = match fields.map("config") {
        Some(given) => config(class, given)?,
        None => Config::default(),
    };
    if !fields.str("plugin_version").is_empty() {
        config.plugin_version = fields.str("plugin_version").to_owned();
    }
    let flag = |name: &str| fields.bool(name).unwrap_or(false);
    Ok(Enable {
        kind: kind.to_owned(),
        description: fields.str("description").to_owned(),
        config,
        options: fields.pairs("options").unwrap_or_default(),
        local: flag("local"),
        seal_wrap: flag("seal_wrap"),
        external_entropy_access: flag("external_entropy_access"),
    })
}

/// Reads the wish for other settings.
pub(crate) fn tune(fields: &Fields) -> Result<Tune> {
    let text = |name: &str| fields.has(name).then(|| fields.str(name).to_owned());
    let time = |name: &str| text(name).map(|text| seconds(&text)).transpose();
    Ok(Tune {
        default_lease_ttl: time("default_lease_ttl")?,
        max_lease_ttl: time("max_lease_ttl")?,
        description: text("description"),
        audit_non_hmac_request_keys: fields.list("audit_non_hmac_request_keys"),
        audit_non_hmac_response_keys: fields.list("audit_non_hmac_response_keys"),
        listing_visibility: text("listing_visibility"),
        passthrough_request_headers: fields.list("passthrough_request_headers"),
        allowed_response_headers: fields.list("allowed_response_headers"),
        token_type: text("token_type"),
        options: fields.pairs("options"),
        user_lockout: fields.map("user_lockout_config").map(lockout).transpose()?,
        plugin_version: text("plugin_version"),
    })
}

/// Seconds out of digits, a duration, or the word for "as the system has it".
fn seconds(text: &str) -> Result<i64> {
    match text {
        "system" => Ok(0),
        text => duration::seconds(text).map_err(Error::invalid),
    }
}

/// The member `config` of enabling.
struct Given<'a> {
    class: Class,
    members: &'a Data,
}

impl Given<'_> {
    fn fault(&self) -> Error {
        let sort = match self.class {
            Class::Secret => "mount",
            Class::Auth => "auth",
        };
        Error::invalid(format!("unable to convert given {sort} config information"))
    }

    fn read(&self, name: &str, kind: Kind) -> Result<Value> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(Value::Null),
            Some(value) => kind.convert(value).map_err(|_| self.fault()),
        }
    }

    fn text(&self, name: &str) -> Result<String> {
        Ok(self.read(name, Kind::String)?.as_str().unwrap_or_default().to_owned())
    }

    fn texts(&self, name: &str) -> Result<Vec<String>> {
        let list = self.read(name, Kind::List)?;
        let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    fn time(&self, name: &str, which: &str) -> Result<i64> {
        let text = self.text(name)?;
        duration::seconds(&text)
            .map_err(|why| Error::invalid(format!("unable to parse {which} TTL of {text}: {why}")))
    }
}

fn config(class: Class, members: &Data) -> Result<Config> {
    let given = Given { class, members };
    if let Some(lockout) = members.get("user_lockout_config") {
        check_lockout(lockout).ok_or_else(|| given.fault())?;
    }
    Ok(Config {
        default_lease_ttl: given.time("default_lease_ttl", "default")?,
        max_lease_ttl: given.time("max_lease_ttl", "max")?,
        force_no_cache: given.read("force_no_cache", Kind::Bool)?.as_bool().unwrap_or(false),
        audit_non_hmac_request_keys: given.texts("audit_non_hmac_request_keys")?,
        audit_non_hmac_response_keys: given.texts("audit_non_hmac_response_keys")?,
        listing_visibility: given.text("listing_visibility")?,
        passthrough_request_headers: given.texts("passthrough_request_headers")?,
        allowed_response_headers: given.texts("allowed_response_headers")?,
        token_type: Some(IssuedTokens::parse(&given.text("token_type")?)?),
        user_lockout: None,
        plugin_version: given.text("plugin_version")?,
    })
}

/// At enabling the lockout settings are only checked, and strictly; tuning is what sets them.
fn check_lockout(value: &Value) -> Option<()> {
    for (name, value) in value.as_object()? {
        let fits = match name.as_str() {
            "lockout_disable" => value.is_boolean(),
            _ => value.is_number(),
        };
        fits.then_some(())?;
    }
    Some(())
}

fn lockout(given: &Data) -> Result<LockoutTune> {
    let fault = || Error::invalid("unable to convert given user lockout config information");
    let time = |name: &str| -> Result<Option<i64>> {
        let Some(value) = given.get(name) else { return Ok(None) };
        let seconds = Kind::Duration.convert(value).map_err(|_| fault())?;
        Ok(seconds.as_i64())
    };
    let disable = match given.get("lockout_disable") {
        None => None,
        Some(Value::Bool(flag)) => Some(*flag),
        Some(_) => return Err(fault()),
    };
    Ok(LockoutTune {
        threshold: given.get("lockout_threshold").map(threshold).transpose()?,
        duration: time("lockout_duration")?,
        counter_reset: time("lockout_counter_reset_duration")?,
        disable,
    })
}

fn threshold(value: &Value) -> Result<u64> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.parse().map_err(|_| {
        Error::invalid(format!(
            "unable to parse user lockout threshold: strconv.ParseUint: parsing \"{text}\": invalid \
             syntax"
        ))
    })
}
