//! Changing the settings of a mount.

use std::{collections::BTreeMap, sync::Arc};

use logical::{Error, Result, View};

use crate::{
    Class, IssuedTokens, Lockout, Mount, MountTable, Record, enable::check_visibility,
    table::put_record, ttl,
};

#[cfg(test)]
mod tests;

/// Auth methods whose users can be locked out.
const LOCKOUT_KINDS: &[&str] = &["approle", "ldap", "userpass"];

/// The changes of a mount that a client asks for; `None` leaves a setting as it is.
#[derive(Clone, Debug, Default)]
pub struct Tune {
    /// Seconds.
    pub default_lease_ttl: Option<i64>,
    /// Seconds.
    pub max_lease_ttl: Option<i64>,
    /// Free text.
    pub description: Option<String>,
    /// See [`Config`](crate::Config).
    pub audit_non_hmac_request_keys: Option<Vec<String>>,
    /// See [`Config`](crate::Config).
    pub audit_non_hmac_response_keys: Option<Vec<String>>,
    /// `unauth`, `hidden` or empty.
    pub listing_visibility: Option<String>,
    /// See [`Config`](crate::Config).
    pub passthrough_request_headers: Option<Vec<String>>,
    /// See [`Config`](crate::Config).
    pub allowed_response_headers: Option<Vec<String>>,
    /// The word for it.
    pub token_type: Option<String>,
    /// Options to set; an empty value removes one.
    pub options: Option<BTreeMap<String, String>>,
    /// When users are locked out.
    pub user_lockout: Option<LockoutTune>,
    /// The version of a plugin.
    pub plugin_version: Option<String>,
}

/// Changes of when users are locked out.
#[derive(Clone, Debug, Default)]
pub struct LockoutTune {
    /// Failed logins.
    pub threshold: Option<u64>,
    /// Seconds.
    pub duration: Option<i64>,
    /// Seconds.
    pub counter_reset: Option<i64>,
    /// Nobody is locked out.
    pub disable: Option<bool>,
}

impl MountTable {
    /// Changes the settings of the mount at this full path; gives sentences for the client.
    pub async fn tune(&self, view: &dyn View, path: &str, ask: Tune) -> Result<Vec<String>> {
        let catalog = self.catalog()?;
        let routes = self.begin(view).await?;
        let Some(mount) = routes.at(path) else {
            let path = crate::enable::with_slash(path);
            return Err(Error::invalid(format!(
                "tune of path \"{path}\" failed: no mount entry found"
            )));
        };
        refuse_fixed(mount, &ask)?;
        let mut record = mount.record.clone();
        let changed = apply(&mut record, mount, ask)?;
        ttl::check_tuned(&record.config, self.system)?;
        let mut warnings = Vec::new();
        if changed.upgraded {
            warnings.push(UPGRADING.to_owned());
        }
        // A backend serves what an older version of it left behind. It keeps caches and locks, so
        // that it is opened again only if its options are other ones.
        let next = if changed.options {
            self.open(&catalog, mount.class, record)?
        } else {
            let kind = catalog.find(mount.class, &record.kind);
            Mount::new(record, mount.class, kind, Arc::clone(&mount.backend), self.system)
        };
        put_record(view, next.class, &next.record)?;
        self.commit(view, routes.replaced(mount.path(), Some(Arc::new(next))))?;
        Ok(warnings)
    }
}

/// The sentence of the API, numbers and all.
const UPGRADING: &str = "Upgrading mount from version 0 to version 0. This mount will be \
                         unavailable for a brief period and will resume service shortly.";

/// What a change was about.
#[derive(Clone, Copy, Default)]
struct Changed {
    options: bool,
    upgraded: bool,
}

/// The mounts of the server itself are tuned only in how they are audited and what they pass.
fn refuse_fixed(mount: &Mount, ask: &Tune) -> Result<()> {
    if !matches!(mount.path(), "sys/" | "cubbyhole/") {
        return Ok(());
    }
    let given = [
        ("default_lease_ttl", ask.default_lease_ttl.is_some()),
        ("description", ask.description.is_some()),
        ("listing_visibility", ask.listing_visibility.is_some()),
        ("max_lease_ttl", ask.max_lease_ttl.is_some()),
        ("options", ask.options.is_some()),
        ("plugin_version", ask.plugin_version.is_some()),
        ("token_type", ask.token_type.is_some()),
        ("user_lockout_config", ask.user_lockout.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((name, _)) => {
            let path = mount.path();
            Err(Error::invalid(format!("cannot tune parameter {name} of {path}")))
        }
        None => Ok(()),
    }
}

fn apply(record: &mut Record, mount: &Mount, ask: Tune) -> Result<Changed> {
    if let Some(version) = ask.plugin_version.filter(|version| !version.is_empty()) {
        let kind = &record.kind;
        return Err(Error::invalid(format!(
            "plugin not found in the catalog: {kind}, version={version}"
        )));
    }
    if let Some(word) = ask.token_type {
        record.config.token_type = Some(issued_tokens(mount, &word)?);
    }
    if let Some(lockout) = ask.user_lockout {
        let kind = &record.kind;
        if mount.class != Class::Auth || !LOCKOUT_KINDS.contains(&kind.as_str()) {
            return Err(Error::invalid(format!(
                "tuning of user lockout configuration for auth type \"{kind}\" not allowed"
            )));
        }
        tune_lockout(record.config.user_lockout.get_or_insert_default(), lockout);
    }
    if let Some(word) = &ask.listing_visibility {
        check_visibility(word)?;
    }
    let config = &mut record.config;
    replace(&mut config.default_lease_ttl, ask.default_lease_ttl);
    replace(&mut config.max_lease_ttl, ask.max_lease_ttl);
    replace(&mut record.description, ask.description);
    replace(&mut config.audit_non_hmac_request_keys, ask.audit_non_hmac_request_keys);
    replace(&mut config.audit_non_hmac_response_keys, ask.audit_non_hmac_response_keys);
    replace(&mut config.listing_visibility, ask.listing_visibility);
    replace(&mut config.passthrough_request_headers, ask.passthrough_request_headers);
    replace(&mut config.allowed_response_headers, ask.allowed_response_headers);
    match ask.options {
        Some(options) => tune_options(record, options),
        None => Ok(Changed::default()),
    }
}

fn issued_tokens(mount: &Mount, word: &str) -> Result<IssuedTokens> {
    if mount.class != Class::Auth {
        return Err(Error::invalid("'token_type' can only be modified on auth mounts"));
    }
    if mount.builtin {
        return Err(Error::invalid(
            "'token_type' cannot be set for 'token' or 'ns_token' auth mounts",
        ));
    }
    IssuedTokens::parse(word)
}

fn tune_lockout(lockout: &mut Lockout, ask: LockoutTune) {
    replace(&mut lockout.threshold, ask.threshold);
    replace(&mut lockout.duration, ask.duration);
    replace(&mut lockout.counter_reset, ask.counter_reset);
    replace(&mut lockout.disable, ask.disable);
}

/// Sets options. A backend reads what an older version wrote, never what a newer one did, so the
/// version only grows.
fn tune_options(record: &mut Record, ask: BTreeMap<String, String>) -> Result<Changed> {
    let version = |record: &Record| record.option("version").parse::<u32>().unwrap_or(1);
    let before = version(record);
    let options = record.options.get_or_insert_default();
    let mut changed = Changed::default();
    for (name, value) in ask {
        let old = match value.as_str() {
            "" => options.remove(&name),
            _ => options.insert(name.clone(), value),
        };
        changed.options |= old.as_ref() != options.get(&name);
    }
    let after = version(record);
    if after < before {
        return Err(Error::invalid(format!("cannot downgrade mount from version {before}")));
    }
    changed.upgraded = after > before;
    Ok(changed)
}

fn replace<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
