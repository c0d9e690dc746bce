//! `policy`, `token`, `lease`, `secrets`, `auth` and `audit`.

use super::{Case, Person, fails, ok};
use crate::support::TestServer;

const POLICIES_AND_TOKENS: &[Case] = &[
    ok("policy list", &["default\nroot\n"]),
    ok("policy list -format=json", &["[\n  \"default\",\n  \"root\"\n]\n"]),
    ok("policy read default", &["path \"auth/token/lookup-self\" {"]),
    fails(2, "policy read root", &["No policy named: root\n"]),
    fails(2, "policy read nosuch", &["No policy named: nosuch\n"]),
    ok("policy write P1 -", &["Success! Uploaded policy: p1\n"])
        .stdin("path \"secret/*\" { capabilities = [\"read\"] }\n")
        .err(&["Policy name was converted from \"P1\" to \"p1\"\n"]),
    fails(2, "policy write p3 -", &["Error uploading policy", "Code: 400"]).stdin("path {"),
    fails(2, "policy write p3 /nosuch.hcl", &["open /nosuch.hcl: no such file or directory\n"]),
    fails(2, "policy delete default", &["* cannot delete default policy"]),
    ok(
        "token create -policy=p1 -ttl=1h",
        &[
            "token                s.",
            "\ntoken_duration       1h\ntoken_renewable      true\n\
             token_policies       [\"default\" \"p1\"]\nidentity_policies    []\n",
        ],
    ),
    ok("token create -field=token -policy=p1", &["s."]),
    ok(
        "token create -type=batch -policy=p1",
        &["token                b.", "token_accessor       n/a\n"],
    ),
    ok("token create -policy=nosuch", &["token_policies       [\"default\" \"nosuch\"]"])
        .err(&["WARNING!", "* Policy \"nosuch\" does not exist"]),
    fails(2, "token create -role=nosuch", &["* unknown role nosuch"]),
    ok("token lookup", &["id                  root\n", "policies            [root]\n"]),
    fails(2, "token lookup nosuch", &["Error looking up token", "* bad token"]),
    ok("token capabilities secret/data/x", &["root\n"]),
    ok("token revoke -accessor nosuch", &["Success! Revoked token (if it existed)\n"]),
    fails(1, "token revoke", &["Not enough arguments (expected 1 or -self, got 0)\n"]),
    fails(2, "lease lookup nosuch", &["* invalid lease"]),
    fails(2, "lease renew nosuch", &["* lease not found"]),
    ok("lease revoke nosuch", &["All revocation operations queued successfully!\n"]),
    ok("lease revoke -sync nosuch", &["Success! Revoked lease: nosuch\n"]),
    fails(1, "lease revoke -force x", &["requires also specifying -prefix"]),
];

const MOUNTS: &[Case] = &[
    ok(
        "secrets list",
        &[
            "Path          Type         Accessor              Description\n",
            "\ncubbyhole/",
            "\nsys/",
        ],
    ),
    ok(
        "secrets list -format=json",
        &["\"cubbyhole/\": {\n    \"uuid\": \"", "\"deprecation_status\""],
    ),
    ok(
        "secrets enable -path=k2 -version=2 -description=d kv",
        &["Success! Enabled the kv secrets engine at: k2/\n"],
    ),
    fails(2, "secrets enable -path=k2 kv", &["Error enabling", "* path is already in use at k2/"]),
    fails(2, "secrets enable nosuch", &["* plugin not found in the catalog: nosuch"]),
    ok("secrets tune -default-lease-ttl=1h k2/", &["Success! Tuned the secrets engine at: k2/\n"]),
    ok("secrets list -detailed", &["k2/           kv           kv_", " 3600 "]),
    fails(2, "secrets tune -default-lease-ttl=1h nosuch/", &["no mount entry found"]),
    ok("secrets disable k2", &["Success! Disabled the secrets engine (if it existed) at: k2/\n"]),
    ok("secrets disable k2", &["Success!"]),
    ok("auth list", &["Path      Type     Accessor", "token/    token    auth_token_"]),
    fails(2, "audit list", &[]).out(&["No audit devices are enabled.\n"]),
    ok(
        "audit disable nosuch",
        &["Success! Disabled audit device (if it was enabled) at: nosuch/\n"],
    ),
];

#[tokio::test]
async fn policies_and_tokens() {
    let (server, _client) = TestServer::dev().await;
    Person::new(&server.url(), "root").checks(POLICIES_AND_TOKENS);
}

#[tokio::test]
async fn mounts() {
    let (server, _client) = TestServer::dev().await;
    Person::new(&server.url(), "root").checks(MOUNTS);
}

#[tokio::test]
async fn what_a_token_may_not_do() {
    let (server, _client) = TestServer::dev().await;
    let person = Person::new(&server.url(), "root");
    let token = person.reads("token create -field=token -policy=default -orphan");
    let limited = Person::new(&server.url(), &token);
    limited.checks(&[
        fails(2, "secrets list", &["GET {url}/v1/sys/mounts\nCode: 403", "* permission denied"]),
        ok("token capabilities sys/mounts", &["deny\n"]),
        ok("token revoke -self", &["Success! Revoked token (if it existed)\n"]),
        fails(2, "token lookup", &["Code: 403"]),
    ]);
}

#[test]
fn a_policy_file_is_formatted() {
    let person = Person::new("http://127.0.0.1:9", "");
    let file = person.home.path().join("p.hcl");
    std::fs::write(&file, "path \"a\"   {\ncapabilities=[\"read\",\"list\"]\n}\n").unwrap();
    person.checks(&[
        ok("policy fmt {home}/p.hcl", &["Success! Formatted policy: {home}/p.hcl\n"]),
        fails(1, "policy fmt /nosuch", &["Error reading source file: open /nosuch: no such file"]),
    ]);
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text, "path \"a\" {\n  capabilities = [\"read\", \"list\"]\n}\n");
}
