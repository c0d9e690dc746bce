//! The forms of a report against golden files, and what a report counts.

use std::time::Duration;

use plugin_api::Capabilities;

use super::{Case, Latency, Outcome, Report, Subject};
use crate::{Class, Options};

fn report() -> Report {
    let mut options = Options::of(Class::Quick);
    options.seed = 18_446_744_073_709_551_615;
    let mut report = Report::new("storage", &options);
    report.subject = Subject {
        name: "mystore".into(),
        version: "0.1.0".into(),
        loader: "native".into(),
        sha256: "00ff".into(),
    };
    report.capabilities = Some(Capabilities::basic().with_batches(8, 1024).with_checks());
    let case = |id, title, outcome, micros| Case {
        id,
        title,
        outcome,
        time: Duration::from_micros(micros),
    };
    let excused = Outcome::Excused { why: "too slow".into(), reason: "a slow disk".into() };
    report.cases = vec![
        case("S01", "a missing key is none, and no error", Outcome::Pass, 1_500),
        case("S02", "deleting is fine", Outcome::Fail("got \"<a>\" & b\u{1}\nline 2".into()), 20),
        case("L01", "children", Outcome::Skip("nothing claimed".into()), 0),
        case("L07", "large folders", excused, 2_000_000),
    ];
    let (p50, p99) = (Duration::from_micros(12), Duration::from_micros(340));
    report.latencies = vec![Latency { call: "get", count: 100, p50, p99 }];
    report
}

/// The golden file is written anew with `CONFORMANCE_GOLDEN=write`.
fn check(form: &str, golden: &str, got: &str) {
    if std::env::var_os("CONFORMANCE_GOLDEN").is_some_and(|word| word == "write") {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/golden");
        std::fs::write(format!("{folder}/{form}"), got).unwrap();
        return;
    }
    assert_eq!(got, golden, "{form}");
}

#[test]
fn forms() {
    check("report.json", include_str!("golden/report.json"), &report().json());
    check("report.xml", include_str!("golden/report.xml"), &report().junit());
    check("report.txt", include_str!("golden/report.txt"), &report().to_string());
}

#[test]
fn json_is_json() {
    let value: serde_json::Value = serde_json::from_str(&report().json()).unwrap();
    assert_eq!(value["summary"]["fail"], 1);
    assert_eq!(value["cases"][3]["outcome"], "excused");
    assert_eq!(value["seed"], "18446744073709551615");
}

#[test]
fn an_excused_failure_is_none() {
    let mut report = report();
    assert_eq!(report.counts(), (1, 1, 1, 1));
    assert_eq!(report.failures().map(|case| case.id).collect::<Vec<_>>(), ["S02"]);
    report.cases.retain(|case| case.id != "S02");
    report.assert_ok();
}

#[test]
fn runs_add_up() {
    let mut whole = report();
    let mut lock = Report::new("ha-lock", &Options::of(Class::Quick));
    lock.cases = report().cases;
    whole.append(lock);
    assert_eq!((whole.contract.as_str(), whole.cases.len()), ("storage,ha-lock", 8));
}
