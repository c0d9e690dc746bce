//! Tokens beyond the corpus: trees, uses, batch tokens, logins, what the store tells.

use std::time::Duration;

use logical::{Code, Login, Operation, Result, TokenType};
use serde_json::json;

use crate::{
    LoginAt,
    tests::world::{HOUR, LIMITS, World, commit},
};

#[tokio::test]
async fn a_repeated_request_reads_nothing() -> Result<()> {
    let world = World::new().await?;
    world.set_policy("p", r#"path "a" { capabilities = ["read"] }"#).await?;
    let (token, _) = world.create(&world.root, json!({"policies": ["p"]})).await?;
    for (round, quiet) in [(1, false), (2, true), (3, true)] {
        let before = world.store.reads();
        let view = world.store.begin();
        let identity = world.access.tokens.identify(&view, &token, world.now()).await?;
        let identity = identity.ok_or_else(logical::Error::no_token)?;
        world.access.policies.acl(&view, &identity, world.now()).await?;
        assert_eq!(world.store.reads() == before, quiet, "round {round}");
    }
    Ok(())
}

/// As recorded: only the root token that no request has made lacks them.
#[tokio::test]
async fn a_lookup_tells_when_a_token_was_issued() -> Result<()> {
    let world = World::new().await?;
    let create = async |body| world.create(&world.root, body).await.map(|made| made.0);
    for (token, issued, renewable) in [
        (world.root.clone(), false, None),
        (create(json!({})).await?, true, Some(false)),
        (create(json!({"policies": ["root"]})).await?, true, Some(false)),
        (create(json!({"policies": ["root"], "ttl": "1h"})).await?, true, Some(true)),
        (create(json!({"policies": ["p"], "renewable": false})).await?, true, Some(false)),
        (create(json!({"policies": ["p"]})).await?, true, Some(true)),
    ] {
        let found = world.write(&world.root, "auth/token/lookup", json!({"token": token})).await?;
        let data = found.data.unwrap_or_default();
        let told = data.get("renewable").map(|told| told == true);
        assert_eq!((data.contains_key("issue_time"), told), (issued, renewable), "{data:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_store_tells_no_token() -> Result<()> {
    let world = World::new().await?;
    let (token, accessor) = world.create(&world.root, json!({"policies": ["p"]})).await?;
    assert!(!world.store.tells(&token));
    assert!(!world.store.tells(&world.root));
    assert!(world.store.tells(&accessor));
    Ok(())
}

#[tokio::test]
async fn an_end_is_seen_at_once() -> Result<()> {
    let world = World::new().await?;
    let (token, _) = world.create(&world.root, json!({"policies": ["default"]})).await?;
    assert!(world.is_live(&token).await?);
    world.write(&world.root, "auth/token/revoke", json!({"token": token})).await?;
    assert!(!world.is_live(&token).await?);
    let (token, _) = world.create(&world.root, json!({"ttl": "1h"})).await?;
    assert!(world.is_live(&token).await?);
    world.clock.advance(HOUR);
    assert!(!world.is_live(&token).await?);
    Ok(())
}

/// Everything of a token is gone with it.
#[tokio::test]
async fn nothing_is_left_behind() -> Result<()> {
    let world = World::new().await?;
    let before = world.store.keys("");
    let (head, _) = world.create(&world.root, json!({"policies": ["root"], "ttl": "1h"})).await?;
    let (child, _) = world.create(&head, json!({"policies": ["root"], "ttl": "1h"})).await?;
    world.create(&child, json!({"policies": ["a"]})).await?;
    world.write(&world.root, "auth/token/revoke", json!({"token": head})).await?;
    let mut after = world.store.keys("");
    after.retain(|key| !key.starts_with("sys/token/parent/"));
    assert_eq!(after, before);
    assert!(!world.is_live(&child).await?);
    Ok(())
}

/// A tree too large for one transaction: the head ends at once, the rest by the worker.
#[tokio::test]
async fn large_trees() -> Result<()> {
    let world = World::new().await?;
    let (head, _) = world.create(&world.root, json!({"policies": ["root"], "ttl": "1h"})).await?;
    let mut tokens = Vec::new();
    for _ in 0..60 {
        let child = world.create(&head, json!({"policies": ["root"], "ttl": "1h"})).await?.0;
        tokens.push(world.create(&child, json!({"policies": ["a"]})).await?.0);
        tokens.push(child);
    }
    let view = world.store.begin();
    let id = world.access.tokens.id(&head);
    world.access.tokens.revoke(&view, &id, world.now()).await?;
    let writes = view.commit().unwrap_or_default();
    assert!(writes < 128, "{writes} writes in one transaction");
    assert!(!world.is_live(&head).await?);
    assert!(!world.store.keys("sys/revoke/").is_empty());
    let world = world.restarted().await?;
    world.work().await?;
    for token in &tokens {
        assert!(!world.is_live(token).await?);
    }
    assert!(world.store.keys("sys/revoke/").is_empty());
    assert!(world.store.keys("sys/expire/").is_empty());
    assert_eq!(world.store.keys("sys/token/id/").len(), 1);
    Ok(())
}

#[tokio::test]
async fn deep_trees() -> Result<()> {
    let world = World::new().await?;
    let mut parent = world.root.clone();
    let mut tokens = Vec::new();
    for _ in 0..100 {
        parent = world.create(&parent, json!({"policies": ["root"], "ttl": "1h"})).await?.0;
        tokens.push(parent.clone());
    }
    let head = tokens.first().cloned().unwrap_or_default();
    world.write(&world.root, "auth/token/revoke", json!({"token": head})).await?;
    world.work().await?;
    for token in &tokens {
        assert!(!world.is_live(token).await?);
    }
    Ok(())
}

#[tokio::test]
async fn orphans_of_large_families() -> Result<()> {
    let world = World::new().await?;
    let (head, _) = world.create(&world.root, json!({"policies": ["root"], "ttl": "1h"})).await?;
    let mut tokens = Vec::new();
    for _ in 0..50 {
        tokens.push(world.create(&head, json!({"policies": ["default"]})).await?.0);
    }
    world.write(&world.root, "auth/token/revoke-orphan", json!({"token": head})).await?;
    world.work().await?;
    for token in &tokens {
        let path = "auth/token/lookup-self";
        let shown = world.request(token, Operation::Read, path, Default::default()).await?;
        assert_eq!(shown.data.as_ref().and_then(|data| data.get("orphan")), Some(&json!(true)));
    }
    Ok(())
}

#[tokio::test]
async fn batch_tokens_end_with_their_parents() -> Result<()> {
    let world = World::new().await?;
    let (parent, _) = world.create(&world.root, json!({"policies": ["root"], "ttl": "1h"})).await?;
    let body = json!({"type": "batch", "policies": ["default"], "ttl": "2h"});
    let (child, _) = world.create(&parent, body.clone()).await?;
    let (other, _) = world.create(&world.root, body).await?;
    assert!(child.starts_with("b.") && world.is_live(&child).await?);
    assert!(!world.is_live(&format!("{child}x")).await?);
    world.write(&world.root, "auth/token/revoke", json!({"token": parent})).await?;
    assert!(!world.is_live(&child).await?);
    assert!(world.is_live(&other).await?);
    world.clock.advance(2 * HOUR);
    assert!(!world.is_live(&other).await?);
    Ok(())
}

/// One that nobody could use is not given out.
#[tokio::test]
async fn batch_tokens_have_an_end() -> Result<()> {
    let world = World::new().await?;
    let policies: Vec<_> = (0..400).map(|number| format!("{number:040}")).collect();
    let body = json!({"type": "batch", "policies": policies, "ttl": "2h"});
    let error = world.create(&world.root, body).await.err().unwrap();
    assert_eq!(error.code, Code::InvalidRequest, "{error}");
    Ok(())
}

#[tokio::test]
async fn unknown_tokens() -> Result<()> {
    let world = World::new().await?;
    let long = "s.".repeat(20_000);
    for token in ["", "s.", "b.", "hvs.x", "hvb.AAAA", "b.c2VhbGVkOnt9", "x y", &long] {
        assert!(!world.is_live(token).await?, "{token:.20}");
    }
    Ok(())
}

#[tokio::test]
async fn logins() -> Result<()> {
    let world = World::new().await?;
    let view = world.store.begin();
    let at = LoginAt { path: "auth/userpass/login/u", limits: LIMITS, now: world.now() };
    let login = Login {
        display_name: "userpass-u".to_owned(),
        policies: vec!["B".to_owned(), "a".to_owned()],
        ttl: HOUR,
        max_ttl: 3 * HOUR,
        renewable: true,
        bound_cidrs: vec!["10.0.0.0/8".to_owned()],
        ..Login::default()
    };
    let (auth, warnings) = world.access.tokens.login(&view, &login, at).await?;
    let root = Login { policies: vec!["root".to_owned()], ..login.clone() };
    assert!(world.access.tokens.login(&view, &root, at).await.is_err());
    commit(view)?;
    assert_eq!(auth.policies, ["a", "b", "default"]);
    assert_eq!((auth.ttl, auth.token_type, auth.orphan), (HOUR, TokenType::Service, true));
    assert!(warnings.is_empty());
    let token = auth.client_token.expose();
    let view = world.store.begin();
    let identity = world.access.tokens.identify(&view, token, world.now()).await?;
    let allows = |text: &str| {
        let address = text.parse().ok();
        identity.as_ref().zip(address).is_some_and(|(identity, address)| identity.allows(address))
    };
    assert!(allows("10.1.1.1") && !allows("127.0.0.1"));
    let leases = world.store.keys("sys/expire/id/auth/userpass/login/u/h");
    assert_eq!(leases.len(), 1);
    world.clock.advance(Duration::from_secs(3000));
    let body = json!({"token": token, "increment": "5h"});
    let renewed = world.write(&world.root, "auth/token/renew", body).await?;
    let left = renewed.auth.map(|auth| auth.ttl);
    assert_eq!(left, Some(Duration::from_secs(3 * 3600 - 3000)));
    Ok(())
}
