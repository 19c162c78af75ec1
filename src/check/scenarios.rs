//! Scenarios: whether what they name is there, and whether each step can do something.

use rustc_hash::FxHashSet;

use super::expressions::Programs;
use super::{Report, Subject};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::expr::Var;
use crate::lang::{Part, nearest};
use crate::play::{Expect, Gives, Mock, NodeKind, SentSignal, SignalTo, Step, Stmt};

pub(super) fn check<'s>(subject: &Subject<'s>, programs: &mut Programs<'s>, report: &mut Report<'_>) {
    let mut names = FxHashSet::default();
    for (stmt, line) in subject.play.body.iter().enumerate() {
        let Stmt::Scenario(scenario) = &line.kind else { continue };
        if !names.insert(scenario.name.as_str()) {
            let message = format!("there are two scenarios '{}'", scenario.name);
            let span = report.span(subject.item, stmt, Part::Title);
            report.add(Diagnostic::error("P032", span, message).help("give one of them another name"));
        }
        let mut used = Used::default();
        for (n, step) in (0..).zip(&scenario.steps) {
            let here = Here { subject, stmt, n };
            here.names(step, report);
            here.fits(step, report);
            here.value(step, programs, report);
            if let Some(message) = used.why_not(step) {
                here.of_no_use(
                    "P031",
                    message,
                    "remove the step, or say for how many attempts the one before holds: times 1",
                    report,
                );
            }
        }
    }
}

/// A step under the checks.
struct Here<'h, 's> {
    subject: &'h Subject<'s>,
    stmt: usize,
    n: u16,
}

impl<'s> Here<'_, 's> {
    fn span(&self, report: &Report<'_>, part: Part) -> Span {
        report.span(self.subject.item, self.stmt, part)
    }

    fn kind(&self, id: &str) -> Option<&'s NodeKind> {
        let node = self.subject.graph.find(id)?;
        Some(&self.subject.graph.node(self.subject.play, node).kind)
    }

    fn kinds(&self) -> impl Iterator<Item = (&'s str, &'s NodeKind)> {
        self.subject.play.body.iter().filter_map(|line| match &line.kind {
            Stmt::Node(node) => Some((node.id.as_str(), &node.kind)),
            _ => None,
        })
    }

    /// The names of nodes and signals.
    fn names(&self, step: &Step, report: &mut Report<'_>) {
        if let Some(id) = step.node()
            && self.kind(id).is_none()
            && !self.subject.may_be_defined(id)
        {
            let found = Diagnostic::error(
                "P028",
                self.span(report, Part::StepNode(self.n)),
                format!("there is no node '{id}'"),
            );
            let suits = |kind: &NodeKind| could_be_meant(step, kind);
            let names = || self.kinds().filter(|(_, kind)| suits(kind)).map(|(id, _)| id);
            report.add(match nearest(id, names()).or_else(|| nearest(id, self.kinds().map(|(id, _)| id))) {
                Some(meant) => found.meant(meant),
                None => found.help("correct the name, or add the node"),
            });
        }
        if let Step::Signal(SentSignal { to: SignalTo::Name(name), .. }) = step
            && self.subject.is_whole()
        {
            let signals = || {
                self.kinds().filter_map(|(_, kind)| {
                    if let NodeKind::WaitForSignal(name) = kind { Some(name.as_str()) } else { None }
                })
            };
            if !signals().any(|known| known == name) {
                let span = report.span(self.subject.item, self.stmt, Part::Step(self.n));
                let message = format!("no node of the play waits for the signal '{name}'");
                let found = Diagnostic::error("P030", span, message);
                let help = match nearest(name, signals()) {
                    Some(meant) => format!("did you mean \"{meant}\"?"),
                    None => "name a signal that a wait-for-signal has, or the node that waits for it".to_owned(),
                };
                let found = self.without(found.help(help), report);
                report.add(found);
            }
        }
    }

    /// Whether a node of that kind does what the step says of it.
    fn fits(&self, step: &Step, report: &mut Report<'_>) {
        if matches!(step, Step::Input(_)) {
            let no_snap = self.subject.is_whole() && !self.kinds().any(|(_, kind)| matches!(kind, NodeKind::Snap));
            if no_snap {
                let help = "send the signal that starts a run, as in 'signal NODE {…}'";
                self.of_no_use("P029", "the play has no snap that takes an input".to_owned(), help, report);
            }
            return;
        }
        let Some((id, kind)) = step.node().and_then(|id| Some((id, self.kind(id)?))) else { return };
        let (message, help) = match step {
            Step::Mock(_) | Step::Expect(Expect::Sent { .. }) if kind.target().is_none() => (
                format!("'{id}' has no target: nothing is sent from there"),
                "name a call, a wait-for-worker, or a pass with a target",
            ),
            Step::Mock(Mock { waits: Some(_), .. }) if !matches!(kind, NodeKind::WaitForWorker(_)) => (
                format!("'{id}' waits for no worker"),
                "write 'takes' for the time until a target answers; only a wait-for-worker 'waits'",
            ),
            Step::Signal(_) if !matches!(kind, NodeKind::WaitForSignal(_)) => {
                (format!("'{id}' waits for no signal"), "name a wait-for-signal, or the signal in quotes")
            }
            Step::Expect(Expect::Pass(_)) if !matches!(kind, NodeKind::Pass(_)) => {
                (format!("'{id}' is no pass: no run ends there"), "name a pass, or write 'expect visited'")
            }
            Step::Expect(Expect::Parked(_))
                if !matches!(kind, NodeKind::WaitForSignal(_) | NodeKind::WaitForWorker(_)) =>
            {
                (format!("no ball is parked at '{id}'"), "name a wait-for-signal or a wait-for-worker")
            }
            _ => return,
        };
        self.of_no_use("P029", message, help, report);
    }

    /// The value, which is JSON or an expression that may name `ball` where there is one.
    fn value(&self, step: &'s Step, programs: &mut Programs<'s>, report: &mut Report<'_>) {
        let Some(given) = step.given() else { return };
        if given.expr().is_none() && serde_json::from_str::<serde::de::IgnoredAny>(&given.0).is_ok() {
            return;
        }
        let span = self.span(report, Part::StepValue(self.n));
        let Some(program) = programs.compile(given.source(), span, report) else { return };
        let has_ball = !matches!(step, Step::Input(_) | Step::Signal(_));
        for var in Var::ALL.into_iter().filter(|var| program.uses(*var) && !(has_ball && *var == Var::Ball)) {
            let message = format!("there is no '{}' here", var.name());
            let help = if has_ball { "use 'ball': what was sent, or the result" } else { "write the value itself" };
            report.add(Diagnostic::error("X002", span, message).help(help));
        }
    }

    fn of_no_use(&self, code: &'static str, message: String, help: &'static str, report: &mut Report<'_>) {
        let span = self.span(report, Part::Step(self.n));
        let found = if code == "P031" {
            Diagnostic::warning(code, span, message)
        } else {
            Diagnostic::error(code, span, message)
        };
        let found = self.without(found.help(help), report);
        report.add(found);
    }

    fn without(&self, found: Diagnostic, report: &Report<'_>) -> Diagnostic {
        let line = report.source.map.line(self.subject.item, self.stmt);
        match line.and_then(|line| report.source.map.part(line, Part::Step(self.n))) {
            Some(step) => report.without_step(found, step),
            None => found,
        }
    }
}

/// Whether a step of that kind is about a node of that kind.
const fn could_be_meant(step: &Step, kind: &NodeKind) -> bool {
    match step {
        Step::Mock(_) | Step::Expect(Expect::Sent { .. }) => kind.target().is_some(),
        Step::Signal(_) => matches!(kind, NodeKind::WaitForSignal(_)),
        Step::Expect(Expect::Pass(_)) => matches!(kind, NodeKind::Pass(_)),
        _ => true,
    }
}

/// What steps before said already.
#[derive(Default)]
struct Used<'s> {
    input: bool,
    /// Nodes whose attempts all have an answer.
    answered: FxHashSet<&'s str>,
    slowed: FxHashSet<&'s str>,
}

impl<'s> Used<'s> {
    /// Why the step does nothing, if it does.
    fn why_not(&mut self, step: &'s Step) -> Option<String> {
        match step {
            Step::Input(_) => std::mem::replace(&mut self.input, true).then(|| "the input is said twice".to_owned()),
            Step::Mock(Mock { node, times: Some(0), .. }) => Some(format!("'{node}' does this for no attempt")),
            Step::Mock(Mock { node, gives: Gives::Own, times: None, .. }) => {
                (!self.slowed.insert(node)).then(|| format!("how long '{node}' takes is said twice"))
            }
            Step::Mock(Mock { node, times, .. }) => {
                if self.answered.contains(node.as_str()) {
                    return Some(format!("every attempt at '{node}' has an answer before this one"));
                }
                if times.is_none() {
                    self.answered.insert(node);
                }
                None
            }
            Step::Signal(_) | Step::Expect(_) => None,
        }
    }
}
