//! The model checker: each of its codes has a file that shows it, `tests/deep/D001.play`, and beside it what is reported.
//!
//! `BLESS=1 cargo test --test deep` writes the reports anew; read them before you commit them.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::path::Path;

use chalktalk::check::{check, has_errors};
use chalktalk::diag::{Colour, to_text};
use chalktalk::event::Event;
use chalktalk::lang::{Source, parse};
use chalktalk::referee::{BUDGET, CODES, Referee, Ruling, deep, deep_within};
use chalktalk::replay::View;

fn texts(folder: &str) -> Vec<(String, Source)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut texts: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "play"))
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), parse(std::fs::read_to_string(&path).unwrap()))
        })
        .collect();
    texts.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(!texts.is_empty());
    texts
}

fn rulings(source: &Source) -> Vec<(usize, Ruling)> {
    let formation = source.doc.formations().next().map(|(_, formation)| formation);
    source.doc.plays().map(|(item, play)| (item, deep(play, formation).unwrap())).collect()
}

#[test]
fn findings_are_as_kept_and_every_code_is_shown() {
    let mut missing: BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
    for (name, source) in texts("tests/deep") {
        assert!(!has_errors(&check(&source)), "{name}: {:?}", check(&source));
        let mut found = Vec::new();
        for (item, ruling) in rulings(&source) {
            found.extend(ruling.diagnostics(&source, item));
        }
        for diagnostic in &found {
            let code = CODES.iter().find(|code| code.code == diagnostic.code).unwrap();
            assert_eq!(code.severity, diagnostic.severity, "{}", code.code);
            if diagnostic.code == name {
                missing.remove(code.code);
            }
        }
        let report = to_text(&found, &format!("{name}.play"), &source.text, Colour::Off);
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deep").join(format!("{name}.txt"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&kept, &report).unwrap();
        }
        assert_eq!(report, std::fs::read_to_string(&kept).unwrap_or_default(), "{name}");
    }
    assert_eq!(missing, BTreeSet::new());
}

/// A run that shows a finding is one that a view can fold: it starts, counts up, and its time never goes back.
#[test]
fn a_counter_example_plays_like_a_recording() {
    let mut n_traces = 0;
    for (name, source) in texts("tests/deep") {
        for (_, ruling) in rulings(&source) {
            for finding in ruling.findings {
                let is_shown = !matches!(finding.code, "D002" | "D003" | "D007");
                assert_eq!(!finding.trace.is_empty(), is_shown, "{name}: {}", finding.code);
                let mut view = View::default();
                for (n, recorded) in finding.trace.iter().enumerate() {
                    assert_eq!(recorded.seq, n as u64, "{name}");
                    view.apply(recorded);
                }
                n_traces += usize::from(is_shown);
                let times: Vec<u64> = finding.trace.iter().map(|recorded| recorded.at.0).collect();
                assert!(times.is_sorted(), "{name}: {times:?}");
                let shows = finding.trace.iter().any(|recorded| match (&recorded.event, finding.code) {
                    (Event::Cancelled { .. }, "D005") | (Event::Finished { .. }, "D006") | (_, "D001") => true,
                    (Event::NodeFailed { node, .. }, "D004") => Some(node) == finding.node.as_ref(),
                    _ => false,
                });
                assert!(!is_shown || shows, "{name}: {} {:?}", finding.code, finding.trace);
            }
        }
    }
    assert!(n_traces >= 4, "{n_traces}");
}

/// All examples are decided, and are in order.
#[test]
fn all_examples_are_decided() {
    for (name, source) in texts("plays") {
        for (_, ruling) in rulings(&source) {
            assert!(ruling.decided, "{name}: {}", ruling.summary());
            assert_eq!(ruling.findings, [], "{name}");
        }
    }
}

/// To look at one order of steps that do not touch each other finds what looking at all orders finds.
#[test]
fn the_reduction_misses_nothing() {
    let mut n_saved = 0;
    let calls: Vec<String> = (0..8).map(|n| format!("  call c{n} = demo/1/echo\n")).collect();
    let wide = format!(
        "play wide/1/go {{\n  snap start\n  fan-out split\n{}  fan-in join all\n  pass done\n  start -> split -> {{ c0, c1, c2, c3, c4, c5, c6, c7 }} -> join -> done\n}}\n",
        calls.concat()
    );
    let mut folders: Vec<_> = ["plays", "tests/deep"].into_iter().map(texts).collect();
    folders.push(vec![("eight at once".into(), parse(&wide))]);
    for folder in folders {
        for (name, source) in folder {
            let formation = source.doc.formations().next().map(|(_, formation)| formation);
            for (_, play) in source.doc.plays() {
                let reduced = deep_within(play, formation, BUDGET, true).unwrap();
                let whole = deep_within(play, formation, 20 * BUDGET, false).unwrap();
                if !whole.decided {
                    continue;
                }
                let brief = |ruling: &Ruling| -> BTreeSet<(&'static str, String)> {
                    // Which of the balls is thrown away depends on the order, that one is does not.
                    let findings = ruling.findings.iter();
                    findings
                        .map(|finding| {
                            (finding.code, if finding.code == "D005" { String::new() } else { finding.message.clone() })
                        })
                        .collect()
                };
                assert_eq!(brief(&reduced), brief(&whole), "{name}");
                assert_eq!(reduced.decided, whole.decided, "{name}");
                n_saved += whole.n_states - reduced.n_states.min(whole.n_states);
            }
        }
    }
    assert!(n_saved > 100, "{n_saved}");
}

/// The scenarios of the examples hold, and reach all of most of them.
#[test]
fn scenarios_of_the_examples_hold() {
    let mut n_scenarios = 0;
    for (name, source) in texts("plays") {
        let formation = source.doc.formations().next().map(|(_, formation)| formation);
        for (item, _) in source.doc.plays() {
            let referee = Referee::new(&source.doc, item, formation).unwrap();
            for verdict in referee.judge_all() {
                n_scenarios += 1;
                assert!(verdict.passed(), "{name}: {}: {:?}", verdict.scenario, verdict.misses);
            }
        }
    }
    assert!(n_scenarios > 20, "{n_scenarios}");
}
