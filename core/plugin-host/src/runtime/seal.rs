//! A seal in use: each call goes to the present generation and is measured.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use plugin_api::{Blob, Op, Result, Seal, SealStatus, Secret};

use crate::runtime::{
    meter::{Meter, Operation},
    slot::Slot,
};

/// A seal whose provider can be exchanged.
pub(super) struct SealInUse {
    pub(super) slot: Slot<dyn Seal>,
    status: Arc<Operation>,
    wrap: Arc<Operation>,
    unwrap: Arc<Operation>,
    random: Arc<Operation>,
}

impl SealInUse {
    pub(super) fn new(seal: Arc<dyn Seal>, meter: &Arc<Meter>) -> Self {
        Self {
            slot: Slot::new(seal),
            status: meter.operation("status"),
            wrap: meter.operation("wrap"),
            unwrap: meter.operation("unwrap"),
            random: meter.operation("random"),
        }
    }
}

#[async_trait]
impl Seal for SealInUse {
    async fn status(&self, op: Op) -> Result<SealStatus> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.status.record(start, present.plugin.status(op).await)
    }

    async fn wrap(&self, op: Op, plaintext: &Secret<Vec<u8>>, aad: &[u8]) -> Result<Blob> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.wrap.record(start, present.plugin.wrap(op, plaintext, aad).await)
    }

    async fn unwrap(&self, op: Op, blob: &Blob, aad: &[u8]) -> Result<Secret<Vec<u8>>> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.unwrap.record(start, present.plugin.unwrap(op, blob, aad).await)
    }

    async fn random(&self, op: Op, length: usize) -> Result<Secret<Vec<u8>>> {
        let present = self.slot.enter(op).await?;
        let start = Instant::now();
        self.random.record(start, present.plugin.random(op, length).await)
    }
}
