//! The calls that are printed instead of being made.

use client::{Client, Request, Settings};
use serde_json::json;

use super::{curl, policy};

#[test]
fn curl_commands() {
    let check = |settings: Settings, request: Request, expected: &str| {
        let client = Client::from_settings(settings).expect("the settings are good");
        assert_eq!(curl(&client, &request), expected);
    };
    let with_token = || Settings::at("http://h:1").with_token("s.x");
    check(
        with_token(),
        Request::get("cubbyhole/a"),
        "curl -H \"X-Vault-Request: true\" -H \"X-Vault-Token: $(strongroom print token)\" \
         \"http://h:1/v1/cubbyhole/a\"",
    );
    check(
        Settings::at("http://h:1"),
        Request::put("a", json!({"k": "it's"})),
        "curl -X PUT -H \"X-Vault-Request: true\" -d '{\"k\":\"it'\"'\"'s\"}' \"http://h:1/v1/a\"",
    );
    check(
        Settings::at("http://h:1"),
        Request::get("a$(b)`c`"),
        "curl -H \"X-Vault-Request: true\" \"http://h:1/v1/a\\$(b)%60c%60\"",
    );
    let mut settings = with_token();
    settings.namespace = "team".to_owned();
    check(
        settings,
        Request::patch("a", json!({})),
        "curl -X PATCH -H \"Content-Type: application/merge-patch+json\" -H \"X-Vault-Namespace: \
         team\" -H \"X-Vault-Request: true\" -H \"X-Vault-Token: $(strongroom print token)\" -d \
         '{}' \"http://h:1/v1/a\"",
    );
}

#[test]
fn policies() {
    let check = |request: Request, path: &str, capabilities: &str| {
        let expected = format!("path \"{path}\" {{\n  capabilities = [{capabilities}]\n}}");
        assert_eq!(policy(&request), expected);
    };
    check(Request::get("a/b"), "a/b", "\"read\"");
    check(Request::list("a"), "a/", "\"list\"");
    check(Request::scan("a"), "a/", "\"scan\"");
    check(Request::put("a", json!({})), "a", "\"create\", \"update\"");
    check(Request::patch("a", json!({})), "a", "\"patch\"");
    check(Request::delete("a"), "a", "\"delete\"");
}
