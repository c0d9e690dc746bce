//! The metrics of the process, in Prometheus' text form.

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::task::JoinHandle;

/// How often recorded durations are folded into summaries, so that they do not pile up between
/// scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Collects metrics; cheap to clone.
#[derive(Clone)]
pub(crate) struct Telemetry {
    handle: PrometheusHandle,
}

impl Telemetry {
    /// Starts collecting.
    pub(crate) fn start() -> Result<Self, String> {
        let handle = PrometheusBuilder::new()
            .install_recorder()
            .map_err(|error| format!("the metrics cannot be started: {error}"))?;
        Ok(Self { handle })
    }

    /// Folds durations from time to time, until the task is aborted.
    pub(crate) fn upkeep(&self) -> JoinHandle<()> {
        let handle = self.handle.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(UPKEEP);
            loop {
                ticks.tick().await;
                handle.run_upkeep();
            }
        })
    }

    /// All metrics as JSON: one member per line of the text form.
    pub(crate) fn json(&self) -> String {
        let mut values = serde_json::Map::new();
        for line in self.render().lines().filter(|line| !line.starts_with('#')) {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let value = value.parse::<f64>().map_or(serde_json::Value::Null, Into::into);
            values.insert(name.to_owned(), value);
        }
        serde_json::Value::Object(values).to_string()
    }

    /// All metrics as text.
    pub(crate) fn render(&self) -> String {
        self.handle.render()
    }
}
