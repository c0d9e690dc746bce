//! From the configuration to a node: storage, seal, settings.

use std::sync::Arc;

use bytes::Bytes;
use config::{Config, Stanza};
use logical::{Clock, Data, Raw};
use node::{Declared, Enable, MetricsFormat, Node, Parts, Settings, Switches, Ttls};
use plugin_api::Storage;
use plugin_host::{Kind, Runtime};
use seal::{Auto, Label, Protection, Wrapping};
use serde_json::{Value, json};
use storage::{CacheOptions, Options, stack};

use crate::{
    failure::{Failure, Outcome},
    server::{plugins, telemetry::Telemetry},
    wiring,
};

/// Opens everything that the configuration names and starts the node on it; gives the storage too,
/// for whoever closes it at the end.
pub(crate) async fn node(
    config: &Config,
    telemetry: &Telemetry,
    plugins: &Arc<Runtime>,
) -> Outcome<(Arc<Node>, Arc<dyn Storage>)> {
    refuse_ha_storage(plugins, config)?;
    let storage = open_storage(plugins, config).await?;
    let protection = open_seal(plugins, config).await?;
    let settings = settings(config, telemetry, plugins);
    let parts = Parts { storage: Arc::clone(&storage), protection, settings, clock: Clock::System };
    let node = Node::start(parts).await;
    // Whatever a node cannot start for is in the store, or in how it was sealed.
    let node = node.map_err(|error| at(&config.storage, &error.to_string()))?;
    Ok((node, storage))
}

/// A lock that nobody takes would let two nodes write at once.
fn refuse_ha_storage(plugins: &Runtime, config: &Config) -> Outcome {
    let Some(stanza) = &config.ha_storage else { return Ok(()) };
    plugins.find(Kind::HaLock, &stanza.label).map_err(|error| refused(stanza, &error))?;
    let problem = "this version runs single nodes, which need no HA lock; leave ha_storage out";
    Err(at(stanza, problem))
}

async fn open_storage(plugins: &Runtime, config: &Config) -> Outcome<Arc<dyn Storage>> {
    let stanza = &config.storage;
    let label = wiring::alias(&stanza.label);
    let storage = plugins.storage(label, plugin_api::Settings::new(stanza.flat())).await;
    let storage = storage.map_err(|error| refused(stanza, &error))?;
    let cache = (!config.disable_cache).then(|| {
        let entries = usize::try_from(config.cache_size).unwrap_or(usize::MAX);
        CacheOptions { entries, ..CacheOptions::default() }
    });
    let options = Options { cache, ..Options::named(label) };
    Ok(stack(storage, &options).storage())
}

async fn open_seal(plugins: &Runtime, config: &Config) -> Outcome<Protection> {
    let mut used = config.seals.iter().filter(|seal| !seal.disabled);
    let Some(first) = used.next() else { return Ok(Protection::shamir(Label::default())) };
    if let Some(second) = used.next() {
        return Err(at(&second.stanza, "several seals at once are not supported yet"));
    }
    let stanza = &first.stanza;
    if stanza.label == seal::SHAMIR {
        return Ok(Protection::shamir(Label::default()));
    }
    let opened = plugins.seal(&stanza.label, plugin_api::Settings::new(stanza.flat())).await;
    let opened = opened.map_err(|error| refused(stanza, &error))?;
    let auto = Auto::new(&stanza.label, opened, Wrapping::Direct);
    Ok(Protection::auto(Label::default(), auto))
}

fn settings(config: &Config, telemetry: &Telemetry, plugins: &Arc<Runtime>) -> Settings {
    let telemetry = telemetry.clone();
    let enabled = config.telemetry.prometheus_retention_time.is_some();
    Settings {
        cluster_name: config.cluster_name.clone(),
        ttls: Ttls { default: config.default_lease_ttl, max: config.max_lease_ttl },
        storage_kind: config.storage.label.clone(),
        audit_devices: config.audit.iter().map(declared).collect(),
        switches: Switches {
            raw: config.raw_storage_endpoint,
            audit_by_api: config.unsafe_allow_api_audit_creation.unwrap_or(true),
        },
        shown: shown(config),
        plugins: plugins::shown(plugins),
        metrics: Arc::new(move |format| match format {
            MetricsFormat::Json => raw(200, "application/json", telemetry.json()),
            MetricsFormat::Prometheus if enabled => raw(200, PROMETHEUS, telemetry.render()),
            MetricsFormat::Prometheus => raw(400, "text/plain", "prometheus is not enabled".into()),
        }),
    }
}

/// The configuration as `sys/config/state/sanitized` shows it: nothing of a provider but its name.
fn shown(config: &Config) -> Data {
    let listeners: Vec<_> = config
        .listeners
        .iter()
        .map(|listener| json!({ "type": "tcp", "config": { "tls_disable": listener.tls.is_none() } }))
        .collect();
    let seals: Vec<_> =
        config.seals.iter().map(|seal| json!({ "type": seal.stanza.label })).collect();
    let shown = json!({
        "api_addr": config.api_addr,
        "cluster_addr": config.cluster_addr,
        "cluster_name": config.cluster_name,
        "default_lease_ttl": config.default_lease_ttl.as_secs(),
        "max_lease_ttl": config.max_lease_ttl.as_secs(),
        "disable_cache": config.disable_cache,
        "cache_size": config.cache_size,
        "enable_ui": config.ui,
        "introspection_endpoint": config.introspection_endpoint,
        "raw_storage_endpoint": config.raw_storage_endpoint,
        "listeners": listeners,
        "seals": seals,
        "storage": { "type": config.storage.label },
    });
    match shown {
        Value::Object(shown) => shown,
        _ => Data::new(),
    }
}

/// The media type of Prometheus' text form.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

fn raw(status: u16, content_type: &str, body: String) -> Raw {
    Raw { status, content_type: content_type.to_owned(), body: Bytes::from(body) }
}

fn declared(stanza: &config::AuditStanza) -> Declared {
    Declared {
        name: stanza.path.clone(),
        device: Enable {
            kind: stanza.kind.clone(),
            description: stanza.description.clone(),
            local: stanza.local,
            options: stanza.options.clone(),
        },
    }
}

fn refused(stanza: &Stanza, error: &plugin_host::Error) -> Failure {
    let hint = match error {
        plugin_host::Error::NotFound { .. } => "; name one of these",
        _ => "",
    };
    at(stanza, &format!("{error}{hint}"))
}

fn at(stanza: &Stanza, problem: &str) -> Failure {
    Failure::local(format!("{}: {problem}", stanza.place))
}
