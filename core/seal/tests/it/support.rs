//! Shares, storages and seals for the tests.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use crypto::Secret;
use plugin_api::{Op, Provider, Seal, Settings, Storage, Write};
use seal::{
    Auto, InitParams, Label, Protection, SplitRequest, StaticProvider, Unsealed, Unsealing,
    Wrapping,
};
use storage::Inmem;

pub(crate) const KEY_A: &str = "c7ef4289da90d22c2d581fc93b8d8e753711299721460733b08157d1ebff2e75";
pub(crate) const KEY_B: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

pub(crate) fn op() -> Op {
    Op::within(Duration::from_secs(5))
}

pub(crate) fn key(hex: &str) -> Secret<Vec<u8>> {
    Secret::new(hex::decode(hex).unwrap())
}

pub(crate) async fn store(entries: &BTreeMap<String, Vec<u8>>) -> Inmem {
    let storage = Inmem::new();
    for (key, value) in entries {
        storage.put(op(), key, Bytes::from(value.clone()), None).await.unwrap();
    }
    storage
}

pub(crate) async fn write(storage: &Inmem, records: &[Write]) {
    storage.apply(op(), &[], records, None).await.unwrap();
}

/// A static provider with these keys, the current one first.
pub(crate) async fn provider(keys: &[(&str, &str)]) -> Arc<dyn Seal> {
    let mut values = BTreeMap::new();
    for ((id, key), which) in keys.iter().zip(["current", "previous"]) {
        values.insert(format!("{which}_key_id"), (*id).to_owned());
        values.insert(format!("{which}_key"), (*key).to_owned());
    }
    let provider = StaticProvider::new(Arc::new(|_| None));
    provider.open(Settings::new(values)).await.unwrap().seal.unwrap()
}

pub(crate) async fn auto(keys: &[(&str, &str)], wrapping: Wrapping) -> Protection {
    Protection::auto(Label::default(), Auto::new("static", provider(keys).await, wrapping))
}

pub(crate) fn split(shares: i64, threshold: i64) -> SplitRequest {
    SplitRequest { shares, threshold, pgp_keys: Vec::new() }
}

pub(crate) fn secret(shares: i64, threshold: i64) -> InitParams {
    InitParams { secret: split(shares, threshold), ..InitParams::default() }
}

pub(crate) fn recovery(shares: i64, threshold: i64) -> InitParams {
    InitParams { recovery: split(shares, threshold), ..InitParams::default() }
}

/// Gives keys until the seal opens, checking the progress on the way.
pub(crate) async fn give(
    protection: &Protection,
    storage: &Inmem,
    keys: &[Secret<Vec<u8>>],
) -> seal::Result<Unsealed> {
    for (before, key) in keys.iter().enumerate() {
        assert_eq!(protection.progress().given, before);
        match protection.give(storage, key.clone()).await? {
            Unsealing::Progress(progress) => assert_eq!(progress.given, before + 1),
            Unsealing::Unsealed(unsealed) => return Ok(unsealed),
        }
    }
    panic!("{} keys were not enough", keys.len());
}
