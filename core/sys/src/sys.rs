//! The backend of `sys/`: the handles that it administers, and all of its paths.

use std::sync::{Arc, Weak};

use access::{Access, Leases, Policies, Tokens, Wrapping};
use async_trait::async_trait;
use audit::Broker;
use barrier::Barrier;
use logical::{
    Backend, Call, Code, Error, Operation, Path, PathAuth, Response, Result, Table, View,
};
use mount::MountTable;

use crate::{
    Control, audit_devices, capabilities, internal, leases, metrics, mounts, plugins, policies,
    raw, rotate, seal, wrapping,
};

/// What the endpoints administer.
pub struct Handles {
    /// The mounts. `sys` is one of them, so that it must not keep them alive.
    pub mounts: Weak<MountTable>,
    /// The tokens.
    pub tokens: Arc<Tokens>,
    /// The leases.
    pub leases: Arc<Leases>,
    /// The policies.
    pub policies: Arc<Policies>,
    /// Wrapped answers.
    pub wrapping: Arc<Wrapping>,
    /// The audit devices.
    pub audit: Arc<Broker>,
    /// The barrier, for its key.
    pub barrier: Barrier,
    /// The node.
    pub control: Arc<dyn Control>,
}

impl Handles {
    /// The handles of an activation.
    pub fn new(
        mounts: &Arc<MountTable>,
        access: &Access,
        audit: Arc<Broker>,
        barrier: Barrier,
        control: Arc<dyn Control>,
    ) -> Self {
        Self {
            mounts: Arc::downgrade(mounts),
            tokens: Arc::clone(&access.tokens),
            leases: Arc::clone(&access.leases),
            policies: Arc::clone(&access.policies),
            wrapping: Arc::clone(&access.wrapping),
            audit,
            barrier,
            control,
        }
    }
}

/// What the configuration says about the endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Clients may enable audit devices.
    pub audit_by_api: bool,
    /// `sys/raw` is there.
    pub raw: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { audit_by_api: true, raw: false }
    }
}

/// The backend of `sys/`.
pub struct Sys {
    pub(crate) handles: Handles,
    pub(crate) settings: Settings,
    table: Table<Self>,
}

impl Sys {
    /// The endpoints over these handles.
    pub fn new(handles: Handles, settings: Settings) -> Self {
        Self { handles, settings, table: Table::new(paths(settings)) }
    }

    /// The mounts, as long as the node serves.
    pub(crate) fn mounts(&self) -> Result<Arc<MountTable>> {
        self.handles.mounts.upgrade().ok_or_else(|| Error::new(Code::Sealed, "Vault is sealed"))
    }

    /// Tells the node of work for the background, once it is committed.
    pub(crate) fn wake_on_commit(&self, view: &dyn View) {
        let control = Arc::clone(&self.handles.control);
        view.on_commit(Box::new(move || control.wake()));
    }
}

fn paths(settings: Settings) -> Vec<Path<Sys>> {
    let mut paths = mounts::paths();
    paths.extend(policies::paths());
    paths.extend(leases::paths());
    paths.extend(wrapping::paths());
    paths.extend(capabilities::paths());
    paths.extend(audit_devices::paths());
    paths.extend(rotate::paths());
    paths.extend(seal::paths());
    paths.extend(internal::paths());
    paths.extend(metrics::paths());
    paths.extend(plugins::paths());
    if settings.raw {
        paths.extend(raw::paths());
    }
    paths
}

/// Lists that are read without a trailing `/`, and with one are no path.
const WITHOUT_SLASH: &[&str] = &["audit/", "auth/", "mounts/"];

/// Paths whose authority is a number of keys, not a token: whoever asks is told that they are not
/// there.
const UNAUTHENTICATED: &[&str] = &["generate-root/", "rekey/", "rekey-recovery-key/"];

/// Those among them that ask for a token all the same.
fn is_backup(path: &str) -> bool {
    matches!(path, "rekey/backup" | "rekey/recovery-key-backup")
}

#[async_trait]
impl Backend for Sys {
    fn auth(&self, path: &str, operation: Operation) -> PathAuth {
        // Looking a lease up needs its id; listing them is another matter.
        if operation.lists() && path.starts_with("leases/lookup") {
            return PathAuth::Sudo;
        }
        if UNAUTHENTICATED.iter().any(|prefix| path.starts_with(prefix)) && !is_backup(path) {
            return PathAuth::None;
        }
        self.table.auth(path)
    }

    async fn handle(&self, call: Call<'_>) -> Result<Response> {
        if WITHOUT_SLASH.contains(&call.path) {
            return Err(Error::unsupported_path());
        }
        self.table.handle(self, call).await
    }
}
