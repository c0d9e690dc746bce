//! What an operator is told of the plugins: `sys/plugins/runtime`.

use std::time::Duration;

use plugin_api::Storage;
use serde_json::{Map, Value, json};

use crate::{
    Grant, Kind, Limits, Loaded, PluginSpec, Runtime,
    runtime::{Calls, Contract, InUse, LastError},
};

impl Runtime {
    /// All providers that are open or loaded, each as an object: those in use first, in the order in
    /// which they were opened. Nothing in it is secret.
    pub fn shown(&self) -> Vec<Map<String, Value>> {
        let used = self.used.lock().clone();
        let catalog = self.catalog.lock().clone();
        let mut all: Vec<_> = used
            .iter()
            .map(|it| described(it.kind, &it.name, Some(it), catalog.loaded_as(it.kind, &it.name)))
            .collect();
        let is_used =
            |spec: &PluginSpec| used.iter().any(|it| it.kind == spec.kind && it.name == spec.name);
        for entry in catalog.loaded().iter().filter(|(spec, _)| !is_used(spec)) {
            all.push(described(entry.0.kind, &entry.0.name, None, Some(entry)));
        }
        all
    }
}

fn described(
    kind: Kind,
    name: &str,
    used: Option<&InUse>,
    loaded: Option<&(PluginSpec, Loaded)>,
) -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, value: Value| _ = all.insert(name.to_owned(), value);
    add("kind", json!(kind.to_string()));
    add("name", json!(name));
    add("in_use", json!(used.is_some()));
    add("loader", json!(loaded.map_or("bundled".to_owned(), |(_, it)| it.loader.to_string())));
    if let Some((spec, loaded)) = loaded {
        add("path", json!(spec.path.display().to_string()));
        add("sha256", json!(hex::encode(loaded.digest)));
        add("manifest", json!(loaded.manifest));
        add("grants", spec.grants.iter().map(grant).collect());
        add("limits", limits(&spec.limits));
        let now = loaded.vitals.now();
        add("instances", json!({ "open": now.open, "busy": now.busy, "restarts": now.restarts }));
        if let Some(report) = &loaded.report {
            add("conformance", report.shown());
        }
    }
    if let Some(used) = used {
        let claimed = match &used.contract {
            Contract::Storage(storage) => json!(storage.capabilities()),
            Contract::Seal(_) => Value::Null,
        };
        let verified = loaded.and_then(|(_, it)| it.report.as_ref()).map(|it| it.verified());
        add("capabilities", json!({ "claimed": claimed, "verified": verified }));
        let history = used.history.lock();
        add("generation", json!(history.generation));
        add("since", json!(history.since.to_string()));
        add("reload_error", json!(history.kept));
        let calls = used.meter.calls();
        add("calls", calls.iter().map(|it| (it.operation.to_owned(), times(it))).collect());
        add("last_error", used.meter.last_error().as_ref().map(error).unwrap_or_default());
    }
    all
}

fn times(calls: &Calls) -> Value {
    json!({
        "count": calls.count,
        "errors": calls.errors,
        "p50_microseconds": microseconds(calls.p50),
        "p99_microseconds": microseconds(calls.p99),
    })
}

/// With the part of a microsecond that a fast provider needs.
fn microseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e7).round() / 10.0
}

fn error(last: &LastError) -> Value {
    json!({
        "operation": last.operation,
        "kind": format!("{:?}", last.error.kind),
        "message": last.error.message,
        "time": last.time.to_string(),
    })
}

fn grant(grant: &Grant) -> Value {
    match grant {
        Grant::Http { name, origins, methods, .. } => {
            json!({ "kind": "http", "name": name, "origins": origins, "methods": methods })
        }
        Grant::Tcp { name, address } => json!({ "kind": "tcp", "name": name, "address": address }),
        Grant::Dir { name, path, writable } => {
            json!({ "kind": "dir", "name": name, "path": path, "writable": writable })
        }
        // The value of a variable may be a secret.
        Grant::Env { variable } => json!({ "kind": "env", "name": variable }),
    }
}

fn limits(limits: &Limits) -> Value {
    json!({
        "memory_bytes": limits.memory_bytes,
        "call_time_seconds": limits.call_time.as_secs_f64(),
        "fuel": limits.fuel,
        "instances": limits.instances,
        "log_lines_per_second": limits.log_lines_per_second,
    })
}
