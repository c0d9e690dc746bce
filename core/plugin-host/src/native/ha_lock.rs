//! An HA lock in a library.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plugin_api::{Acquired, Fence, HaLock, Holder, Op, Result};

use crate::native::{
    call::{Call, Output},
    instance::Instance,
    storage::{another, milliseconds},
};

/// An opened HA lock.
pub(super) struct NativeHaLock {
    instance: Arc<Instance>,
}

impl NativeHaLock {
    pub(super) fn new(instance: Arc<Instance>) -> Self {
        Self { instance }
    }
}

#[async_trait]
impl HaLock for NativeHaLock {
    async fn acquire(&self, op: Op, key: &str, value: &str, ttl: Duration) -> Result<Acquired> {
        let (key, value) = (key.to_owned(), value.to_owned());
        let call = Call::Acquire { key, value, ttl_ms: milliseconds(ttl) };
        match self.instance.call(op, call)?.await? {
            Output::Acquired(acquired) => Ok(*acquired),
            _ => Err(another()),
        }
    }

    async fn renew(&self, op: Op, fence: &Fence, ttl: Duration) -> Result<bool> {
        let call = Call::Renew { fence: Box::new(fence.clone()), ttl_ms: milliseconds(ttl) };
        match self.instance.call(op, call)?.await? {
            Output::Held => Ok(true),
            Output::Lost => Ok(false),
            _ => Err(another()),
        }
    }

    async fn release(&self, op: Op, fence: &Fence) -> Result<()> {
        match self.instance.call(op, Call::Release { fence: Box::new(fence.clone()) })?.await? {
            Output::Nothing => Ok(()),
            _ => Err(another()),
        }
    }

    async fn current(&self, op: Op, key: &str) -> Result<Option<Holder>> {
        match self.instance.call(op, Call::Current { key: key.to_owned() })?.await? {
            Output::Holder(holder) => Ok(holder.map(|holder| *holder)),
            _ => Err(another()),
        }
    }
}
