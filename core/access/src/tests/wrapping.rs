//! Wrapped answers, held against the recorded topic `wrapping` where it is about the tokens.

use std::time::Duration;

use logical::{Code, Result, Wrap, WrapFormat, WrapInfo};
use serde_json::json;

use crate::{
    WrapWish,
    tests::{
        recorded::lines,
        world::{World, commit},
    },
};

const CORPUS: &str = include_str!("../../tests/corpus/wrapping.jsonl");
const BODY: &str = r#"{"request_id":"x","data":{"v":"1"}}"#;

async fn wrap(world: &World, seconds: u64) -> Result<WrapInfo> {
    wrap_as(world, seconds, WrapFormat::Token).await
}

async fn wrap_as(world: &World, seconds: u64, format: WrapFormat) -> Result<WrapInfo> {
    let view = world.store.begin();
    let wish = WrapWish {
        body: BODY,
        path: "kv/a",
        wrap: Wrap { ttl: Duration::from_secs(seconds), format },
        wrapped_accessor: "",
        address: "",
        now: world.now(),
    };
    let info = world.access.wrapping.wrap(&view, wish).await?;
    commit(view)?;
    Ok(info)
}

async fn unwrap(world: &World, token: &str) -> Result<String> {
    let view = world.store.begin();
    let body = world.access.wrapping.unwrap(&view, token, world.now()).await?;
    commit(view)?;
    Ok(body.expose().clone())
}

/// The error that the corpus has for a note.
fn recorded(note: &str) -> Option<(u16, String)> {
    let line = lines(CORPUS).into_iter().find(|line| line.note == note)?;
    let text = line.response.get("errors")?.get(0)?.as_str()?.to_owned();
    Some((line.status, text))
}

fn check<T>(note: &str, got: Result<T>) {
    let got = got.err().map(|error| {
        let status = if error.code == Code::PermissionDenied { 403 } else { 400 };
        (status, error.public.into_owned())
    });
    assert_eq!(got, recorded(note), "{note}");
}

#[tokio::test]
async fn once() -> Result<()> {
    let world = World::new().await?;
    let info = wrap(&world, 60).await?;
    assert_eq!((info.ttl.as_secs(), info.creation_path.as_str()), (60, "kv/a"));
    let token = info.token.expose();
    let view = world.store.begin();
    let facts = world.access.wrapping.lookup(&view, token, world.now()).await?.data();
    let keys: Vec<_> = facts.keys().map(String::as_str).collect();
    assert_eq!(keys, ["creation_path", "creation_time", "creation_ttl"]);
    assert_eq!(unwrap(&world, token).await?, BODY);
    check("unwrap again: used up", unwrap(&world, token).await);
    assert!(world.store.keys("logical/cubby/").is_empty());
    assert!(world.store.keys("sys/expire/").is_empty());
    Ok(())
}

#[tokio::test]
async fn as_a_jwt() -> Result<()> {
    let world = World::new().await?;
    let info = wrap_as(&world, 60, WrapFormat::Jwt).await?;
    let jwt = info.token.expose();
    let inside = world.access.wrapping.inside(jwt).map(|token| token.expose().clone());
    assert!(inside.is_some_and(|token| token.starts_with("s.")));
    let view = world.store.begin();
    let facts = world.access.wrapping.lookup(&view, jwt, world.now()).await?;
    assert_eq!(facts.creation_path, "kv/a");
    let mut bent = jwt.clone();
    bent.insert(bent.len() / 2, 'A');
    check("unwrap, unknown", unwrap(&world, &bent).await);
    let world = world.restarted().await?;
    assert_eq!(unwrap(&world, jwt).await?, BODY);
    check("unwrap again: used up", unwrap(&world, jwt).await);
    Ok(())
}

#[tokio::test]
async fn refusals() -> Result<()> {
    let world = World::new().await?;
    let view = world.store.begin();
    let (wrapping, now) = (&world.access.wrapping, world.now());
    check("lookup unknown", wrapping.lookup(&view, "nosuch", now).await);
    check("lookup missing", wrapping.validate(&view, "", now).await);
    let root = &world.root;
    let note = "lookup of a token that is no wrapping token";
    check(note, wrapping.lookup(&view, root, now).await);
    check("unwrap, missing (root token in the header)", wrapping.validate(&view, root, now).await);
    check("unwrap, no token at all", wrapping.validate(&view, "", now).await);
    check("unwrap, unknown", wrapping.unwrap(&view, "nosuch", now).await);
    check("rewrap unknown", wrapping.rewrap(&view, "nosuch", now).await);
    Ok(())
}

#[tokio::test]
async fn a_use_elsewhere_uses_it_up() -> Result<()> {
    let world = World::new().await?;
    let info = wrap(&world, 60).await?;
    let refused = world.write(info.token.expose(), "kv/a", json!({})).await;
    check("wrapping token used elsewhere", refused);
    let refused = world.write(info.token.expose(), "auth/token/lookup-self", json!({})).await;
    check("wrapping token looks itself up", refused);
    let refused = unwrap(&world, info.token.expose()).await;
    check("the refused use above has used it up (num_uses 1)", refused);
    Ok(())
}

#[tokio::test]
async fn ends_by_itself_and_by_accessor() -> Result<()> {
    let world = World::new().await?;
    let info = wrap(&world, 60).await?;
    world.clock.advance(Duration::from_secs(60));
    check("expired wrapping token", unwrap(&world, info.token.expose()).await);
    world.work().await?;
    assert!(world.store.keys("logical/cubby/").is_empty());
    let info = wrap(&world, 60).await?;
    let body = json!({"accessor": info.accessor});
    world.write(&world.root, "auth/token/revoke-accessor", body).await?;
    check("then unwrap", unwrap(&world, info.token.expose()).await);
    Ok(())
}

#[tokio::test]
async fn wrapped_anew() -> Result<()> {
    let world = World::new().await?;
    let old = wrap(&world, 60).await?;
    world.clock.advance(Duration::from_secs(30));
    let view = world.store.begin();
    let new = world.access.wrapping.rewrap(&view, old.token.expose(), world.now()).await?;
    commit(view)?;
    assert_eq!((new.ttl, new.creation_path.as_str()), (old.ttl, "kv/a"));
    check("old one after rewrap", unwrap(&world, old.token.expose()).await);
    world.clock.advance(Duration::from_secs(59));
    assert_eq!(unwrap(&world, new.token.expose()).await?, BODY);
    Ok(())
}
