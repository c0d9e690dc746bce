//! Each call of a contract, handed to the opened provider of this instance.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;

use crate::{
    Check, Error, ErrorKind, Fence, HaLock, Opened, Provider, Result, Seal, Secret, Settings,
    Storage, Write,
    wasm::{
        Component,
        bindings::{
            ha_lock,
            host::types::{self, Op},
            provider, seal, storage, storage_changes,
        },
        convert::op,
        run::run,
    },
};

/// What the answers of the exports are made of.
type Answer<T> = std::result::Result<T, types::Error>;

/// The provider that this instance has opened.
static OPENED: OnceLock<Opened> = OnceLock::new();

fn opened<T>(contract: impl FnOnce(&Opened) -> Option<T>) -> Result<T> {
    let opened = OPENED.get().ok_or_else(|| {
        Error::new(ErrorKind::InvalidArgument, "the provider has not been opened yet")
    })?;
    contract(opened).ok_or_else(|| Error::unsupported("this contract"))
}

fn storage() -> Result<Arc<dyn Storage>> {
    opened(|opened| opened.storage.clone())
}

fn ha_lock() -> Result<Arc<dyn HaLock>> {
    opened(|opened| opened.ha_lock.clone())
}

fn seal() -> Result<Arc<dyn Seal>> {
    opened(|opened| opened.seal.clone())
}

/// Runs a call and puts its answer into the words of the contract.
fn answer<T, A: From<T>>(call: impl Future<Output = Result<T>>) -> Answer<A> {
    Ok(run(call)?.into())
}

fn fence(fence: Option<types::Fence>) -> Option<Fence> {
    fence.map(Fence::from)
}

fn milliseconds(number: u32) -> Duration {
    Duration::from_millis(number.into())
}

impl<C: Component> provider::Guest for C {
    fn open(settings: Vec<(String, String)>) -> Answer<provider::Opened> {
        let settings = Settings::new(settings.into_iter().collect::<BTreeMap<_, _>>());
        let opened = run(async { C::provider().open(settings).await })?;
        let answer = provider::Opened {
            storage: opened.storage.as_ref().map(|storage| storage.capabilities().into()),
            ha_lock: opened.ha_lock.is_some(),
            seal: opened.seal.is_some(),
            shareable: C::SHAREABLE,
        };
        OPENED.set(opened).map_err(|_second| {
            Error::new(ErrorKind::InvalidArgument, "the provider has been opened already")
        })?;
        Ok(answer)
    }

    fn close() -> Answer<()> {
        match storage() {
            Ok(storage) => answer(async { storage.close().await }),
            Err(_none) => Ok(()),
        }
    }
}

impl<C: Component> storage::Guest for C {
    fn get(cx: Op, key: String) -> Answer<Option<Vec<u8>>> {
        let value = run(async { storage()?.get(op(cx), &key).await })?;
        Ok(value.map(Vec::from))
    }

    fn put(cx: Op, key: String, value: Vec<u8>, by: Option<types::Fence>) -> Answer<()> {
        let by = fence(by);
        answer(async { storage()?.put(op(cx), &key, Bytes::from(value), by.as_ref()).await })
    }

    fn delete(cx: Op, key: String, by: Option<types::Fence>) -> Answer<()> {
        let by = fence(by);
        answer(async { storage()?.delete(op(cx), &key, by.as_ref()).await })
    }

    fn list(cx: Op, prefix: String, after: String, limit: u32) -> Answer<storage::Page> {
        answer(async { storage()?.list(op(cx), &prefix, &after, limit as usize).await })
    }

    fn apply(
        cx: Op,
        checks: Vec<storage::Check>,
        writes: Vec<storage::Write>,
        by: Option<types::Fence>,
    ) -> Answer<()> {
        let checks = checks.into_iter().map(Check::try_from).collect::<Result<Vec<_>>>()?;
        let writes: Vec<Write> = writes.into_iter().map(Write::from).collect();
        let by = fence(by);
        answer(async { storage()?.apply(op(cx), &checks, &writes, by.as_ref()).await })
    }

    fn health(cx: Op) -> Answer<()> {
        answer(async { storage()?.health(op(cx)).await })
    }
}

impl<C: Component> storage_changes::Guest for C {
    fn poll(cx: Op, cursor: Option<String>, wait_ms: u32) -> Answer<storage_changes::Changes> {
        let wait = milliseconds(wait_ms);
        answer(async { storage()?.changes(op(cx), cursor.as_deref(), wait).await })
    }
}

impl<C: Component> ha_lock::Guest for C {
    fn acquire(cx: Op, key: String, value: String, ttl_ms: u32) -> Answer<ha_lock::Acquired> {
        let ttl = milliseconds(ttl_ms);
        answer(async { ha_lock()?.acquire(op(cx), &key, &value, ttl).await })
    }

    fn renew(cx: Op, by: types::Fence, ttl_ms: u32) -> Answer<bool> {
        let by = Fence::from(by);
        answer(async { ha_lock()?.renew(op(cx), &by, milliseconds(ttl_ms)).await })
    }

    fn release(cx: Op, by: types::Fence) -> Answer<()> {
        let by = Fence::from(by);
        answer(async { ha_lock()?.release(op(cx), &by).await })
    }

    fn current(cx: Op, key: String) -> Answer<Option<ha_lock::Holder>> {
        let holder = run(async { ha_lock()?.current(op(cx), &key).await })?;
        Ok(holder.map(ha_lock::Holder::from))
    }
}

impl<C: Component> seal::Guest for C {
    fn status(cx: Op) -> Answer<seal::SealStatus> {
        answer(async { seal()?.status(op(cx)).await })
    }

    fn wrap(cx: Op, plaintext: Vec<u8>, aad: Vec<u8>) -> Answer<seal::Blob> {
        let plaintext = Secret::new(plaintext);
        answer(async { seal()?.wrap(op(cx), &plaintext, &aad).await })
    }

    fn unwrap(cx: Op, blob: seal::Blob, aad: Vec<u8>) -> Answer<Vec<u8>> {
        let plaintext = run(async { seal()?.unwrap(op(cx), &blob.into(), &aad).await })?;
        Ok(plaintext.expose().clone())
    }

    fn random(cx: Op, length: u32) -> Answer<Vec<u8>> {
        let bytes = run(async { seal()?.random(op(cx), length as usize).await })?;
        Ok(bytes.expose().clone())
    }
}
