//! The plugins of the configuration: loaded at the start, exchanged by SIGHUP, shown by the node.

use std::sync::Arc;

use config::{Config, Stanza};
use logical::Data;
use plugin_api::Settings;
use plugin_host::{Change, Kind, PluginSpec, Runtime, Wanted};

use crate::{
    failure::{Failure, Outcome},
    wiring,
};

/// Loads what the `plugin` stanzas name, all or none. Nothing is open yet.
pub(crate) fn load(config: &Config) -> Outcome<Arc<Runtime>> {
    let mut catalog = wiring::providers(Arc::new(|name| std::env::var(name).ok()));
    let specs = specs(config)?;
    catalog.load(&specs).map_err(|error| Failure::local(error.to_string()))?;
    for (spec, loaded) in catalog.loaded() {
        tracing::info!(
            kind = %spec.kind,
            plugin = spec.name,
            loader = %loaded.loader,
            version = loaded.manifest.version,
            sha256 = hex::encode(loaded.digest),
            "plugin loaded",
        );
    }
    Ok(Arc::new(Runtime::new(catalog)))
}

fn specs(config: &Config) -> Outcome<Vec<PluginSpec>> {
    let folder = config.plugin_directory.as_deref();
    let mut specs: Vec<PluginSpec> = Vec::new();
    for stanza in &config.plugins {
        let at = |why: String| Failure::local(format!("{}: {why}", stanza.place));
        let spec =
            PluginSpec::from_stanza(stanza, folder).map_err(|error| at(error.to_string()))?;
        if specs.iter().any(|it| (it.kind, &it.name) == (spec.kind, &spec.name)) {
            return Err(at(format!(
                "plugin \"{}\" \"{}\": there are two stanzas of this name; give each its own",
                spec.kind, spec.name
            )));
        }
        specs.push(spec);
    }
    Ok(specs)
}

/// Exchanges the plugins whose stanzas have changed. What cannot be exchanged stays, and the log
/// says why.
pub(crate) async fn reload(runtime: &Runtime, config: &Config) {
    let specs = match specs(config) {
        Ok(specs) => specs,
        Err(failure) => {
            let error = failure.text().unwrap_or_default();
            tracing::error!(error, "the plugins stay as they are");
            return;
        }
    };
    let wanted = specs.into_iter().map(|spec| {
        let settings = user(config, &spec).map(|stanza| Settings::new(stanza.flat()));
        Wanted { spec, settings }
    });
    for done in runtime.reload(wanted.collect()).await {
        let (kind, plugin) = (done.kind, done.name);
        match done.outcome {
            Ok(Change::None) => (),
            Ok(Change::Loaded) => tracing::info!(%kind, plugin, "plugin loaded; nothing uses it"),
            Ok(Change::Exchanged { generation }) => {
                tracing::info!(%kind, plugin, generation, "plugin exchanged");
            }
            Err(error) => tracing::error!(%error, "a plugin was not exchanged"),
        }
    }
}

/// The stanza that uses a plugin.
fn user<'c>(config: &'c Config, spec: &PluginSpec) -> Option<&'c Stanza> {
    let seals = config.seals.iter().filter(|seal| !seal.disabled).map(|seal| &seal.stanza);
    let mut used: Box<dyn Iterator<Item = &Stanza>> = match spec.kind {
        Kind::Storage => Box::new(std::iter::once(&config.storage)),
        Kind::HaLock => Box::new(config.ha_storage.iter()),
        Kind::Seal => Box::new(seals),
    };
    used.find(|stanza| wiring::alias(&stanza.label) == spec.name)
}

/// How the node tells of them.
pub(crate) fn shown(runtime: &Arc<Runtime>) -> Arc<dyn Fn() -> Vec<Data> + Send + Sync> {
    let runtime = Arc::clone(runtime);
    Arc::new(move || runtime.shown())
}
