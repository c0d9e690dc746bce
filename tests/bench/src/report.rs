//! Rows of measurements, shown as a Markdown table with ratios.

use std::{fmt::Write, io};

use crate::Outcome;

/// One measurement.
#[derive(Clone, Debug)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// The name of the row that it is held against.
    pub against: Option<String>,
    /// Latency and throughput.
    pub outcome: Outcome,
    /// Processor time of the server for one answer, in microseconds.
    pub processor: f64,
}

/// All measurements of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Loads.
    pub rows: Vec<Row>,
    /// Single figures: name, value, unit.
    pub figures: Vec<(String, f64, &'static str)>,
}

impl Report {
    /// Writes the tables to standard output.
    pub fn show(&self) -> io::Result<()> {
        use io::Write as _;
        io::stdout().lock().write_all(self.text().as_bytes())
    }

    fn text(&self) -> String {
        let mut out = String::from(
            "\n| load | answers/s | ratio | p50 µs | p90 µs | p99 µs | max µs | server µs/answer |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for row in &self.rows {
            let Outcome { per_second, p50, p90, p99, max, .. } = row.outcome;
            let ratio = self.ratio(row).map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
            // Writing to a text cannot fail.
            let _ = writeln!(
                out,
                "| {} | {per_second:.0} | {ratio} | {p50:.0} | {p90:.0} | {p99:.0} | {max:.0} | \
                 {:.1} |",
                row.name, row.processor
            );
        }
        out.push_str("\n| figure | value |\n|---|--:|\n");
        for (name, value, unit) in &self.figures {
            let _ = writeln!(out, "| {name} | {value:.1} {unit} |");
        }
        out
    }

    /// Throughput against that of the row it is held against.
    fn ratio(&self, row: &Row) -> Option<f64> {
        let against = row.against.as_ref()?;
        let base = self.rows.iter().find(|other| other.name == *against)?;
        Some(row.outcome.per_second / base.outcome.per_second)
    }
}
