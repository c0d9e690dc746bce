//! Texts that are policies, and those that are not, with the recorded error texts.

use crate::{Capability, Policy};

fn good(text: &str) -> Policy {
    match Policy::parse("p", text) {
        Ok(policy) => policy,
        Err(error) => panic!("{text}: {error}"),
    }
}

fn refuses(text: &str, want: &str) {
    let error = Policy::parse("p", text).unwrap_err().to_string();
    assert_eq!(error, format!("failed to parse policy: {want}"), "{text}");
}

#[test]
fn recorded_errors() {
    refuses("5", "At 1:1: expected: IDENT | STRING | ASSIGN | LBRACE got: NUMBER");
    refuses("path {", "At 1:8: object expected closing RBRACE got: EOF");
    refuses("foo \"x\" {}", "1 error occurred:\n\t* invalid key \"foo\" on line 0\n\n");
    refuses(
        "path \"a\" { foo = 1 }",
        "1 error occurred:\n\t* path \"a\": invalid key \"foo\" on line 1\n\n",
    );
    refuses("path \"a\" { capabilities = [\"reed\"] }", "path \"a\": invalid capability \"reed\"");
    refuses("path \"a\" { policy = \"xx\" }", "path \"a\": invalid policy \"xx\"");
    refuses(
        "path \"a/+*\" { capabilities = [\"read\"] }",
        "path \"a/+*\": invalid use of wildcards ('+*' is forbidden)",
    );
    refuses(
        "path \"a\" { capabilities = [\"read\"] min_wrapping_ttl = \"2h\" max_wrapping_ttl = \"1h\" }",
        "max_wrapping_ttl cannot be less than min_wrapping_ttl",
    );
    refuses(
        "path \"a\" { capabilities = [\"read\"] min_wrapping_ttl = \"x\" }",
        "error parsing min_wrapping_ttl: time: invalid duration \"x\"",
    );
    refuses(
        "path \"a\" { capabilities = [\"read\"] control_group = { factor \"x\" { identity { group_names = [\"g\"] approvals = 1 } } } }",
        "1 error occurred:\n\t* path \"a\": invalid key \"control_group\" on line 1\n\n",
    );
    refuses(
        "path \"a\" { capabilities = [\"list\"] list_scan_response_keys_filter_path = \"x\" }",
        "list_scan_response_keys_filter_path resulted in same path for two different keys",
    );
    refuses(
        "path \"a\" { capabilities = [\"subscribe\"] }",
        "path \"a\": invalid capability \"subscribe\"",
    );
}

#[test]
fn other_errors() {
    refuses(
        "path \"a\" { capabilities = \"read\" }",
        "path \"a\": At 1:27: expected a list, got a string",
    );
    refuses(
        "path \"a\" { capabilities = [\"create\"] allowed_parameters = { \"x\" = \"y\" } }",
        "path \"a\": At 1:67: expected a list, got a string",
    );
    refuses(
        "a = 1\nb = 2",
        "2 errors occurred:\n\t* invalid key \"a\" on line 1\n\t* invalid key \"b\" on line 2\n\n",
    );
    refuses(
        "path \"a{{b\" {}",
        "failed to validate policy templating: unbalanced templating characters",
    );
    refuses("path \"a\" \"b\" {}", "At 1:1: path must be a block with 1 name(s) before its brace");
    refuses(
        "path \"a\" { expiration = \"tomorrow\" }",
        "path \"a\": invalid expiration time: \"tomorrow\" is neither an RFC 3339 time nor seconds since 1970",
    );
    refuses(
        "path \"a\" { capabilities = [\"read\"] list_scan_response_keys_filter_path = \"{{.key}}\" }",
        "list_scan_response_keys_filter_path needs to be used on a path with the list capability",
    );
    refuses(
        "path \"a\" { capabilities = [\"list\"] list_scan_response_keys_filter_path = \"{{ env }}\" }",
        "unable to compile template for list_scan_response_keys_filter_path: only {{ .path }} and {{ .key }} may stand in braces",
    );
    refuses(
        "path \"a\" { pagination_limit = \"x\" }",
        "path \"a\": At 1:31: expected a whole number, got a string",
    );
}

#[test]
fn recorded_successes() {
    for text in [
        "# nothing",
        "path \"a\" { policy = \"write\" }",
        "path \"a/b+c/d\" { capabilities = [\"read\"] }",
        "path \"a/*/b\" { capabilities = [\"read\"] }",
        "path \"/a\" { capabilities = [\"read\"] }",
        "path \"\" { capabilities = [\"read\"] }",
        "path \"a\" { capabilities = [\"read\"] }\npath \"a\" { capabilities = [\"list\"] }",
        "path \"a\" { }",
        "path \"a\" { capabilities = [\"create\"] required_parameters = [\"x\"] }",
        "path \"a\" { capabilities = [\"read\"] mfa_methods = [\"x\"] }",
        "path \"a\" { capabilities = [\"read\"] expiration = \"2040-01-02T03:04:05Z\" }",
        "path \"a\" { capabilities = [\"list\"] pagination_limit = 10 }",
        "path \"a\" { capabilities = [\"scan\"] comment = \"why\" }",
        "name = \"zzz\"\npath \"a\" { capabilities = [\"read\"] }",
        "{\"path\": {\"kv/*\": {\"capabilities\": [\"read\"]}}}",
        "{\"path\": [{\"kv/*\": {\"capabilities\": [\"read\"]}}, {\"b\": {\"policy\": \"read\"}}]}",
    ] {
        good(text);
    }
}

#[test]
fn words() {
    let check = |body: &str, want: &str| {
        let policy = good(&format!("path \"a\" {{ {body} }}"));
        assert_eq!(policy.rules[0].capabilities.words().join(" "), want, "{body}");
    };
    check("policy = \"read\"", "list read");
    check("policy = \"write\"", "create delete list read update");
    check("policy = \"sudo\"", "create delete list read sudo update");
    check("policy = \"deny\"", "deny");
    check("policy = \"read\" capabilities = [\"sudo\"]", "list read sudo");
    check("capabilities = [\"read\", \"deny\", \"nonsense\"]", "deny");
    check("capabilities = [\"patch\", \"scan\", \"read\", \"read\"]", "patch read scan");
    check("", "");
    for capability in Capability::ALL {
        assert_eq!(Capability::parse(capability.word()), Some(capability));
    }
}
