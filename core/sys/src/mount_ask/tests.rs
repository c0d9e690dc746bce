//! Tables of parameters, as real clients send them.

use serde_json::json;

use super::*;

fn fields(known: &[Field], given: Value) -> Result<Fields> {
    let given = given.as_object().cloned().unwrap_or_default();
    Fields::convert(known, &given, Data::new()).map(|(fields, _)| fields)
}

fn text<T>(result: Result<T>) -> String {
    result.map_or_else(|error| error.public.into_owned(), |_| "ok".to_owned())
}

#[test]
fn enabling() {
    let check = |class, given: Value, want: &str| {
        let asked = fields(ENABLE, given.clone()).and_then(|fields| enable(class, &fields));
        assert_eq!(text(asked), want, "{given}");
    };
    use Class::{Auth, Secret};
    let typeless = "backend type must be specified as a string";
    check(Secret, json!({}), typeless);
    check(Secret, json!({"type": ""}), typeless);
    check(Secret, json!({"type": "plugin"}), "plugin_name must be provided for plugin backend");
    check(Auth, json!({"type": "plugin", "plugin_name": "approle"}), "ok");
    check(Secret, json!({"type": "kv", "options": {"version": 2}, "description": 5}), "ok");
    let options = "Field validation failed: error converting input for field \"options\": invalid \
                   key pair \"x\"";
    check(Secret, json!({"type": "kv", "options": "x"}), options);
    let config = |config: Value| json!({"type": "x", "config": config});
    let ttl = "unable to parse default TTL of abc: time: invalid duration \"abc\"";
    check(Secret, config(json!({"default_lease_ttl": "abc"})), ttl);
    check(Secret, config(json!({"default_lease_ttl": "1h", "max_lease_ttl": 7200})), "ok");
    let fault = "unable to convert given auth config information";
    let lockout = |lockout: Value| config(json!({"user_lockout_config": lockout}));
    check(Auth, lockout(json!({"lockout_threshold": 4, "lockout_duration": "10m"})), fault);
    check(Auth, lockout(json!({"lockout_threshold": "4"})), fault);
    check(Auth, lockout(json!({"lockout_threshold": 4})), "ok");
    check(Auth, config(json!({"token_type": "x"})), "invalid value for 'token_type'");
}

#[test]
fn settings_of_a_new_mount() {
    let given = json!({"type": "kv", "config": {
        "default_lease_ttl": "1h", "max_lease_ttl": 7200, "force_no_cache": true,
        "audit_non_hmac_request_keys": ["a"], "audit_non_hmac_response_keys": "b,c",
        "listing_visibility": "unauth", "passthrough_request_headers": ["X-Foo"],
    }});
    let ask = enable(Class::Secret, &fields(ENABLE, given).unwrap()).unwrap();
    let config = ask.config;
    assert_eq!((config.default_lease_ttl, config.max_lease_ttl), (3600, 7200));
    assert!(config.force_no_cache);
    assert_eq!(config.audit_non_hmac_response_keys, ["b", "c"]);
    assert_eq!(config.listing_visibility, "unauth");
}

#[test]
fn tuning() {
    let check = |given: Value, want: &str| {
        assert_eq!(text(fields(TUNE, given.clone()).and_then(|f| tune(&f))), want, "{given}");
    };
    check(json!({"default_lease_ttl": "2h", "max_lease_ttl": 86400}), "ok");
    check(json!({"max_lease_ttl": "zz"}), "time: invalid duration \"zz\"");
    let locks = |lockout: Value| json!({"user_lockout_config": lockout});
    let fault = "unable to convert given user lockout config information";
    check(locks(json!({"lockout_threshold": "7", "lockout_disable": "false"})), fault);
    check(locks(json!({"lockout_threshold": "7", "lockout_duration": "1m"})), "ok");
    let threshold =
        "unable to parse user lockout threshold: strconv.ParseUint: parsing \"x\": invalid syntax";
    check(locks(json!({"lockout_threshold": "x"})), threshold);
}

#[test]
fn times_of_a_tune() {
    let check = |given: Value, want: Option<i64>| {
        let fields = fields(TUNE, json!({"default_lease_ttl": given})).unwrap();
        assert_eq!(tune(&fields).unwrap().default_lease_ttl, want);
    };
    check(json!("system"), Some(0));
    check(json!("-1h"), Some(-3600));
    check(json!(0), Some(0));
    check(Value::Null, None);
}
