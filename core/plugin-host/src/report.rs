//! The report of `strongroom plugin test` that an operator keeps beside a plugin: what was tested of
//! the very file that is loaded.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};

/// The longest report that is read, in bytes.
const REPORT_BYTES_MAX: u64 = 16 << 20;

/// What a report says of a file.
#[derive(Clone, Debug)]
pub struct Report {
    outcome: Result<Document, String>,
}

/// The members of a report that the server minds.
#[derive(Clone, Debug, Deserialize)]
struct Document {
    suite_version: String,
    contract: String,
    class: String,
    subject: Subject,
    #[serde(default)]
    capabilities: Value,
    summary: Summary,
}

#[derive(Clone, Debug, Deserialize)]
struct Subject {
    sha256: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Summary {
    pass: u64,
    skip: u64,
    fail: u64,
    excused: u64,
}

impl Report {
    /// Reads the report on the file with this digest. One that is not what it should be is a
    /// warning in the log; the plugin is loaded all the same.
    pub(crate) fn read(path: &Path, plugin: &str, digest: &[u8; 32]) -> Self {
        let outcome = read(path, &hex::encode(digest));
        match &outcome {
            Err(why) => tracing::warn!(plugin, "its conformance report is of no use: {why}"),
            Ok(report) if report.summary.fail > 0 => {
                let failed = report.summary.fail;
                tracing::warn!(plugin, failed, "its conformance report has failures");
            }
            Ok(_) => (),
        }
        Self { outcome }
    }

    /// The capabilities that the suite has seen to hold; null if there were failures.
    pub(crate) fn verified(&self) -> Value {
        match &self.outcome {
            Ok(report) if report.summary.fail == 0 => report.capabilities.clone(),
            _ => Value::Null,
        }
    }

    /// The run in a few words.
    pub(crate) fn shown(&self) -> Value {
        match &self.outcome {
            Err(why) => json!({ "error": why }),
            Ok(report) => json!({
                "suite_version": report.suite_version,
                "contract": report.contract,
                "class": report.class,
                "pass": report.summary.pass,
                "skip": report.summary.skip,
                "fail": report.summary.fail,
                "excused": report.summary.excused,
            }),
        }
    }
}

fn read(path: &Path, digest: &str) -> Result<Document, String> {
    let told = |why: String| format!("{}: {why}", path.display());
    let size = fs::metadata(path).map_err(|error| told(error.to_string()))?.len();
    if size > REPORT_BYTES_MAX {
        return Err(told(format!("it has {size} bytes, the limit is {REPORT_BYTES_MAX}")));
    }
    let text = fs::read(path).map_err(|error| told(error.to_string()))?;
    let report: Document =
        serde_json::from_slice(&text).map_err(|error| told(error.to_string()))?;
    if report.subject.sha256 != digest {
        return Err(told("it is about another file; test this one".to_owned()));
    }
    Ok(report)
}
