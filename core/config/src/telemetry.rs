//! `telemetry`: which metrics are kept, and for how long.

use std::time::Duration;

use crate::{error::Result, section::Section};

/// What the server measures.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Telemetry {
    /// How long a Prometheus metric is shown after it was last set; nothing switches the format
    /// off.
    pub prometheus_retention_time: Option<Duration>,
    /// Leave the host's name out of gauges.
    pub disable_hostname: bool,
    /// Give the host's name as a label.
    pub enable_hostname_label: bool,
    /// What all names begin with.
    pub metrics_prefix: String,
    /// How often costly gauges are counted; nothing switches them off.
    pub usage_gauge_period: Option<Duration>,
    /// The most labels of one gauge.
    pub maximum_gauge_cardinality: u64,
    /// Whether a metric is kept that no filter names.
    pub filter_default: bool,
    /// `+prefix` keeps and `-prefix` drops.
    pub prefix_filter: Vec<String>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            prometheus_retention_time: Some(Duration::from_secs(24 * 3600)),
            disable_hostname: false,
            enable_hostname_label: false,
            metrics_prefix: "vault".to_owned(),
            usage_gauge_period: Some(Duration::from_secs(600)),
            maximum_gauge_cardinality: 500,
            filter_default: true,
            prefix_filter: Vec::new(),
        }
    }
}

/// Other servers' ways to send metrics away; here they are fetched.
const SINKS: &[&str] = &[
    "circonus_api_app",
    "circonus_api_token",
    "circonus_api_url",
    "circonus_broker_id",
    "circonus_broker_select_tag",
    "circonus_check_display_name",
    "circonus_check_force_metric_activation",
    "circonus_check_id",
    "circonus_check_instance_id",
    "circonus_check_search_tag",
    "circonus_check_tags",
    "circonus_submission_interval",
    "circonus_submission_url",
    "dogstatsd_addr",
    "dogstatsd_tags",
    "stackdriver_debug_logs",
    "stackdriver_location",
    "stackdriver_namespace",
    "stackdriver_project_id",
    "statsd_address",
    "statsite_address",
];

/// Keys that change nothing here.
const IGNORED: &[&str] = &[
    "add_lease_metrics_namespace_labels",
    "add_mount_point_rollback_metrics",
    "lease_metrics_epsilon",
    "num_lease_metrics_buckets",
    "rollback_metrics_include_mount_point",
];

/// Reads the stanza; of several the last counts.
pub(crate) fn read(outermost: &mut Section<'_>, warnings: &mut Vec<String>) -> Result<Telemetry> {
    let default = Telemetry::default();
    let Some(mut section) = outermost.sections("telemetry", 0)?.pop() else { return Ok(default) };
    let retention = section.duration("prometheus_retention_time")?;
    let prefix_filter = section.list("prefix_filter")?;
    for rule in &prefix_filter {
        if !rule.starts_with(['+', '-']) {
            let warning = format!("the telemetry filter \"{rule}\" begins with neither + nor -");
            warnings.push(warning);
        }
    }
    let telemetry = Telemetry {
        prometheus_retention_time: non_zero(retention.or(default.prometheus_retention_time)),
        disable_hostname: section.flag("disable_hostname")?.unwrap_or(false),
        enable_hostname_label: section.flag("enable_hostname_label")?.unwrap_or(false),
        metrics_prefix: section.text("metrics_prefix")?.unwrap_or(default.metrics_prefix),
        usage_gauge_period: gauge_period(&mut section)?.unwrap_or(default.usage_gauge_period),
        maximum_gauge_cardinality: section
            .count("maximum_gauge_cardinality")?
            .unwrap_or(default.maximum_gauge_cardinality),
        filter_default: section.flag("filter_default")?.unwrap_or(default.filter_default),
        prefix_filter,
    };
    section.warn_unused(SINKS, warnings);
    section.accept(IGNORED);
    section.warn_unknown(warnings);
    Ok(telemetry)
}

/// A period, or the word `none`.
fn gauge_period(section: &mut Section<'_>) -> Result<Option<Option<Duration>>> {
    const KEY: &str = "usage_gauge_period";
    match section.scalar(KEY)? {
        Some((_, "none")) => Ok(Some(None)),
        Some(_) => Ok(section.duration(KEY)?.map(|period| non_zero(Some(period)))),
        None => Ok(None),
    }
}

fn non_zero(duration: Option<Duration>) -> Option<Duration> {
    duration.filter(|duration| !duration.is_zero())
}
