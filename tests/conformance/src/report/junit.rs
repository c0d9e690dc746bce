//! A report as JUnit XML, which every CI system draws: one test suite per group of cases.

use std::time::Duration;

use super::{Case, Outcome, Report};

impl Report {
    /// The report as JUnit XML.
    pub fn junit(&self) -> String {
        let (_, skip, fail, excused) = self.counts();
        let name = format!("conformance {} {}", self.contract, self.subject.name);
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.push_str(&format!(
            "<testsuites name=\"{}\" tests=\"{}\" failures=\"{fail}\" skipped=\"{}\" time=\"{}\">\n",
            escaped(name.trim_end()),
            self.cases.len(),
            skip + excused,
            seconds(self.cases.iter().map(|case| case.time).sum()),
        ));
        for group in self.cases.chunk_by(|a, b| letter(a) == letter(b)) {
            xml.push_str(&self.suite(group));
        }
        xml.push_str("</testsuites>\n");
        xml
    }

    fn suite(&self, group: &[Case]) -> String {
        let failed = group.iter().filter(|case| matches!(case.outcome, Outcome::Fail(_))).count();
        let passed = group.iter().filter(|case| case.outcome == Outcome::Pass).count();
        let mut xml = format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" skipped=\"{}\" time=\"{}\">\n",
            group.first().map(letter).unwrap_or_default(),
            group.len(),
            group.len() - failed - passed,
            seconds(group.iter().map(|case| case.time).sum()),
        );
        xml.push_str(&format!(
            "    <properties><property name=\"seed\" value=\"{}\"/></properties>\n",
            self.seed
        ));
        group.iter().for_each(|case| xml.push_str(&test_case(case)));
        xml.push_str("  </testsuite>\n");
        xml
    }
}

fn test_case(case: &Case) -> String {
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{} {}\" time=\"{}\"",
        letter(case),
        case.id,
        escaped(case.title),
        seconds(case.time)
    );
    let (_, why) = case.outcome.parts();
    let why = escaped(&why);
    match case.outcome {
        Outcome::Pass => format!("{head}/>\n"),
        Outcome::Skip(_) | Outcome::Excused { .. } => {
            format!("{head}><skipped message=\"{why}\"/></testcase>\n")
        }
        Outcome::Fail(_) => {
            let first = why.lines().next().unwrap_or_default();
            format!("{head}><failure message=\"{first}\">{why}</failure></testcase>\n")
        }
    }
}

fn letter(case: &Case) -> &'static str {
    case.id.get(..1).unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// Text as XML has it. What XML cannot hold at all becomes the sign for that.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(letter),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}
