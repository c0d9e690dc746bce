//! The policy store.

use logical::Result;
use policy::{Ask, Capability};

use crate::{
    PolicyWrite,
    tests::world::{HOUR, World, commit},
    time::after,
};

const TEXT: &str = r#"path "kv/*" { capabilities = ["read"] }"#;

async fn set(world: &World, name: &str, write: PolicyWrite<'_>) -> Result<(), String> {
    let view = world.store.begin();
    let set = world.access.policies.set(&view, name, write, world.now()).await;
    set.and_then(|()| commit(view)).map_err(|error| error.public.into_owned())
}

#[tokio::test]
async fn writes() -> Result<()> {
    let world = World::new().await?;
    let text = PolicyWrite { text: TEXT, ..PolicyWrite::default() };
    let cas = |cas| PolicyWrite { cas: Some(cas), ..text };
    let mismatch = Err("check-and-set parameter did not match the current version");
    let exists = Err("check-and-set parameter set to -1 on existing entry");
    let required = Err("check-and-set parameter required for this call");
    let cases = [
        ("a", text, Ok(())),
        ("A", text, Ok(())),
        ("a", cas(5), mismatch),
        ("a", cas(0), mismatch),
        ("a", cas(2), Ok(())),
        ("a", cas(-1), exists),
        ("b", cas(0), Ok(())),
        ("c", PolicyWrite { cas_required: Some(true), ..cas(-1) }, Ok(())),
        ("c", text, required),
        ("c", cas(1), Ok(())),
        ("c", text, required),
        ("d", cas(1), mismatch),
        ("team/x", text, Ok(())),
        ("a//b", text, Err("invalid policy name")),
        ("a", PolicyWrite::default(), Err("'policy' parameter not supplied or empty")),
        ("root", text, Err("cannot update \"root\" policy")),
        ("Response-Wrapping", text, Err("cannot update \"response-wrapping\" policy")),
        (
            "a",
            PolicyWrite { text: r#"path "a" { capabilities = ["reed"] }"#, ..text },
            Err("failed to parse policy: path \"a\": invalid capability \"reed\""),
        ),
    ];
    for (name, write, want) in cases {
        let want = want.map_err(str::to_owned);
        assert_eq!(set(&world, name, write).await, want, "{name} {write:?}");
    }
    let view = world.store.begin();
    let names = world.access.policies.list(&view).await?;
    assert_eq!(names, ["a", "b", "c", "default", "team/x", "root"]);
    Ok(())
}

#[tokio::test]
async fn removals() -> Result<()> {
    let world = World::new().await?;
    world.set_policy("a", TEXT).await?;
    let view = world.store.begin();
    for (name, want) in [
        ("A", None),
        ("nosuch", None),
        ("default", Some("cannot delete default policy")),
        ("root", Some("cannot delete \"root\" policy")),
        ("response-wrapping", Some("cannot delete \"response-wrapping\" policy")),
    ] {
        let got = world.access.policies.delete(&view, name).await.err();
        assert_eq!(got.as_ref().map(|error| error.public.as_ref()), want, "{name}");
    }
    commit(view)?;
    let view = world.store.begin();
    assert!(!world.access.policies.exists(&view, "a", world.now()).await?);
    assert!(world.access.policies.exists(&view, "root", world.now()).await?);
    Ok(())
}

#[tokio::test]
async fn shown() -> Result<()> {
    let world = World::new().await?;
    let text = "cGF0aCAia3YvKiIgeyBjYXBhYmlsaXRpZXMgPSBbInJlYWQiXSB9";
    assert_eq!(set(&world, "b64", PolicyWrite { text, ..Default::default() }).await, Ok(()));
    let view = world.store.begin();
    let keys = |text: &'static str, name: &'static str| {
        let (world, view) = (&world, &view);
        async move {
            let record = world.access.policies.get(view, name, world.now()).await?;
            Ok::<_, logical::Error>(record.map(|record| record.data(text)))
        }
    };
    let shown = keys("policy", "B64").await?.unwrap_or_default();
    assert_eq!(shown.get("policy").and_then(|text| text.as_str()), Some(TEXT));
    let names: Vec<_> = shown.keys().map(String::as_str).collect();
    let want = [
        "allow_slashes_in_identity_templates",
        "allow_wildcards_in_identity_templates",
        "cas_required",
        "modified",
        "name",
        "policy",
        "version",
    ];
    assert_eq!(names, want);
    let root = keys("rules", "root").await?.unwrap_or_default();
    assert!(root.contains_key("rules") && !root.contains_key("modified"));
    assert!(keys("policy", "nosuch").await?.is_none());
    Ok(())
}

async fn may_read(world: &World, token: &str) -> Result<bool> {
    let view = world.store.begin();
    let identity = world.access.tokens.identify(&view, token, world.now()).await?;
    let identity = identity.ok_or_else(logical::Error::no_token)?;
    let acl = world.access.policies.acl(&view, &identity, world.now()).await?;
    let parameters = logical::Data::new();
    let ask = Ask {
        path: "kv/a",
        capability: Capability::Read,
        needs_sudo: false,
        parameters: &parameters,
        wrap_ttl: None,
    };
    Ok(acl.decide(&ask).granted().is_some())
}

#[tokio::test]
async fn a_change_counts_at_once() -> Result<()> {
    let world = World::new().await?;
    let (token, _) = world.create(&world.root, serde_json::json!({"policies": ["p"]})).await?;
    assert!(!may_read(&world, &token).await?);
    world.set_policy("p", TEXT).await?;
    assert!(may_read(&world, &token).await?);
    assert!(may_read(&world, &token).await?);
    let view = world.store.begin();
    world.access.policies.delete(&view, "p").await?;
    commit(view)?;
    assert!(!may_read(&world, &token).await?);
    let expiration = Some(after(world.now(), HOUR));
    let write = PolicyWrite { text: TEXT, expiration, ..Default::default() };
    assert_eq!(set(&world, "p", write).await, Ok(()));
    assert!(may_read(&world, &token).await?);
    world.clock.advance(HOUR);
    assert!(!may_read(&world, &token).await?);
    Ok(())
}

#[tokio::test]
async fn everything_for_root() -> Result<()> {
    let world = World::new().await?;
    assert!(may_read(&world, &world.root).await?);
    Ok(())
}
