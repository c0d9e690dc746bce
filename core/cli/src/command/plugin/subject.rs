//! The provider that a command works on: a plugin's file, or a bundled provider by its label.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use config::{Config, Stanza};
use conformance::Process;
use plugin_api::{Error, ErrorKind, Opened, Provider, Settings};
use plugin_host::{Catalog, Host, Kind, Limits, PluginSpec};

use super::file::{Form, PluginFile};
use crate::{
    call::Call,
    failure::{Failure, Outcome},
    wiring,
};

/// A provider that can be opened, and with which settings.
pub(super) struct Subject {
    /// What it is.
    pub(super) about: conformance::Subject,
    /// The settings of its stanza.
    pub(super) settings: BTreeMap<String, String>,
    source: Source,
}

enum Source {
    File(Arc<LoadedFile>),
    Bundled(Catalog, Kind),
}

/// A plugin's file, loaded.
pub(super) struct LoadedFile {
    provider: Arc<dyn Provider>,
    spec: PluginSpec,
    /// What a library exports.
    exports: Option<Vec<String>>,
    /// The process before it was loaded.
    before: Process,
}

impl LoadedFile {
    /// The symbols of a library; `None` for a component.
    pub(super) fn exports(&self) -> Option<&Vec<String>> {
        self.exports.as_ref()
    }

    /// The process before a library was loaded.
    pub(super) fn before(&self) -> Option<&Process> {
        self.exports.is_some().then_some(&self.before)
    }

    /// Loads the file once more.
    fn copy(&self, host: Host) -> plugin_api::Result<Arc<dyn Provider>> {
        let loaded = plugin_host::load_into(&self.spec, host).map_err(refused)?;
        Ok(loaded.provider)
    }
}

impl Subject {
    /// Loads the provider of the first argument, with the configuration of `-config`.
    pub(super) fn load(call: &Call) -> Outcome<Self> {
        let (name, config) = (call.argument(0), configuration(call)?);
        if !Path::new(name).exists()
            && let Some(bundled) = Self::bundled(name, config.as_ref())
        {
            return Ok(bundled);
        }
        let file = PluginFile::read(name)?;
        let spec = spec(&file, config.as_ref())?;
        let before = Process::now();
        let loaded = plugin_host::load(&spec).map_err(|error| Failure::Local(error.to_string()))?;
        let about = conformance::Subject {
            name: spec.name.clone(),
            version: loaded.manifest.version.clone(),
            loader: loaded.loader.to_string(),
            sha256: hex::encode(loaded.digest),
        };
        Ok(Self {
            about,
            settings: config.map(|it| settings(&it, spec.kind, &spec.name)).unwrap_or_default(),
            source: Source::File(Arc::new(LoadedFile {
                provider: loaded.provider,
                spec,
                exports: match file.form {
                    Form::Library(library) => Some(library.exports),
                    Form::Component(_) => None,
                },
                before,
            })),
        })
    }

    fn bundled(label: &str, config: Option<&Config>) -> Option<Self> {
        let catalog = wiring::providers(Arc::new(|name| std::env::var(name).ok()));
        let mut kinds = [Kind::Storage, Kind::HaLock, Kind::Seal].into_iter();
        let kind = kinds.find(|kind| catalog.labels(*kind).iter().any(|known| known == label))?;
        let about = conformance::Subject {
            name: label.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            loader: "bundled".to_owned(),
            sha256: String::new(),
        };
        let settings = config.map(|config| settings(config, kind, label)).unwrap_or_default();
        Some(Self { about, settings, source: Source::Bundled(catalog, kind) })
    }

    /// The file that it was loaded from; `None` for a bundled provider.
    pub(super) fn file(&self) -> Option<&Arc<LoadedFile>> {
        match &self.source {
            Source::File(file) => Some(file),
            Source::Bundled(..) => None,
        }
    }

    /// Loads the file once more and opens it; `None` for a bundled provider.
    pub(super) async fn copy(&self, host: Host) -> Option<plugin_api::Result<Opened>> {
        let file = Arc::clone(self.file()?);
        let settings = Settings::new(self.settings.clone());
        let copy = tokio::task::spawn_blocking(move || file.copy(host)).await;
        Some(match copy {
            Ok(Ok(provider)) => provider.open(settings).await,
            Ok(Err(error)) => Err(error),
            Err(panicked) => Err(Error::new(ErrorKind::Panicked, panicked.to_string())),
        })
    }

    /// Opens the provider with its settings and some more.
    pub(super) async fn open(&self, more: &[(&str, &str)]) -> plugin_api::Result<Opened> {
        let mut values = self.settings.clone();
        values.extend(more.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let settings = Settings::new(values);
        match &self.source {
            Source::File(file) => file.provider.open(settings).await,
            Source::Bundled(catalog, kind) => {
                let mut opened = Opened::default();
                let label = &self.about.name;
                let failed = match kind {
                    Kind::Storage => catalog.storage(label, settings).await.map(|it| {
                        opened.storage = Some(it);
                    }),
                    Kind::HaLock => catalog.ha_lock(label, settings).await.map(|it| {
                        opened.ha_lock = Some(it);
                    }),
                    Kind::Seal => catalog.seal(label, settings).await.map(|it| {
                        opened.seal = Some(it);
                    }),
                };
                failed.map(|()| opened).map_err(refused)
            }
        }
    }
}

/// What the provider itself said.
fn refused(error: plugin_host::Error) -> Error {
    match error {
        plugin_host::Error::Open { source, .. } => source,
        other => Error::new(ErrorKind::Internal, other.to_string()),
    }
}

/// The configuration of `-config`.
pub(super) fn configuration(call: &Call) -> Outcome<Option<Config>> {
    let Some(path) = call.given.text("config") else { return Ok(None) };
    let environment = |name: &str| std::env::var(name).ok();
    let loaded = Config::load(&[path.into()], &environment);
    Ok(Some(loaded.map_err(|error| Failure::Local(error.to_string()))?.config))
}

/// How to load a file: by its stanza in the configuration if there is one, else with nothing
/// granted. The author knows the file: it is trusted, and its digest is what it is.
pub(super) fn spec(file: &PluginFile, config: Option<&Config>) -> Outcome<PluginSpec> {
    let manifest = file.manifest()?;
    let kind = manifest.kinds.iter().find_map(|word| Kind::from_word(word)).ok_or_else(|| {
        Failure::Local(format!("{}: the manifest names no kind", file.path.display()))
    })?;
    let mut spec = PluginSpec {
        kind,
        name: manifest.name.clone(),
        path: file.path.clone(),
        sha256: None,
        trust_full: true,
        report: None,
        grants: Vec::new(),
        limits: Limits::default(),
    };
    if let Some(stanza) = config.and_then(|config| stanza(file, config)) {
        let folder = config.and_then(|config| config.plugin_directory.as_deref());
        let read = PluginSpec::from_stanza(stanza, folder);
        let read = read.map_err(|error| Failure::Local(error.to_string()))?;
        (spec.kind, spec.name) = (read.kind, read.name);
        (spec.grants, spec.limits) = (read.grants, read.limits);
    }
    spec.sha256 = Some(file.digest);
    Ok(spec)
}

/// The `plugin` stanza of a file: that with its path, else that with its name.
pub(super) fn stanza<'a>(
    file: &PluginFile,
    config: &'a Config,
) -> Option<&'a config::PluginStanza> {
    let named =
        |path: &Path| path.file_name().is_some() && path.file_name() == file.path.file_name();
    let by_path = config
        .plugins
        .iter()
        .find(|it| it.settings.get("path").is_some_and(|path| named(Path::new(path))));
    let name = file.manifest.as_ref().map(|manifest| manifest.name.as_str()).unwrap_or_default();
    by_path.or_else(|| config.plugins.iter().find(|it| it.name == name))
}

/// The settings of the stanza that uses a provider.
fn settings(config: &Config, kind: Kind, name: &str) -> BTreeMap<String, String> {
    let seals = || config.seals.iter().map(|seal| &seal.stanza);
    let used: Vec<&Stanza> = match kind {
        Kind::Storage => vec![&config.storage],
        Kind::HaLock => config.ha_storage.iter().chain([&config.storage]).collect(),
        Kind::Seal => seals().collect(),
    };
    let found = used.into_iter().find(|stanza| stanza.label == name);
    found.map(Stanza::flat).unwrap_or_default()
}
