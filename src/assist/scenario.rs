//! What may be written between the braces of a scenario.

use super::complete::{Offer, Sort};
use super::place::Place;
use super::words;
use crate::play::NodeKind;

impl Offer<'_> {
    /// `said`: the words of the statement before the cursor, from `scenario` on.
    pub(super) fn scenario(&mut self, item: Option<usize>, place: &Place<'_>, said: &[&str]) {
        // The step begins on this line, or after a comma outside of its values.
        let line = place.before.rsplit('\n').next().unwrap_or_default();
        let n_on_line = super::place::tokens(line).len();
        let n_typing = super::place::tokens(place.before).len() - said.len();
        let on_line = said.len().saturating_sub(n_on_line.saturating_sub(n_typing));
        let mut step = &said[on_line..];
        let mut depth = 0_i32;
        for (at, word) in said.iter().enumerate().skip(on_line) {
            match *word {
                "{" if at > 2 || said.first() != Some(&"scenario") => depth += 1,
                "[" => depth += 1,
                "}" | "]" => depth -= 1,
                "," if depth == 0 => step = &said[at + 1..],
                "{" => step = &said[at + 1..],
                _ => {}
            }
        }
        self.step(item, step);
    }

    fn step(&mut self, item: Option<usize>, step: &[&str]) {
        let has_target = |kind: &NodeKind| kind.target().is_some();
        match step {
            [] => {
                for (word, insert, about) in words::STEPS {
                    self.add_as(Sort::Keyword, word, insert, about);
                }
                self.some_nodes(item, has_target);
            }
            ["expect"] => {
                for (word, insert, about) in words::EXPECTATIONS {
                    self.add_as(Sort::Keyword, word, insert, about);
                }
            }
            ["expect", "pass"] => self.some_nodes(item, |kind| matches!(kind, NodeKind::Pass(_))),
            ["expect", "sent"] => self.some_nodes(item, has_target),
            ["expect", "parked"] => {
                self.some_nodes(item, |kind| matches!(kind, NodeKind::WaitForSignal(_) | NodeKind::WaitForWorker(_)));
            }
            ["expect", "visited" | "not" | "fail"] => self.some_nodes(item, |_| true),
            ["expect", "visited", _] => self.add_as(Sort::Option, "times", "times |1", "so many balls"),
            ["signal"] => {
                self.some_nodes(item, |kind| matches!(kind, NodeKind::WaitForSignal(_)));
                for signal in self.signals(item) {
                    self.add(Sort::Value, &format!("\"{signal}\""), "a signal of this file");
                }
            }
            [.., "at" | "takes" | "waits" | "within"] => self.durations(),
            [.., "answers" | "result"] | ["input"] | ["expect", "sent", _] => self.values(),
            ["signal", _] => {
                self.values();
                self.add_as(Sort::Option, "at", "at |10s", "from the start of the run");
            }
            ["signal", ..] => self.add_as(Sort::Option, "at", "at |10s", "from the start of the run"),
            ["input" | "expect", ..] => {}
            [_, said @ ..] => {
                for (word, insert, about) in words::CLAUSES {
                    if !said.contains(&word) {
                        self.add_as(Sort::Option, word, insert, about);
                    }
                }
            }
        }
    }

    fn values(&mut self) {
        self.add_as(Sort::Value, "{…}", "{|}", "JSON; keys need no quotes");
        self.add_as(Sort::Value, "(…)", "(|)", "an expression");
    }

    fn some_nodes(&mut self, item: Option<usize>, suits: impl Fn(&NodeKind) -> bool) {
        let Some(play) = self.play(item) else { return };
        for node in super::complete::nodes_of(play).filter(|node| suits(&node.kind)) {
            self.add(Sort::Node, &node.id, node.kind.keyword());
        }
    }
}
