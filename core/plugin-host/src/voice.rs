//! What a plugin says: its lines in the server's log, so many a second, and its metrics.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use metrics::Label;
use parking_lot::Mutex;
use tracing::Level;

/// The longest line; the rest is cut off.
pub(crate) const LINE_BYTES_MAX: usize = 4 << 10;
/// The most series of metrics that a plugin may have.
const SERIES_MAX: usize = 200;
/// The longest name, label or value of a metric.
const METRIC_BYTES_MAX: usize = 128;
/// The most labels of a metric.
pub(crate) const LABELS_MAX: usize = 8;

/// The log and the metrics of one plugin.
pub(crate) struct Voice {
    plugin: String,
    lines_per_second: u32,
    second: Mutex<Second>,
    series: Mutex<BTreeSet<String>>,
}

/// The present second, as far as the log is concerned.
struct Second {
    began: Instant,
    lines: u32,
    dropped: u64,
}

/// What is done to a metric.
pub(crate) enum Measure {
    Add(u64),
    Set(f64),
    Observe(f64),
}

// === impl Voice ===

impl Voice {
    pub(crate) fn new(plugin: &str, lines_per_second: u32) -> Self {
        let second = Second { began: Instant::now(), lines: 0, dropped: 0 };
        Self {
            plugin: plugin.to_owned(),
            lines_per_second,
            second: Mutex::new(second),
            series: Mutex::default(),
        }
    }

    /// Writes a line of the plugin's, unless it has written too many.
    pub(crate) fn say(&self, level: Level, message: &str, fields: &[(String, String)]) {
        let Some(dropped) = self.second.lock().admit(self.lines_per_second) else { return };
        if dropped > 0 {
            tracing::warn!(plugin = self.plugin, dropped, "the plugin logs too much");
        }
        // Cut first: a guest may say a lot at once.
        let mut line = clean(cut(message, LINE_BYTES_MAX));
        for (name, value) in fields {
            if line.len() >= LINE_BYTES_MAX {
                break;
            }
            let [name, value] = [name, value].map(|it| clean(cut(it, LINE_BYTES_MAX)));
            line.push_str(&format!(" {name}={value:?}"));
        }
        let line = cut(&line, LINE_BYTES_MAX);
        let plugin = &self.plugin;
        match level {
            Level::ERROR => tracing::error!(plugin, "{line}"),
            Level::WARN => tracing::warn!(plugin, "{line}"),
            Level::INFO => tracing::info!(plugin, "{line}"),
            Level::DEBUG => tracing::debug!(plugin, "{line}"),
            _ => tracing::trace!(plugin, "{line}"),
        }
    }

    /// Records a metric of the plugin's, unless it has too many already.
    pub(crate) fn measure(&self, name: &str, labels: &[(String, String)], measure: &Measure) {
        let texts = labels.iter().flat_map(|(name, value)| [name, value]);
        let fits = |text: &str| text.len() <= METRIC_BYTES_MAX;
        if labels.len() > LABELS_MAX || !fits(name) || !texts.into_iter().all(|it| fits(it)) {
            self.say(Level::WARN, "a metric was dropped: its name or labels are too long", &[]);
            return;
        }
        if !self.admit(format!("{name}{labels:?}")) {
            self.say(Level::WARN, "a metric was dropped: there are too many series", &[]);
            return;
        }
        let name = format!("plugin.{}.{name}", self.plugin);
        let label = |(name, value): &(String, String)| Label::new(name.clone(), value.clone());
        let labels: Vec<Label> = labels.iter().map(label).collect();
        match *measure {
            Measure::Add(delta) => metrics::counter!(name, labels).increment(delta),
            Measure::Set(value) => metrics::gauge!(name, labels).set(value),
            Measure::Observe(value) => metrics::histogram!(name, labels).record(value),
        }
    }

    fn admit(&self, key: String) -> bool {
        let mut series = self.series.lock();
        series.contains(&key) || (series.len() < SERIES_MAX && series.insert(key))
    }
}

impl Second {
    /// How many lines were dropped before this one; `None` if this one is to be dropped too.
    fn admit(&mut self, limit: u32) -> Option<u64> {
        if self.began.elapsed() >= Duration::from_secs(1) {
            self.began = Instant::now();
            self.lines = 0;
        }
        if self.lines >= limit {
            self.dropped += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.dropped))
    }
}

/// A text of the guest's as one line: what would move the cursor is left out.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

/// At most so many bytes of a text.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
