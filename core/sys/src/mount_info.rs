//! A mount as clients see it: in listings, by itself, and in its tune form.

use logical::Data;
use mount::{Class, Config, Lockout, Mount, SystemTtls};
use serde_json::{Value, json};

/// Everything that is told of a mount.
pub(crate) fn whole(mount: &Mount) -> Data {
    let record = &mount.record;
    let mut data = object(json!({
        "accessor": record.accessor,
        "config": config(mount),
        "description": record.description,
        "external_entropy_access": record.external_entropy_access,
        "local": record.local,
        "options": record.options,
        "plugin_version": record.config.plugin_version,
        "running_plugin_version": &*mount.running_version,
        "running_sha256": "",
        "seal_wrap": record.seal_wrap,
        "type": record.kind,
        "uuid": record.uuid,
    }));
    if !mount.builtin {
        data.insert("deprecation_status".to_owned(), "supported".into());
    }
    data
}

/// What those without a token see of a mount that shows itself to them.
pub(crate) fn public(mount: &Mount) -> Data {
    let record = &mount.record;
    object(json!({
        "description": record.description,
        "options": record.options,
        "type": record.kind,
    }))
}

/// The settings in the form in which they are tuned, times as they come out.
pub(crate) fn tuned(mount: &Mount, system: SystemTtls) -> Data {
    let config = &mount.record.config;
    let or_system = |seconds: i64, system: std::time::Duration| match seconds {
        0 => Value::from(system.as_secs()),
        set => Value::from(set),
    };
    let mut data = settings(mount.class, config);
    let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
    put("default_lease_ttl", or_system(config.default_lease_ttl, system.default));
    put("max_lease_ttl", or_system(config.max_lease_ttl, system.max));
    put("description", mount.record.description.as_str().into());
    if let Some(options) = mount.record.options.as_ref().filter(|all| !all.is_empty()) {
        put("options", json!(options));
    }
    if let Some(lockout) = &config.user_lockout {
        data.extend(user_lockout(lockout));
    }
    data
}

fn config(mount: &Mount) -> Data {
    let config = &mount.record.config;
    let mut data = settings(mount.class, config);
    if let Some(lockout) = &config.user_lockout {
        data.insert("user_lockout_config".to_owned(), user_lockout(lockout).into());
    }
    data
}

/// The settings, those that are lists or words only if they are set.
fn settings(class: Class, config: &Config) -> Data {
    let mut data = object(json!({
        "default_lease_ttl": config.default_lease_ttl,
        "force_no_cache": config.force_no_cache,
        "max_lease_ttl": config.max_lease_ttl,
    }));
    let lists = [
        ("allowed_response_headers", &config.allowed_response_headers),
        ("audit_non_hmac_request_keys", &config.audit_non_hmac_request_keys),
        ("audit_non_hmac_response_keys", &config.audit_non_hmac_response_keys),
        ("passthrough_request_headers", &config.passthrough_request_headers),
    ];
    for (name, list) in lists {
        if !list.is_empty() {
            data.insert(name.to_owned(), json!(list));
        }
    }
    if !config.listing_visibility.is_empty() {
        data.insert("listing_visibility".to_owned(), config.listing_visibility.as_str().into());
    }
    if class == Class::Auth {
        let word = config.token_type.unwrap_or_default().word();
        data.insert("token_type".to_owned(), word.into());
    }
    data
}

fn user_lockout(lockout: &Lockout) -> Data {
    object(json!({
        "user_lockout_counter_reset_duration": lockout.counter_reset,
        "user_lockout_disable": lockout.disable,
        "user_lockout_duration": lockout.duration,
        "user_lockout_threshold": lockout.threshold,
    }))
}

/// The members of what `json!` made of braces.
pub(crate) fn object(value: Value) -> Data {
    match value {
        Value::Object(data) => data,
        _ => Data::new(),
    }
}
