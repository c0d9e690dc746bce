//! A report as JSON: for `plugin test -report=…`, and to be kept beside the plugin.

use serde_json::json;

use super::{Report, SUITE_VERSION};

impl Report {
    /// The report as one JSON document. Times are in whole microseconds.
    pub fn json(&self) -> String {
        let (pass, skip, fail, excused) = self.counts();
        let cases = self.cases.iter().map(|case| {
            let (outcome, why) = case.outcome.parts();
            json!({
                "id": case.id,
                "title": case.title,
                "outcome": outcome,
                "why": why,
                "microseconds": micros(case.time),
            })
        });
        let latencies = self.latencies.iter().map(|latency| {
            json!({
                "call": latency.call,
                "count": latency.count,
                "p50_microseconds": micros(latency.p50),
                "p99_microseconds": micros(latency.p99),
            })
        });
        let document = json!({
            "suite_version": SUITE_VERSION,
            "contract": self.contract,
            "class": self.class.to_string(),
            // A number of 64 bits does not survive every JSON reader.
            "seed": self.seed.to_string(),
            "subject": {
                "name": self.subject.name,
                "version": self.subject.version,
                "loader": self.subject.loader,
                "sha256": self.subject.sha256,
            },
            "capabilities": self.capabilities,
            "summary": { "pass": pass, "skip": skip, "fail": fail, "excused": excused },
            "cases": cases.collect::<Vec<_>>(),
            "latencies": latencies.collect::<Vec<_>>(),
        });
        // A `Value` has text keys only, so that it can always be written.
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
