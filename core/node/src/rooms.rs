//! The mounts behind the paths of leases.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use access::{Limits, Rooms};
use async_trait::async_trait;
use logical::{Data, Error, LeaseTerms, Leased, Result, View};
use mount::{Mount, MountTable};

use crate::answer::limits;

/// The mount table, as tokens and leases need it. `auth/token` is one of the mounts, so that the
/// tokens must not keep the table alive.
pub(crate) struct MountedRooms {
    pub(crate) mounts: Weak<MountTable>,
}

impl MountedRooms {
    /// The mount that made a lease, and the path below it.
    fn find<'p>(&self, path: &'p str) -> Option<(Arc<Mount>, &'p str)> {
        self.mounts.upgrade()?.resolve(path)
    }
}

#[async_trait]
impl Rooms for MountedRooms {
    fn limits(&self, path: &str) -> Option<Limits> {
        self.find(path).map(|(mount, _)| limits(&mount))
    }

    fn cubbyhole(&self) -> String {
        let mount = self.mounts.upgrade().and_then(|mounts| mounts.at("cubbyhole"));
        mount.map(|mount| mount.data_prefix().to_owned()).unwrap_or_default()
    }

    async fn renew(
        &self,
        view: &dyn View,
        path: &str,
        internal: &Data,
        increment: Duration,
    ) -> Result<LeaseTerms> {
        let gone = || Error::invalid("the mount of this lease is gone");
        let (mount, path) = self.find(path).ok_or_else(gone)?;
        let part = mount.view(view);
        let leased = Leased { path, internal, mount: &mount.info, view: &part };
        mount.backend.renew(leased, increment).await
    }

    async fn revoke(&self, view: &dyn View, path: &str, internal: &Data) -> Result<()> {
        let Some((mount, path)) = self.find(path) else { return Ok(()) };
        let part = mount.view(view);
        mount.backend.revoke(Leased { path, internal, mount: &mount.info, view: &part }).await
    }
}
