//! `read`, `write`, `list` and so on, the faults of a line, and `login`.

use super::{Case, Person, fails, ok};
use crate::support::TestServer;

const CASES: &[Case] = &[
    ok("write cubbyhole/a k=v", &["Success! Data written to: cubbyhole/a\n"]),
    ok("write -format=json cubbyhole/a k=v", &[]),
    fails(1, "write cubbyhole/a", &["Must supply data or use -force"]),
    ok("write cubbyhole/s -", &["Success!"]).stdin("{\"a\":1}"),
    ok("write cubbyhole/l k=1 k=2", &["Success!"]),
    ok("read -format=json cubbyhole/l", &["\"k\": [\n      \"1\",\n      \"2\"\n    ]"]),
    ok("read /cubbyhole/a", &["Key    Value\n---    -----\nk      v\n"]),
    ok(
        "STRONGROOM_FORMAT=json read cubbyhole/a",
        &[
            "{\n  \"request_id\": \"",
            "\",\n  \"lease_id\": \"\",\n  \"lease_duration\": 0,\n  \"renewable\": false,\n  \
             \"data\": {\n    \"k\": \"v\"\n  },\n  \"warnings\": null\n}\n",
        ],
    ),
    ok("read -format=yaml cubbyhole/a", &["data:\n  k: v\nlease_duration: 0\nlease_id: \"\"\n"]),
    ok("read -format=raw cubbyhole/a", &["{\"request_id\":\"", "\"auth\":null}\n"]),
    ok("read -field=k cubbyhole/a", &["v"]),
    ok("read cubbyhole/a x=y", &["k      v\n"]).err(&["WARNING!", "* Endpoint ignored these"]),
    ok("read cubbyhole/s -format=json", &["\"a\": 1"]),
    ok("VAULT_ADDR={url} VAULT_TOKEN=root read cubbyhole/s", &["a      1\n"]),
    fails(2, "read cubbyhole/nosuch", &["No value found at cubbyhole/nosuch\n"]),
    fails(
        2,
        "STRONGROOM_TOKEN= read cubbyhole/a",
        &["Error reading cubbyhole/a: Error making API request.\n\nURL: GET \
             {url}/v1/cubbyhole/a\nCode: 403. Errors:\n\n* permission denied\n"],
    ),
    ok(
        "read -output-curl-string cubbyhole/a",
        &["curl -H \"X-Vault-Request: true\" -H \"X-Vault-Token: $(", "\"{url}/v1/cubbyhole/a\"\n"],
    ),
    ok(
        "read -output-policy cubbyhole/a",
        &["path \"cubbyhole/a\" {\n  capabilities = [\"read\"]\n}\n"],
    ),
    ok(
        "read -wrap-ttl=60 cubbyhole/a",
        &["wrapping_token:                  s.", "wrapping_token_ttl:              1m\n"],
    ),
    ok(
        "read -wrap-ttl=60s -format=json cubbyhole/a",
        &[
            "\"data\": null",
            "\"wrap_info\": {\n    \"token\": \"s.",
            "\"wrapped_accessor\": \"\"\n",
        ],
    ),
    ok("list cubbyhole/", &["Keys\n----\na\nl\ns\n"]),
    fails(2, "list cubbyhole/nosuch", &["No value found at cubbyhole/nosuch"]),
    fails(2, "list -format=json cubbyhole/nosuch", &[]).out(&["{}\n"]),
    ok("delete cubbyhole/a", &["Success! Data deleted (if it existed) at: cubbyhole/a\n"]),
    ok("delete cubbyhole/a", &["Success!"]),
    ok("print token", &["root\n"]),
];

/// What is wrong with the line itself, or on the way: mostly 1, and 2 if a server was asked for.
const FAULTS: &[Case] = &[
    fails(127, "", &["Usage: strongroom <command>", "Common commands:"]),
    fails(127, "nosuch", &["Usage: strongroom <command>"]),
    fails(1, "kv nosuch", &["Usage: strongroom kv <subcommand>"]),
    fails(1, "read", &["Not enough arguments"]),
    fails(1, "secrets list x", &["Too many arguments (expected 0, got 1)\n"]),
    fails(1, "read -nosuch x", &["flag provided but not defined: -nosuch"]),
    fails(1, "read -format=zz x", &["Invalid output format: zz\n"]),
    fails(1, "STRONGROOM_ADDR=zz://%% status", &["failed to create client: parse \"zz://%%\""]),
    fails(
        1,
        "STRONGROOM_ADDR=http://127.0.0.1:9 status",
        &["Error checking seal status", "refused"],
    ),
    fails(2, "STRONGROOM_ADDR=http://127.0.0.1:9 read x", &["Error reading x: Get", "refused"]),
    ok("version", &["Strongroom v"]),
    ok("-version", &["Strongroom v"]),
    ok("kv get -h", &["Usage: strongroom kv get", "Examples:", "-version=<number>"]),
];

const LOGIN: &[Case] = &[
    ok(
        "login root",
        &[
            "Success! You are now authenticated.",
            "token                root\ntoken_accessor       ",
            "\ntoken_duration       ∞\ntoken_renewable      false\ntoken_policies       [\"root\"]\n",
        ],
    ),
    ok("print token", &["root\n"]),
    ok("login -token-only root", &["root"]),
    ok("login -no-print root", &[]),
    ok("login -", &["Success!"]).stdin("root\n"),
    ok("login -format=json root", &["\"client_token\": \"root\"", "\"renewable\": false"]),
    fails(2, "login bad", &["Error authenticating: error looking up token", "Code: 403"]),
    fails(1, "login -method=nosuch", &["Unknown auth method: nosuch."]),
];

#[tokio::test]
async fn any_path() {
    let (server, _client) = TestServer::dev().await;
    let person = Person::new(&server.url(), "root");
    person.checks(CASES);
    person.checks(FAULTS);
}

#[tokio::test]
async fn a_login_stores_its_token() {
    let (server, _client) = TestServer::dev().await;
    // Without a token in the environment the stored one counts.
    let person = Person::new(&server.url(), "");
    person.checks(LOGIN);
    std::fs::remove_file(person.home.path().join(".vault-token")).unwrap();
    person.checks(&[fails(2, "token lookup", &["Code: 403"])]);
}

#[tokio::test]
async fn a_wrapped_answer_is_taken_once() {
    let (server, _client) = TestServer::dev().await;
    let person = Person::new(&server.url(), "root");
    person.reads("write cubbyhole/a k=v");
    let wrapped = person.reads("read -wrap-ttl=60 -field=wrapping_token cubbyhole/a");
    assert_eq!(person.reads(&format!("unwrap -field=k {wrapped}")), "v");
    let again = person.types(&format!("unwrap {wrapped}"), "");
    assert_eq!(again.status.code(), Some(2));
    let other = person.reads("read -wrap-ttl=60 -field=wrapping_token cubbyhole/a");
    assert_eq!(person.reads(&format!("STRONGROOM_TOKEN={other} unwrap -field=k")), "v");
}
