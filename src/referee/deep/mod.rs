//! The model checker: what a play can do at all, whatever its targets answer and whoever sends signals.
//!
//! It explores the engine itself, breadth first: each call may succeed, fail or be late, each condition that depends on
//! data may go either way, a list has none, one or two elements, a signal and a worker may come. What it leaves out: times
//! are not compared (any timeout may come first), attempts count as one, and conditions are taken for independent of each
//! other. So what it proves holds; a way that it shows can be barred by data that it does not know.
//!
//! Must never: say *proved* when its budget was spent.

mod explore;
mod sketch;
mod trace;

use crate::base::{NodeId, Span};
use crate::diag::{Code, Diagnostic};
use crate::event::Recorded;
use crate::lang::{Part, Source};
use crate::plan::{BadPlan, Plan};
use crate::play::{Formation, Graph, Play};

use explore::Search;

/// How much is looked at: the states that are found and the balls that move between them, together.
pub const BUDGET: u32 = 40_000;

/// Everything that it looks for.
pub const CODES: &[Code] = &[
    Code::error(
        "D001",
        "A run can come to a place from which no way leads to an end",
        "Add a way out: a wire whose condition can hold, a timeout, or 'on error'",
    ),
    Code::warning("D002", "No run comes to a node", "Correct the conditions on the way to it, or remove it"),
    Code::warning("D003", "No run takes a wire", "Correct its condition and those before it, or remove it"),
    Code::error(
        "D004",
        "A fan-in never gets what it waits for",
        "Write a smaller number or 'all', or lead the balls to it that it waits for",
    ),
    Code::warning(
        "D005",
        "A pass can end the run while other balls are still in play, and their work is thrown away",
        "Join the balls before the pass, or lead them to a fan-in 'any' if the first is to win",
    ),
    Code::warning(
        "D006",
        "A run can end without a pass, because no ball is left",
        "Lead the balls that are lost to a pass, by 'on error' or 'otherwise'",
    ),
    Code::warning(
        "D007",
        "The play is too large to be decided: what was not found may be there all the same",
        "Split it into plays that call each other; each is checked by itself",
    ),
];

/// What was found out about a play.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruling {
    pub findings: Vec<Finding>,
    /// Everything that can happen was looked at. Otherwise what was not found may be there.
    pub decided: bool,
    pub n_states: usize,
    /// What was spent of the budget.
    pub n_steps: u32,
    /// Nodes at which a run waits, without a timeout of theirs or of the play, for what may never come.
    pub waits: Vec<NodeId>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub code: &'static str,
    pub node: Option<NodeId>,
    /// The graph's number of a wire.
    pub wire: Option<u32>,
    pub message: String,
    /// A run that shows it, if one can: it plays like a recording. Its payloads are null: nothing is known of them.
    pub trace: Vec<Recorded>,
}

/// Looks at everything that runs of the play can do, within [`BUDGET`].
///
/// # Errors
/// What keeps the play from running.
pub fn deep(play: &Play, formation: Option<&Formation>) -> Result<Ruling, Vec<BadPlan>> {
    deep_within(play, formation, BUDGET, true)
}

/// As [`deep`] with another budget; `reduce`: of steps that do not touch each other only one order is looked at.
///
/// # Errors
/// As [`deep`].
pub fn deep_within(
    play: &Play,
    formation: Option<&Formation>,
    budget: u32,
    reduce: bool,
) -> Result<Ruling, Vec<BadPlan>> {
    let plan = Plan::compile(play, formation)?;
    let sketch = Plan::compile(&sketch::sketch(play), None)?;
    let mut search = Search::new(sketch, budget, reduce);
    search.explore();
    Ok(rule(&search, &plan))
}

fn rule(search: &Search, plan: &Plan) -> Ruling {
    let decided = !search.is_spent();
    let mut ruling = Ruling {
        decided,
        n_states: search.n_states(),
        n_steps: search.spent(),
        // The play's own timeout ends the longest wait.
        waits: match plan.timeout {
            None => search.facts.waits.iter().map(|&node| plan.node(node).id.clone()).collect(),
            Some(_) => Vec::new(),
        },
        findings: Vec::new(),
    };
    let id = |node: u32| plan.node(node).id.clone();
    let mut add = |code, node: Option<u32>, message: String, path: Option<explore::Path>| {
        let trace = path.map_or_else(Vec::new, |path| trace::play(plan, &path));
        ruling.findings.push(Finding { code, node: node.map(id), wire: None, message, trace });
    };
    for thrown in &search.facts.thrown {
        let (pass, at) = (id(thrown.pass), id(thrown.at));
        let message = format!("'{pass}' can end the run while a ball is at '{at}': what that one does is thrown away");
        add("D005", Some(thrown.pass), message, Some(search.path_to(&thrown.way)));
    }
    if let Some(way) = &search.facts.no_pass {
        let message = "a run can end without a pass: no ball is left".to_owned();
        add("D006", search.last_node(way), message, Some(search.path_to(way)));
    }
    for (&fan_in, way) in &search.facts.failed_joins {
        if decided && !search.facts.met.contains(&fan_in) {
            let message = format!("'{}' never gets what it waits for", id(fan_in));
            add("D004", Some(fan_in), message, Some(search.path_to(way)));
        }
    }
    if decided {
        if let Some(trap) = search.trap() {
            let place = trap.nodes.iter().map(|&node| format!("'{}'", id(node))).collect::<Vec<_>>().join(", ");
            let message = if trap.is_stuck {
                format!("a run can be stuck at {place}: nothing that comes can move it on")
            } else {
                format!("a run that comes to {place} can never end but by failing: all its ways lead round")
            };
            add("D001", trap.nodes.first().copied(), message, Some(trap.path));
        }
        let unreached: Vec<u32> = search.unreached_nodes().collect();
        for &node in &unreached {
            add("D002", Some(node), format!("no run comes to '{}'", id(node)), None);
        }
        for wire in search.untaken_wires() {
            let ends = plan.wire(wire);
            // What leaves a node that nobody comes to is said with that.
            if !unreached.contains(&ends.from) {
                let message = format!("no run takes the wire {} -> {}", ends.name.from, ends.name.to);
                ruling.findings.push(Finding {
                    code: "D003",
                    node: Some(id(ends.from)),
                    wire: Some(wire),
                    message,
                    trace: Vec::new(),
                });
            }
        }
    } else {
        let message = format!("not decided: the budget of {BUDGET} steps was spent after {} states", search.n_states());
        add("D007", None, message, None);
    }
    ruling
}

impl Ruling {
    /// What was decided, in a line.
    pub fn summary(&self) -> String {
        let mut said = if self.decided {
            format!("decided in {} states", self.n_states)
        } else {
            format!("not decided: the budget of {BUDGET} steps was spent after {} states", self.n_states)
        };
        if self.findings.is_empty() {
            said.push_str("; every run can end, everything can be reached, no ball is lost");
        }
        if !self.waits.is_empty() {
            let nodes: Vec<&str> = self.waits.iter().map(NodeId::as_str).collect();
            said.push_str("; waits without a timeout at ");
            said.push_str(&nodes.join(", "));
        }
        said
    }

    /// The findings as those of a check are, for item `item` of the text.
    pub fn diagnostics(&self, source: &Source, item: usize) -> Vec<Diagnostic> {
        let Some(play) = source.doc.play(item) else { return Vec::new() };
        let graph = Graph::new(play);
        self.findings.iter().map(|finding| finding.diagnostic(source, item, &graph)).collect()
    }
}

impl Finding {
    fn diagnostic(&self, source: &Source, item: usize, graph: &Graph) -> Diagnostic {
        let map = &source.map;
        let part = |stmt: usize, part: Part| {
            let line = map.line(item, stmt)?;
            Some(map.part(line, part).unwrap_or(line.whole))
        };
        let head = || {
            let item = map.items.get(item)?;
            Some(map.part(&item.line, Part::Id).unwrap_or(item.head))
        };
        let of_wire = |wire: u32| {
            let at = graph.wires().get(wire as usize)?.at;
            let line = map.line(item, at.stmt as usize)?;
            let when = map.part(line, Part::When(at.group.checked_sub(1)?));
            when.or_else(|| part(at.stmt as usize, Part::End { group: at.group, index: at.index }))
        };
        let of_node = |id: &NodeId| part(graph.stmt_of(graph.find(id)?), Part::Id);
        let span = self.wire.and_then(of_wire).or_else(|| self.node.as_ref().and_then(of_node)).or_else(head);
        let code = CODES.iter().find(|code| code.code == self.code);
        let help = code.map_or("", |code| code.remedy);
        let is_error = code.is_some_and(|code| code.severity == crate::diag::Severity::Error);
        let make: fn(&'static str, Span, String) -> Diagnostic =
            if is_error { Diagnostic::error } else { Diagnostic::warning };
        let mut help = lower(help);
        if !self.trace.is_empty() {
            help.push_str("; '--trace FILE' writes a run that shows it");
        }
        make(self.code, span.unwrap_or_default(), self.message.clone()).help(help)
    }
}

/// A help is part of a sentence.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
