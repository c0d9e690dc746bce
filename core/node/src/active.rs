//! What an active node has: everything that needs the keyring. Dropping it is sealing.

use std::sync::Arc;

use access::Access;
use audit::Broker;
use barrier::{Barrier, Claim, Fence, Transaction};
use logical::{Clock, Result, View};
use mount::{MountTable, SystemTtls, TransactionView, view::translate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sys::{Control, Handles, Sys};
use tokio::sync::Notify;

use crate::{
    catalog::catalog, gate::Gate, meters::Meters, rooms::MountedRooms, settings::Settings,
    status::Cluster,
};

/// Where the names of the cluster are kept.
const CLUSTER: &str = "core/cluster/local/info";

/// What the present activation has written, and every commit of it expects.
const ACTIVATION: &str = "core/activation";

/// One activation of the node.
pub(crate) struct Active {
    pub(crate) cluster: Cluster,
    pub(crate) clock: Clock,
    pub(crate) barrier: Barrier,
    pub(crate) fence: Option<Arc<Fence>>,
    /// `None` where the store takes no writes at present.
    pub(crate) claim: Option<Claim>,
    pub(crate) mounts: Arc<MountTable>,
    pub(crate) access: Access,
    pub(crate) audit: Arc<Broker>,
    /// Told when a request left work to be done.
    pub(crate) work: Notify,
    /// What every commit goes through.
    pub(crate) gate: Gate,
    /// What is measured.
    pub(crate) meters: Meters,
    /// The address of this node for clients, or empty.
    pub(crate) address: String,
}

/// The names of the cluster, as they are stored.
#[derive(Deserialize, Serialize)]
struct ClusterRecord {
    name: String,
    id: String,
}

impl Active {
    /// Opens everything that is in the barrier; a fresh store gets what every server has.
    pub(crate) async fn start(
        barrier: Barrier,
        settings: &Settings,
        control: Arc<dyn Control>,
        clock: Clock,
    ) -> Result<Self> {
        // Before anything is read: a write of an earlier activation that is still on its way is
        // then either done and seen, or refused.
        let claim = claim(&barrier).await?;
        let transaction = barrier.begin(None).under(claim.clone());
        let view = TransactionView(&transaction);
        let now = clock.now();
        let cluster = open_cluster(&view, settings).await?;
        let ttls = SystemTtls { default: settings.ttls.default, max: settings.ttls.max };
        let mounts = Arc::new(MountTable::new(ttls));
        let rooms = Arc::new(MountedRooms { mounts: Arc::downgrade(&mounts) });
        let access = Access::open(&view, rooms, Arc::new(barrier.clone()), now).await?;
        let audit = Arc::new(Broker::new(clock.clone()));
        audit.load(&view, &settings.audit_devices).await?;
        let handles = Handles::new(&mounts, &access, Arc::clone(&audit), barrier.clone(), control);
        let sys = Sys::new(handles, settings.switches);
        mounts.load(&view, catalog(Arc::new(sys), access.token_backend())).await?;
        transaction.commit().await.map_err(translate)?;
        let address = settings.shown.get("api_addr").and_then(Value::as_str).unwrap_or_default();
        let active = Self {
            cluster,
            clock,
            barrier,
            fence: None,
            claim,
            mounts,
            access,
            audit,
            work: Notify::new(),
            gate: Gate::new(),
            meters: Meters::new(),
            address: address.to_owned(),
        };
        active.load_leases().await?;
        Ok(active)
    }

    /// Begins the transaction of a request.
    pub(crate) fn begin(&self) -> Transaction {
        self.barrier.begin(self.fence.clone()).under(self.claim.clone())
    }

    /// Commits a transaction; a conflict can be told by `mount::view::is_conflict`.
    pub(crate) async fn commit(&self, transaction: Transaction) -> Result<()> {
        self.gate.commit(transaction).await
    }

    async fn load_leases(&self) -> Result<()> {
        let transaction = self.begin();
        self.access.leases.load(&TransactionView(&transaction)).await?;
        Ok(())
    }
}

/// Claims the store. One that certainly takes no writes, such as a full disk, can still be read.
async fn claim(barrier: &Barrier) -> Result<Option<Claim>> {
    match barrier.claim(ACTIVATION, None).await {
        Ok(claim) => Ok(Some(claim)),
        Err(barrier::Error::Storage(cause)) if !cause.retryable && !cause.maybe_applied => {
            tracing::warn!(error = %cause, "the store takes no writes at present");
            Ok(None)
        }
        Err(error) => Err(translate(error)),
    }
}

/// Reads the names of the cluster; a fresh one gets them.
async fn open_cluster(view: &dyn View, settings: &Settings) -> Result<Cluster> {
    if let Some(value) = view.get(CLUSTER).await? {
        let record: ClusterRecord = serde_json::from_slice(&value).map_err(|cause| {
            logical::Error::internal(format!("the entry {CLUSTER} is corrupt: {cause}"))
        })?;
        let name = settings.cluster_name.clone().unwrap_or(record.name);
        return Ok(Cluster { name, id: record.id });
    }
    let made_up = || format!("vault-cluster-{:08x}", u32::from_be_bytes(crypto::random::bytes()));
    let name = settings.cluster_name.clone().unwrap_or_else(made_up);
    let record = ClusterRecord { name, id: crypto::random::uuid() };
    let value = serde_json::to_vec(&record).map_err(logical::Error::internal)?;
    view.put(CLUSTER, value.into())?;
    Ok(Cluster { name: record.name, id: record.id })
}
