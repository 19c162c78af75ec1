use std::fmt::Write as _;

use super::Verdict;
use super::expect::duration;

/// The scenarios of one play of one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Suite {
    /// As reports name it: file and play.
    pub name: String,
    /// Why none of them could be played.
    pub broken: Option<String>,
    pub verdicts: Vec<Verdict>,
}

/// The report that continuous integration reads: the XML of `JUnit`, as Jenkins' schema `junit-10.xsd` has it.
///
/// Times are those of the simulated runs, in seconds: a report is the same wherever it is made.
pub fn junit(suites: &[Suite]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = |count: fn(&Suite) -> usize| suites.iter().map(count).sum::<usize>();
    let (tests, failures, errors) = (all(n_tests), all(n_failed), all(|suite| usize::from(suite.broken.is_some())));
    let _ =
        writeln!(out, "<testsuites name=\"chalktalk\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">");
    for suite in suites {
        let name = attribute(&suite.name);
        let took: u64 = suite.verdicts.iter().map(Verdict::took_us).sum();
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">",
            n_tests(suite),
            n_failed(suite),
            usize::from(suite.broken.is_some()),
            seconds(took)
        );
        if let Some(why) = &suite.broken {
            let why = attribute(why);
            let _ = writeln!(out, "    <testcase name=\"the play\" classname=\"{name}\" time=\"0.000\">");
            let _ = writeln!(out, "      <error type=\"play\" message=\"{why}\"/>\n    </testcase>");
        }
        for verdict in &suite.verdicts {
            case(&mut out, &name, verdict);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, suite: &str, verdict: &Verdict) {
    let (name, time) = (attribute(&verdict.scenario), seconds(verdict.took_us()));
    let _ = write!(out, "    <testcase name=\"{name}\" classname=\"{suite}\" time=\"{time}\"");
    if verdict.passed() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    for miss in &verdict.misses {
        let place = miss.node.as_ref().map_or_else(String::new, |node| format!(", at {node}"));
        let _ = writeln!(
            out,
            "      <failure type=\"expectation\" message=\"{}\">{}{} (after {} of simulated time)</failure>",
            attribute(&miss.to_string()),
            attribute(&miss.to_string()),
            attribute(&place),
            duration(verdict.took_us())
        );
    }
    out.push_str("    </testcase>\n");
}

fn n_tests(suite: &Suite) -> usize {
    suite.verdicts.len() + usize::from(suite.broken.is_some())
}

fn n_failed(suite: &Suite) -> usize {
    suite.verdicts.iter().filter(|verdict| !verdict.passed()).count()
}

fn seconds(micros: u64) -> String {
    format!("{}.{:03}", micros / 1_000_000, micros / 1000 % 1000)
}

/// Text that an attribute or an element holds. What XML has no way to write is left out.
fn attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
