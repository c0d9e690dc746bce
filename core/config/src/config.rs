//! The whole configuration, and the keys that belong to no stanza.

use std::{path::PathBuf, time::Duration};

use crate::{
    address,
    audit::{self, AuditStanza},
    env::{self, Environment},
    error::{Error, Place, Result},
    listener::{self, Bind, Listener},
    load::Loaded,
    lockout::{self, UserLockout},
    log::{self, Log},
    plugin::{self, PluginStanza},
    seal::{self, SealStanza},
    section::{Section, flag},
    stanza::Stanza,
    storage,
    telemetry::{self, Telemetry},
};

/// What the server is told by its operator.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is.
    pub storage: Stanza,
    /// Who holds the lock, if that is not the storage.
    pub ha_storage: Option<Stanza>,
    /// What unseals the server; nothing means Shamir.
    pub seals: Vec<SealStanza>,
    /// Where it listens; there may be none.
    pub listeners: Vec<Listener>,
    /// What it measures.
    pub telemetry: Telemetry,
    /// Audit devices that are there from the start.
    pub audit: Vec<AuditStanza>,
    /// Providers to be loaded from files.
    pub plugins: Vec<PluginStanza>,
    /// How many wrong passwords users have, by auth method.
    pub user_lockouts: Vec<UserLockout>,
    /// Whether nobody is ever locked out; only from the environment.
    pub disable_user_lockout: bool,
    /// The log.
    pub log: Log,
    /// The URL under which clients reach this node.
    pub api_addr: Option<String>,
    /// The URL under which the other nodes reach this one; if it is not set and `api_addr` is, the
    /// same host with the port of the first listener's cluster address.
    pub cluster_addr: Option<String>,
    /// What the cluster is called.
    pub cluster_name: Option<String>,
    /// Whether this node stays alone although its storage could do more.
    pub disable_clustering: bool,
    /// Whether a standby hands every read to the active node.
    pub disable_standby_reads: bool,
    /// Whether the web interface is served.
    pub ui: bool,
    /// How long a lease lives if nobody says.
    pub default_lease_ttl: Duration,
    /// How long a lease lives at most.
    pub max_lease_ttl: Duration,
    /// Whether the cache above the storage is off.
    pub disable_cache: bool,
    /// How many entries that cache has.
    pub cache_size: u64,
    /// Whether `sys/raw` is there.
    pub raw_storage_endpoint: bool,
    /// Whether `sys/internal/inspect` is there.
    pub introspection_endpoint: bool,
    /// Whether audit devices may be made by the API, if the operator said so or forbade it.
    pub unsafe_allow_api_audit_creation: Option<bool>,
    /// Whether an audit device may have a prefix.
    pub allow_audit_log_prefixing: bool,
    /// Whether each answer names the host.
    pub enable_response_header_hostname: bool,
    /// Whether each answer names the Raft node.
    pub enable_response_header_raft_node_id: bool,
    /// Whether keys with control characters are accepted.
    pub disable_printable_check: bool,
    /// Whether memory may be swapped out, if the operator said so or forbade it.
    pub disable_mlock: Option<bool>,
    /// Where plugins are.
    pub plugin_directory: Option<PathBuf>,
    /// Where the process writes its id.
    pub pid_file: Option<PathBuf>,
}

/// Keys that have no effect here and whose absence nobody would notice.
const IGNORED: &[&str] = &[
    "administrative_namespace_path",
    "allow_unauthenticated_workflows",
    "cluster_cipher_suites",
    "detect_deadlocks",
    "disable_indexing",
    "disable_performance_standby",
    "disable_sealwrap",
    "disable_sentinel_trace",
    "enable_post_unseal_trace",
    "entropy",
    "experiments",
    "imprecise_lease_role_tracking",
    "license_path",
    "plugin_auto_download",
    "plugin_auto_register",
    "plugin_download_behavior",
    "plugin_download_max_size",
    "plugin_file_permissions",
    "plugin_file_uid",
    "post_unseal_trace_directory",
    "replication",
    "reporting",
    "request_limiter",
    "sentinel",
    "service_registration",
    "unsafe_cross_namespace_identity",
    "unsafe_relative_paths",
];

/// Keys whose effect an operator would miss.
const UNUSED: &[&str] = &["initialize"];

const LEASE_TTL: Duration = Duration::from_secs(768 * 3600);
const REQUEST_DURATION: Duration = Duration::from_secs(90);
const CACHE_SIZE: u64 = 131_072;

impl Config {
    /// Reads the outermost keys of all files.
    pub(crate) fn read(
        outermost: &mut Section<'_>,
        files: &str,
        env: Environment<'_>,
    ) -> Result<Loaded> {
        let mut warnings = Vec::new();
        let mut storages = storage::read(outermost, files)?;
        env.apply(env::STORAGES, &mut storages.storage);
        if let Some(ha_storage) = &mut storages.ha_storage {
            env.apply(env::STORAGES, ha_storage);
        }
        let mut seals = seal::read(outermost)?;
        env.seal_type(&mut seals);
        for seal in &mut seals {
            env.apply(env::SEALS, &mut seal.stanza);
        }
        let request_duration =
            outermost.duration("default_max_request_duration")?.unwrap_or(REQUEST_DURATION);
        let listeners = listener::read(outermost, request_duration, &mut warnings)?;
        let (api_addr, cluster_addr) = addresses(outermost, &storages, &listeners, env)?;
        let (default_lease_ttl, max_lease_ttl) = lease_ttls(outermost)?;
        // `enable_ui` is the older word.
        let ui = outermost.flag("ui")?.or(outermost.flag("enable_ui")?);
        let disable_clustering = outermost.flag("disable_clustering")?;
        let config = Self {
            seals,
            listeners,
            telemetry: telemetry::read(outermost, &mut warnings)?,
            audit: audit::read(outermost, &mut warnings)?,
            plugins: plugin::read(outermost)?,
            user_lockouts: lockout::read(outermost, &mut warnings)?,
            disable_user_lockout: env.parsed("DISABLE_USER_LOCKOUT", flag)?.unwrap_or(false),
            log: log::read(outermost, env)?,
            api_addr,
            cluster_addr,
            cluster_name: outermost.text("cluster_name")?,
            disable_clustering: disable_clustering.or(storages.disable_clustering) == Some(true),
            disable_standby_reads: is_on(outermost, "disable_standby_reads")?,
            ui: env.parsed("UI", flag)?.or(ui).unwrap_or(false),
            default_lease_ttl,
            max_lease_ttl,
            disable_cache: is_on(outermost, "disable_cache")?,
            cache_size: outermost.limit("cache_size", CACHE_SIZE)?,
            raw_storage_endpoint: is_on(outermost, "raw_storage_endpoint")?,
            introspection_endpoint: is_on(outermost, "introspection_endpoint")?,
            unsafe_allow_api_audit_creation: outermost.flag("unsafe_allow_api_audit_creation")?,
            allow_audit_log_prefixing: is_on(outermost, "allow_audit_log_prefixing")?,
            enable_response_header_hostname: is_on(outermost, "enable_response_header_hostname")?,
            enable_response_header_raft_node_id: is_on(
                outermost,
                "enable_response_header_raft_node_id",
            )?,
            disable_printable_check: is_on(outermost, "disable_printable_check")?,
            disable_mlock: outermost.flag("disable_mlock")?,
            plugin_directory: outermost.text("plugin_directory")?.map(PathBuf::from),
            pid_file: outermost.text("pid_file")?.map(PathBuf::from),
            storage: storages.storage,
            ha_storage: storages.ha_storage,
        };
        outermost.accept(IGNORED);
        outermost.warn_unused(UNUSED, &mut warnings);
        outermost.warn_unknown(&mut warnings);
        Ok(Loaded { config, warnings })
    }
}

fn is_on(outermost: &mut Section<'_>, key: &'static str) -> Result<bool> {
    Ok(outermost.flag(key)?.unwrap_or(false))
}

/// The default and the longest life of a lease.
fn lease_ttls(outermost: &mut Section<'_>) -> Result<(Duration, Duration)> {
    let max = outermost.duration("max_lease_ttl")?.filter(|ttl| !ttl.is_zero());
    let default = outermost.duration("default_lease_ttl")?.filter(|ttl| !ttl.is_zero());
    let max = max.unwrap_or(LEASE_TTL);
    match (default, outermost.entry("default_lease_ttl")) {
        (Some(default), Some(entry)) if default > max => {
            Err(entry.fault("must not be longer than max_lease_ttl (768h if that is not set)"))
        }
        (default, _) => Ok((default.unwrap_or(LEASE_TTL.min(max)), max)),
    }
}

/// The addresses under which this node is reached: by the environment, the outermost keys, or the
/// storage's stanza, in this order.
fn addresses(
    outermost: &mut Section<'_>,
    storages: &storage::Storages,
    listeners: &[Listener],
    env: Environment<'_>,
) -> Result<(Option<String>, Option<String>)> {
    let mut own = |key| -> Result<Option<(String, Place)>> {
        Ok(outermost.scalar(key)?.map(|(entry, text)| (text.to_owned(), entry.place())))
    };
    let api = (env.api_addr(), own("api_addr")?, storages.api_addr.clone());
    let cluster = (env.cluster_addr(), own("cluster_addr")?, storages.cluster_addr.clone());
    let api = checked("api_addr", api.0.or(api.1).or(api.2), address::api_addr)?;
    let cluster =
        checked("cluster_addr", cluster.0.or(cluster.1).or(cluster.2), address::cluster_addr)?;
    let derived = || address::derived_cluster_addr(api.as_deref()?, cluster_port(listeners)?);
    let cluster = cluster.or_else(derived);
    Ok((api, cluster))
}

fn checked(
    key: &str,
    given: Option<(String, Place)>,
    check: fn(&str) -> Result<String, String>,
) -> Result<Option<String>> {
    let Some((text, place)) = given else { return Ok(None) };
    let key = key.to_owned();
    check(&text).map(Some).map_err(|problem| Error::Setting { place, key, problem })
}

/// The port of the first listener that other nodes can reach.
fn cluster_port(listeners: &[Listener]) -> Option<u16> {
    let tcp = listeners.iter().find(|listener| matches!(listener.bind, Bind::Tcp(_)))?;
    tcp.cluster_address.as_ref().map(|address| address.port).filter(|port| *port > 0)
}

#[cfg(test)]
mod tests;
