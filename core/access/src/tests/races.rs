//! Two transactions at once: one of them must see the other.

use std::sync::Arc;

use logical::{Data, LeaseTerms, Result, View};
use serde_json::json;

use crate::{
    Entry, Identity, Registration, Use,
    tests::{
        store::{Conflict, Transaction},
        world::{HOUR, LIMITS, World, commit},
    },
};

struct Race {
    world: World,
    token: String,
    identity: Arc<Identity>,
}

impl Race {
    async fn new(body: serde_json::Value) -> Result<Self> {
        let world = World::new().await?;
        let (token, _) = world.create(&world.root, body).await?;
        let view = world.store.begin();
        let identity = world.access.tokens.identify(&view, &token, world.now()).await?;
        let identity = identity.ok_or_else(logical::Error::no_token)?;
        Ok(Self { world, token, identity })
    }

    async fn create(&self) -> Result<Transaction> {
        let view = self.world.store.begin();
        let mut entry = Entry::new("auth/token/create", vec!["a".to_owned()], self.world.now());
        entry.parent = self.identity.caller.token_id.to_string();
        self.world.access.tokens.issue(&view, entry, None).await?;
        Ok(view)
    }

    async fn register(&self) -> Result<Transaction> {
        let view = self.world.store.begin();
        let terms = LeaseTerms { ttl: HOUR, internal: Some(Data::new()), ..LeaseTerms::default() };
        let caller = &self.identity.caller;
        let (path, limits, now) = ("db/creds/a", LIMITS, self.world.now());
        let asked = Registration { caller, path, limits, terms, now };
        self.world.access.leases.register(&view, asked).await?;
        Ok(view)
    }

    async fn revoke(&self) -> Result<Transaction> {
        let view = self.world.store.begin();
        let id = &self.identity.caller.token_id;
        self.world.access.tokens.revoke(&view, id, self.world.now()).await?;
        Ok(view)
    }
}

#[tokio::test]
async fn a_child_and_the_end_of_its_parent() -> Result<()> {
    let race = Race::new(json!({"policies": ["root"]})).await?;
    let (child, end) = (race.create().await?, race.revoke().await?);
    commit(child)?;
    assert_eq!(end.commit(), Err(Conflict));
    let (end, child) = (race.revoke().await?, race.create().await?);
    commit(end)?;
    assert_eq!(child.commit(), Err(Conflict));
    assert!(race.create().await.is_err());
    assert_eq!(race.world.store.keys("sys/token/id/").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_second_child_and_the_end_of_its_parent() -> Result<()> {
    let race = Race::new(json!({"policies": ["root"]})).await?;
    commit(race.create().await?)?;
    let (child, end) = (race.create().await?, race.revoke().await?);
    commit(child)?;
    assert_eq!(end.commit(), Err(Conflict));
    commit(race.revoke().await?)?;
    assert_eq!(race.world.store.keys("sys/token/id/").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_lease_and_the_end_of_its_token() -> Result<()> {
    let race = Race::new(json!({"policies": ["root"]})).await?;
    let (lease, end) = (race.register().await?, race.revoke().await?);
    commit(lease)?;
    assert_eq!(end.commit(), Err(Conflict));
    let (end, lease) = (race.revoke().await?, race.register().await?);
    commit(end)?;
    assert_eq!(lease.commit(), Err(Conflict));
    race.world.work().await?;
    assert_eq!(*race.world.rooms.revoked.lock(), ["db/creds/a"]);
    assert!(race.world.store.keys("sys/expire/").is_empty());
    Ok(())
}

#[tokio::test]
async fn two_last_uses() -> Result<()> {
    let race = Race::new(json!({"policies": ["default"], "num_uses": 1})).await?;
    let tokens = &race.world.access.tokens;
    let (one, two) = (race.world.store.begin(), race.world.store.begin());
    assert_eq!(tokens.use_once(&one, &race.identity).await?, Use::Last);
    assert_eq!(tokens.use_once(&two, &race.identity).await?, Use::Last);
    tokens.revoke(&one, &race.identity.caller.token_id, race.world.now()).await?;
    commit(one)?;
    assert_eq!(two.commit(), Err(Conflict));
    let again = race.world.store.begin();
    assert!(tokens.use_once(&again, &race.identity).await.is_err());
    assert!(!race.world.is_live(&race.token).await?);
    Ok(())
}

/// What was read before a change is not kept after it.
#[tokio::test]
async fn an_identity_that_is_read_during_a_change() -> Result<()> {
    let race = Race::new(json!({"policies": ["default"]})).await?;
    let world = race.world.restarted().await?;
    let reader = world.store.begin();
    let id = race.identity.caller.token_id.to_string();
    // The reader has the entry in its transaction before the token ends.
    reader.get(&format!("sys/token/id/{id}")).await?;
    let end = world.store.begin();
    world.access.tokens.revoke(&end, &id, world.now()).await?;
    let generation = world.access.tokens.cache_generation();
    commit(end)?;
    assert_ne!(world.access.tokens.cache_generation(), generation);
    assert!(!world.is_live(&race.token).await?);
    Ok(())
}
