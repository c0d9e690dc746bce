//! `status` and `operator …`: from a new server to a sealed one.

use super::{Case, Person, fails, ok};
use crate::support::{INMEM, TestServer};

const NEW: &[Case] = &[
    fails(2, "status", &[]).out(&["Initialized        false\nSealed             true\n"]),
    fails(2, "status -format=json", &[]).out(&["{\n  \"type\": \"shamir\",", "\"sealed\": true,"]),
    fails(2, "operator init -status", &[]).out(&["not initialized\n"]),
    fails(2, "operator init -key-shares=3 -key-threshold=5", &["Error initializing", "Code: 400"]),
    fails(2, "operator unseal abcd", &["Error unsealing", "not initialized"]),
];

const SEALED: &[Case] = &[
    ok("operator init -status", &["is initialized\n"]),
    fails(2, "operator init", &["Code: 400", "already initialized"]),
    fails(2, "operator unseal -", &["Error unsealing", "Code: 400"]),
    fails(2, "operator unseal zz!", &["Code: 400"]),
    fails(1, "operator unseal", &["The unseal key could not be asked for"])
        .out(&["Unseal Key (will be hidden): \n"]),
];

const UNSEALED: &[Case] = &[
    ok("status", &["Sealed          false\nTotal Shares    3\nThreshold       2\n"]),
    ok("status -format=yaml", &["\nsealed: false\n"]),
    fails(1, "status -field=sealed", &["flag provided but not defined: -field"]),
    ok("operator key-status", &["Key Term            1\nInstall Time        "]),
    ok("operator key-status -format=json", &["\"term\": 1"]),
    ok("operator rotate", &["Success! Rotated key\n", "Key Term            2\n"]),
    fails(2, "STRONGROOM_TOKEN=bad operator seal", &["Error sealing", "* permission denied"]),
    ok("operator seal", &["is sealed.\n"]),
    fails(2, "read sys/mounts", &["Code: 503", "* Vault is sealed"]),
    fails(2, "status", &[]).out(&["Sealed             true\n", "Unseal Progress    0/2\n"]),
];

#[tokio::test]
async fn from_new_to_sealed() {
    let server = TestServer::with_config(INMEM).await;
    let nobody = Person::new(&server.url(), "");
    nobody.checks(NEW);
    let made = nobody.reads("operator init -key-shares=3 -key-threshold=2");
    let after = |name: &str| {
        let line = made.lines().find_map(|line| line.strip_prefix(name)).expect("it is printed");
        line.to_owned()
    };
    nobody.checks(SEALED);
    let first = nobody.reads(&format!("operator unseal {}", after("Unseal Key 1: ")));
    assert!(first.contains("Unseal Progress    1/2\n"), "{first}");
    let reset = nobody.reads("operator unseal -reset");
    assert!(reset.contains("Unseal Progress    0/2\n"), "{reset}");
    nobody.reads(&format!("operator unseal {}", after("Unseal Key 1: ")));
    let last = nobody.reads(&format!("operator unseal {}", after("Unseal Key 3: ")));
    assert!(last.contains("Sealed          false\n"), "{last}");
    Person::new(&server.url(), &after("Initial Root Token: ")).checks(UNSEALED);
}

#[tokio::test]
async fn an_init_for_scripts() {
    let server = TestServer::with_config(INMEM).await;
    let nobody = Person::new(&server.url(), "");
    let text = nobody.reads("operator init -format=json -key-shares=1 -key-threshold=1");
    let made: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(made["unseal_keys_b64"].as_array().map(Vec::len), Some(1));
    assert_eq!(made["unseal_shares"], 1);
    assert!(made["root_token"].as_str().unwrap().starts_with("s."));
    let order: Vec<&str> = text.lines().filter_map(|line| line.split('"').nth(1)).collect();
    assert_eq!(order.first(), Some(&"unseal_keys_b64"));
    assert_eq!(order.last(), Some(&"root_token"));
}
