//! Leases: made, renewed, ended, refused, and found again after a restart.

use std::time::Duration;

use logical::{Data, LeaseTerms, Result};
use serde_json::json;

use crate::{
    Manner, Registration, State,
    tests::{
        recorded::lines,
        world::{HOUR, LIMITS, World, commit},
    },
};

const CORPUS: &str = include_str!("../../tests/corpus/leases.jsonl");

async fn register(world: &World, token: &str, path: &str, ttl: Duration) -> Result<String> {
    let view = world.store.begin();
    let identity = world.access.tokens.identify(&view, token, world.now()).await?;
    let identity = identity.ok_or_else(logical::Error::no_token)?;
    let terms =
        LeaseTerms { ttl, renewable: true, internal: Some(Data::new()), ..LeaseTerms::default() };
    let (caller, limits, now) = (&identity.caller, LIMITS, world.now());
    let asked = Registration { caller, path, limits, terms, now };
    let registered = world.access.leases.register(&view, asked).await?;
    commit(view)?;
    Ok(registered.lease_id)
}

async fn revoke_prefix(world: &World, prefix: &str, manner: Manner) -> Result<()> {
    let view = world.store.begin();
    world.access.leases.revoke_prefix(&view, prefix, manner, world.now()).await?;
    let writes = view.commit().unwrap_or_default();
    assert!(writes < 128, "{writes} writes in one transaction");
    Ok(())
}

fn ended(world: &World) -> usize {
    world.rooms.revoked.lock().len()
}

/// The error text that the corpus has for a note.
fn check<T>(note: &str, got: Result<T>) {
    let line = lines(CORPUS).into_iter().find(|line| line.note == note);
    let errors = line.and_then(|line| line.response.get("errors").cloned());
    let want = errors.and_then(|errors| errors.get(0)?.as_str().map(str::to_owned));
    assert_eq!(got.err().map(|error| error.public.into_owned()), want, "{note}");
}

#[tokio::test]
async fn refusals() -> Result<()> {
    let world = World::new().await?;
    world.create(&world.root, json!({"policies": ["default"], "ttl": "1h"})).await?;
    let view = world.store.begin();
    let (leases, now) = (&world.access.leases, world.now());
    let names = leases.list(&view, "auth/token/create").await?;
    assert!(names.len() == 1 && names.iter().all(|name| name.starts_with('h')));
    assert_eq!(leases.list(&view, "").await?, ["auth/"]);
    assert!(leases.list(&view, "nosuch").await?.is_empty());
    let id = format!("auth/token/create/{}", names.concat());
    check("lookup unknown", leases.lookup(&view, "nosuch/x").await);
    check("lookup unknown", leases.lookup(&view, "a//b").await);
    check("renew unknown", leases.renew(&view, "nosuch/x", HOUR, now).await);
    check("renew of a token lease", leases.renew(&view, &id, HOUR, now).await);
    check("revoke unknown: 204", leases.revoke(&view, "nosuch/x", Manner::Inline, now).await);
    let shown = leases.lookup(&view, &id).await?.data(&id, now);
    let keys: Vec<_> = shown.keys().map(String::as_str).collect();
    let want = ["expire_time", "id", "issue_time", "last_renewal", "path", "renewable", "ttl"];
    assert_eq!(keys, want);
    Ok(())
}

#[tokio::test]
async fn renewed_and_then_over() -> Result<()> {
    let world = World::new().await?;
    let id = register(&world, &world.root, "db/creds/a", HOUR).await?;
    assert!(id.starts_with("db/creds/a/") && id.len() == "db/creds/a/".len() + 24);
    world.clock.advance(HOUR / 2);
    let view = world.store.begin();
    let renewed = world.access.leases.renew(&view, &id, 2 * HOUR, world.now()).await?;
    commit(view)?;
    assert_eq!((renewed.ttl, renewed.renewable), (2 * HOUR, true));
    world.clock.advance(HOUR);
    world.work().await?;
    assert_eq!(ended(&world), 0);
    world.clock.advance(HOUR);
    world.work().await?;
    assert_eq!(ended(&world), 1);
    assert!(world.store.keys("sys/expire/id/").is_empty());
    Ok(())
}

#[tokio::test]
async fn a_restart_loses_no_timer() -> Result<()> {
    let world = World::new().await?;
    for number in 0..10 {
        register(&world, &world.root, &format!("db/creds/{number}"), HOUR).await?;
    }
    let (token, _) = world.create(&world.root, json!({"ttl": "1h"})).await?;
    let world = world.restarted().await?;
    assert_eq!(world.access.leases.count(), 11);
    assert!(world.is_live(&token).await?);
    world.clock.advance(HOUR);
    world.work().await?;
    assert_eq!(ended(&world), 10);
    assert_eq!(world.access.leases.count(), 0);
    assert_eq!(world.store.keys("sys/token/id/").len(), 1);
    Ok(())
}

#[tokio::test]
async fn end_with_the_token() -> Result<()> {
    let world = World::new().await?;
    let (token, _) = world.create(&world.root, json!({"policies": ["root"], "ttl": "1h"})).await?;
    for number in 0..70 {
        register(&world, &token, &format!("db/creds/{number}"), 9 * HOUR).await?;
    }
    world.write(&world.root, "auth/token/revoke", json!({"token": token})).await?;
    world.work().await?;
    world.work().await?;
    assert_eq!(ended(&world), 70);
    assert!(world.store.keys("sys/expire/").is_empty());
    assert!(world.store.keys("sys/revoke/").is_empty());
    Ok(())
}

#[tokio::test]
async fn of_batch_tokens_end_when_they_do() -> Result<()> {
    let world = World::new().await?;
    let body = json!({"type": "batch", "policies": ["default"], "ttl": "1h"});
    let (token, _) = world.create(&world.root, body).await?;
    let id = register(&world, &token, "db/creds/a", 9 * HOUR).await?;
    let view = world.store.begin();
    let lease = world.access.leases.lookup(&view, &id).await?;
    assert!(lease.ttl <= HOUR);
    world.clock.advance(HOUR / 2);
    let view = world.store.begin();
    let renewed = world.access.leases.renew(&view, &id, 9 * HOUR, world.now()).await?;
    assert!(renewed.ttl <= HOUR / 2, "{:?}", renewed.ttl);
    Ok(())
}

#[tokio::test]
async fn below_a_prefix() -> Result<()> {
    for manner in [Manner::Queued, Manner::Inline, Manner::Forced] {
        let world = World::new().await?;
        for number in 0..150 {
            register(&world, &world.root, &format!("db/creds/{}", number % 7), HOUR).await?;
        }
        register(&world, &world.root, "db2/creds", HOUR).await?;
        revoke_prefix(&world, "db/creds/3", manner).await?;
        world.work().await?;
        assert!(world.store.keys("sys/expire/id/db/creds/3/").is_empty(), "{manner:?}");
        assert!(!world.store.keys("sys/expire/id/db/creds/4/").is_empty());
        revoke_prefix(&world, "db", manner).await?;
        world.work().await?;
        world.work().await?;
        assert_eq!(ended(&world), 150, "{manner:?}");
        assert_eq!(world.store.keys("sys/expire/id/").len(), 1);
        assert!(world.store.keys("sys/revoke/").is_empty());
        for prefix in ["", "/", "nosuch", "a//b", "../x"] {
            revoke_prefix(&world, prefix, manner).await?;
        }
        assert_eq!(world.store.keys("sys/expire/id/").len(), 1);
    }
    Ok(())
}

/// What is made after the decision is not meant, however long the rest takes.
#[tokio::test]
async fn below_a_prefix_only_what_there_was() -> Result<()> {
    let world = World::new().await?;
    for _ in 0..150 {
        register(&world, &world.root, "db/a", HOUR).await?;
    }
    revoke_prefix(&world, "db", Manner::Queued).await?;
    world.clock.advance(Duration::from_secs(1));
    let late = register(&world, &world.root, "db/z", HOUR).await?;
    world.work().await?;
    world.work().await?;
    assert_eq!(ended(&world), 150);
    let left = world.store.keys("sys/expire/id/db/");
    assert!(left.len() == 1 && left[0].ends_with(&late), "{left:?}");
    assert!(world.store.keys("sys/revoke/").is_empty());
    Ok(())
}

#[tokio::test]
async fn tokens_below_a_prefix() -> Result<()> {
    let world = World::new().await?;
    let (token, _) = world.create(&world.root, json!({"ttl": "1h"})).await?;
    revoke_prefix(&world, "auth/token/create", Manner::Queued).await?;
    assert!(!world.is_live(&token).await?);
    Ok(())
}

#[tokio::test]
async fn a_backend_that_refuses() -> Result<()> {
    let world = World::new().await?;
    let id = register(&world, &world.root, "db/creds/a", HOUR).await?;
    *world.rooms.refuses.lock() = true;
    world.clock.advance(HOUR);
    for round in 1..=6u32 {
        world.work().await?;
        let view = world.store.begin();
        let state = world.access.leases.lookup(&view, &id).await?.state;
        match round {
            6 => assert!(matches!(state, State::Irrevocable { .. })),
            _ => assert!(matches!(state, State::Failing { tries, .. } if tries == round)),
        }
        world.clock.advance(HOUR);
    }
    let world = world.restarted().await?;
    let view = world.store.begin();
    let irrevocable = world.access.leases.irrevocable(&view).await?;
    assert_eq!(irrevocable.len(), 1);
    assert!(
        irrevocable
            .iter()
            .all(|(_, lease)| lease.data("x", world.now()).contains_key("revoke_error"))
    );
    assert_eq!(world.access.leases.count(), 0);
    let refused = world.access.leases.revoke(&view, &id, Manner::Inline, world.now()).await;
    assert!(refused.is_err());
    let view = world.store.begin();
    world.access.leases.revoke(&view, &id, Manner::Forced, world.now()).await?;
    commit(view)?;
    world.work().await?;
    assert!(world.store.keys("sys/expire/id/").is_empty());
    assert!(world.access.leases.irrevocable(&world.store.begin()).await?.is_empty());
    Ok(())
}

/// A store that does not answer says nothing about the backend.
#[tokio::test]
async fn a_store_that_does_not_answer() -> Result<()> {
    let world = World::new().await?;
    let id = register(&world, &world.root, "db/creds/a", HOUR).await?;
    world.clock.advance(HOUR);
    let leases = &world.access.leases;
    for _ in 0..20 {
        let due = leases.due(world.now(), 10);
        assert_eq!(due.len(), 1);
        for id in &due {
            let view = world.store.begin();
            let error = logical::Error::unavailable("the storage does not answer", "test");
            leases.failed(&view, id, &error, world.now()).await?;
            commit(view)?;
        }
        world.clock.advance(HOUR);
    }
    let lease = leases.lookup(&world.store.begin(), &id).await?;
    assert_eq!(lease.state, State::Live);
    Ok(())
}

#[tokio::test]
async fn a_secret_without_a_lease() -> Result<()> {
    let world = World::new().await?;
    let view = world.store.begin();
    let identity = world.access.tokens.identify(&view, &world.root, world.now()).await?;
    let identity = identity.ok_or_else(logical::Error::no_token)?;
    for (ttl, want) in [(Duration::ZERO, LIMITS.default), (HOUR, HOUR)] {
        let terms = LeaseTerms { ttl, ..LeaseTerms::default() };
        let (caller, limits, now) = (&identity.caller, LIMITS, world.now());
        let asked = Registration { caller, path: "kv/a", limits, terms, now };
        let registered = world.access.leases.register(&view, asked).await?;
        assert!(registered.lease_id.is_empty());
        assert_eq!(registered.terms.ttl, want);
    }
    assert_eq!(view.commit(), Ok(0));
    Ok(())
}
