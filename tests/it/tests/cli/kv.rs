//! `kv …`, both versions.

use super::{Case, Person, fails, ok};
use crate::support::TestServer;

const CASES: &[Case] = &[
    ok(
        "kv put secret/a k=v n=1",
        &[
            "== Secret Path ==\nsecret/data/a\n\n======= Metadata =======\n\
             Key                Value\n---                -----\ncreated_time       20",
            "\ncustom_metadata    <nil>\ndeletion_time      n/a\ndestroyed          false\n\
             version            1\n",
        ],
    ),
    ok("kv put -format=json -mount=secret a k=v2", &["\"lease_duration\": 0", "\"version\": 2\n"]),
    fails(
        2,
        "kv put -cas=1 secret/a k=v",
        &[
            "Error writing data to secret/data/a",
            "PUT {url}/v1/secret/data/a\nCode: 400",
            "check-and-set",
        ],
    ),
    ok("kv put secret/b -", &["secret/data/b"])
        .stdin("{\"x\":{\"y\":[1,2]},\"z\":null,\"t\":true}"),
    fails(1, "kv put secret/a k=@/nosuch", &["open /nosuch: no such file or directory"]),
    fails(1, "kv put secret/a", &["Must supply data"]),
    fails(1, "kv put", &["Not enough arguments"]),
    ok(
        "kv get secret/a",
        &[
            "== Secret Path ==",
            "= Metadata =",
            "version            2\n\n== Data ==\nKey    Value\n",
        ],
    ),
    ok("kv get secret/b", &["t      true\nx      map[y:[1 2]]\nz      <nil>\n"]),
    ok(
        "kv get -format=json -version=1 secret/a",
        &["\"data\": {", "\"k\": \"v\",", "\"version\": 1\n"],
    ),
    ok(
        "kv get -format=yaml secret/a",
        &["data:\n  data:\n    k: v2\n  metadata:\n", "warnings: null\n"],
    ),
    ok("kv get -field=k secret/a", &["v2"]),
    ok("kv get -field=x secret/b", &["map[y:[1 2]]"]),
    fails(1, "kv get -field=nosuch secret/a", &["Field \"nosuch\" not present in secret"]),
    fails(2, "kv get secret/nosuch", &["No value found at secret/data/nosuch"]),
    fails(2, "kv get -format=json secret/nosuch", &["No value found"]),
    fails(2, "kv get nosuch/a", &["Code: 403", "preflight capability check returned 403"]),
    fails(2, "STRONGROOM_TOKEN=bad kv get secret/a", &["Code: 403", "* permission denied"]),
    ok("kv patch secret/a extra=1", &["version            3"]),
    ok("kv patch -method=rw secret/a extra=2", &["version            4"]),
    fails(2, "kv patch secret/nosuch a=b", &["Code: 404"]),
    ok("kv list secret", &["Keys\n----\na\nb\n"]),
    ok("kv list -format=json secret/", &["[\n  \"a\",\n  \"b\"\n]\n"]),
    fails(2, "kv list secret/nosuch", &["No value found at secret/metadata/nosuch"]),
    fails(2, "kv list -format=json secret/nosuch", &[]).out(&["{}\n"]),
    ok("kv delete secret/a", &["Success! Data deleted (if it existed) at: secret/data/a\n"]),
    // What was deleted is found, and is not there: a script sees success and no data.
    ok("kv get secret/a", &["deletion_time      20", "version            4\n"]),
    ok("kv get -format=json secret/a", &["\"data\": null,"]),
    ok("kv undelete -versions=4 secret/a", &["Success! Data written to: secret/undelete/a\n"]),
    fails(1, "kv undelete secret/a", &["No versions provided, use the \"-versions\" flag"]),
    ok("kv destroy -versions=1 secret/a", &["Success! Data written to: secret/destroy/a\n"]),
    ok("kv rollback -version=2 secret/a", &["version            5"]),
    ok(
        "kv metadata get secret/a",
        &["= Metadata Path =\nsecret/metadata/a", "== Version 1 ==", "destroyed        true"],
    ),
    ok(
        "kv metadata put -max-versions=5 -custom-metadata=o=me secret/a",
        &["Success! Data written"],
    ),
    ok("kv metadata get -format=json secret/a", &["\"o\": \"me\"", "\"max_versions\": 5"]),
    ok(
        "kv metadata delete secret/b",
        &["Success! Data deleted (if it existed) at: secret/metadata/b"],
    ),
    ok("secrets enable -path=kv1 kv", &["Success! Enabled the kv secrets engine at: kv1/\n"]),
    ok("kv put kv1/a k=v", &["Success! Data written to: kv1/a\n"]),
    ok("kv get kv1/a", &["== Data ==\nKey    Value\n---    -----\nk      v\n"]),
    fails(1, "kv metadata get kv1/a", &["Metadata not supported on KV Version 1"]),
    fails(2, "kv patch kv1/a k=v", &["must be version 2 for patch support"]),
    ok("kv enable-versioning kv1/", &["Success! Tuned the secrets engine at: kv1/\n"]),
];

#[tokio::test]
async fn secrets_with_and_without_versions() {
    let (server, _client) = TestServer::dev().await;
    Person::new(&server.url(), "root").checks(CASES);
}
