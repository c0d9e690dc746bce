//! The naughty plugin, and how tests open and call what they have loaded.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use plugin_api::{Op, Opened, Settings, Storage};
use plugin_host::{Kind, Loaded, PluginSpec, load};

pub(crate) use crate::build::{everything, spec};

/// How long a call of the naughty plugin may take.
pub(crate) const CALL_TIME: Duration = Duration::from_millis(500);

/// The plugin in C that misbehaves; macros make other broken plugins of it.
pub(crate) fn naughty(defines: &[&str]) -> Option<PathBuf> {
    crate::build::c("core/plugin-host/tests/native/naughty.c", defines)
}

/// A stanza for the naughty plugin: nobody waits for it for long.
pub(crate) fn impatient(path: &Path) -> PluginSpec {
    let mut spec = spec(Kind::Storage, path);
    spec.limits.call_time = CALL_TIME;
    spec
}

pub(crate) async fn open(loaded: &Loaded, settings: &[(&str, &str)]) -> plugin_api::Result<Opened> {
    let values = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    loaded.provider.open(Settings::new(values.collect::<BTreeMap<_, _>>())).await
}

pub(crate) async fn storage(spec: &PluginSpec, settings: &[(&str, &str)]) -> Arc<dyn Storage> {
    open(&load(spec).unwrap(), settings).await.unwrap().storage.unwrap()
}

pub(crate) fn op() -> Op {
    Op::within(Duration::from_secs(10))
}
