use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use super::{Guard, Kind, Limits, Plan, PlanNode, PlanTarget, PlanWire, Spread};
use crate::base::{Coord, Dur, NodeId};
use crate::event::WireRef;
use crate::expr::Program;
use crate::play::{
    self, Bind, Document, Expr, Formation, Graph, NodeKind, Play, Scopes, Stmt, Target, TargetRef, When,
};

/// Waits between attempts where the play names none: 100 ms growing to 10 s.
const DEFAULT_BACKOFF: (u64, u64) = (100_000, 10_000_000);

/// Why a play cannot run. `chalktalk check` says more, with the place in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadPlan {
    /// The statement of the play that is to blame, if it is one.
    pub stmt: Option<usize>,
    pub message: String,
}

impl BadPlan {
    fn at(stmt: usize, message: impl Into<String>) -> Self {
        Self { stmt: Some(stmt), message: message.into() }
    }

    fn whole(message: impl Into<String>) -> Self {
        Self { stmt: None, message: message.into() }
    }
}

/// The formation called `name`, else the first of the file; `None` only if there is none and none was named.
///
/// # Errors
/// No formation has that name.
pub fn choose_formation<'d>(doc: &'d Document, name: Option<&str>) -> Result<Option<&'d Formation>, BadPlan> {
    let Some(name) = name else { return Ok(doc.formations().next().map(|(_, formation)| formation)) };
    if let Some((_, formation)) = doc.formations().find(|(_, formation)| formation.name == name) {
        return Ok(Some(formation));
    }
    let names: Vec<&str> = doc.formations().map(|(_, formation)| formation.name.as_str()).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Err(BadPlan::whole(format!("there is no formation '{name}'; the file has {known}")))
}

impl Plan {
    /// Compiles a play for a formation; without one every target is served by the built-in workers.
    ///
    /// # Errors
    /// All that keeps the play from running, in the order of the text; never empty.
    pub fn compile(play: &Play, formation: Option<&Formation>) -> Result<Self, Vec<BadPlan>> {
        let graph = Graph::new(play);
        let mut errors = graph_errors(play, &graph);
        if !errors.is_empty() {
            return Err(errors);
        }
        let scopes = Scopes::new(play, &graph);
        let mut compiler = Compiler { roles: roles(formation), ..Compiler::default() };
        let mut nodes: Vec<PlanNode> =
            (0..number(graph.n_nodes())).map(|node| compiler.node(play, &graph, &scopes, node)).collect();
        let mut wires = Vec::with_capacity(graph.wires().len());
        for wire in 0..number(graph.wires().len()) {
            let compiled = compiler.wire(play, &graph, &nodes, wire);
            sort_wire(graph.when(play, wire), wire, &mut nodes[compiled.from as usize]);
            wires.push(compiled);
        }
        errors = compiler.errors;
        let entries: Vec<u32> = (0..number(nodes.len())).filter(|&node| graph.is_entry(play, node)).collect();
        let (snaps, triggers): (Vec<u32>, Vec<u32>) =
            entries.iter().partition(|&&node| matches!(nodes[node as usize].kind, Kind::Snap));
        if entries.is_empty() {
            errors.push(BadPlan::whole("no run can start: add a snap, or a wait-for-signal without a wire in"));
        }
        if let Some(&second) = snaps.get(1) {
            errors.push(BadPlan::at(graph.stmt_of(second), "a play has one snap; this is a second one"));
        }
        if !errors.is_empty() {
            errors.sort_by_key(|error| error.stmt);
            return Err(errors);
        }
        for node in 0..nodes.len() {
            nodes[node].first_fan_in = first_fan_in(&nodes, &wires, number(node));
        }
        Ok(Self {
            play: play.coord.clone(),
            title: play.title.clone(),
            timeout: play.timeout.map(Dur::as_micros),
            formation: formation.cloned(),
            digest: digest(play, formation),
            limits: Limits::default(),
            by_id: nodes.iter().zip(0..).map(|(node, i)| (node.id.clone(), i)).collect(),
            nodes,
            wires,
            targets: compiler.targets,
            snap: snaps.first().copied(),
            triggers,
            ahead: compiler.ahead,
        })
    }
}

fn graph_errors(play: &Play, graph: &Graph) -> Vec<BadPlan> {
    let mut errors = Vec::new();
    for (i, line) in play.body.iter().enumerate() {
        if let Stmt::Bad(text) = &line.kind {
            errors.push(BadPlan::at(i, format!("cannot read the statement '{}'", text.trim())));
        }
    }
    for &stmt in &graph.duplicates {
        errors.push(BadPlan::at(stmt as usize, "two nodes have the same id"));
    }
    for end in &graph.unknown {
        errors.push(BadPlan::at(end.stmt as usize, "a wire names a node that is not there"));
    }
    errors.sort_by_key(|error| error.stmt);
    errors
}

fn roles(formation: Option<&Formation>) -> FxHashMap<SmolStr, Target> {
    let lines = formation.into_iter().flat_map(|formation| &formation.body);
    lines
        .filter_map(|line| match &line.kind {
            Bind::Role(name, target) => Some((name.clone(), target.clone())),
            _ => None,
        })
        .collect()
}

#[derive(Default)]
struct Compiler {
    roles: FxHashMap<SmolStr, Target>,
    targets: Vec<PlanTarget>,
    target_numbers: FxHashMap<String, u32>,
    programs: FxHashMap<String, Program>,
    ahead: Vec<u32>,
    errors: Vec<BadPlan>,
}

impl Compiler {
    fn node(&mut self, play: &Play, graph: &Graph, scopes: &Scopes, n: u32) -> PlanNode {
        let stmt = graph.stmt_of(n);
        let node = graph.node(play, n);
        let kind = match &node.kind {
            NodeKind::Snap => Kind::Snap,
            NodeKind::Call(target) => Kind::Call { target: self.target(stmt, target) },
            NodeKind::FanOut(play::Spread::All) => Kind::FanOut(Spread::All),
            NodeKind::FanOut(play::Spread::One) => Kind::FanOut(Spread::One),
            NodeKind::FanOut(play::Spread::Each(list)) => {
                Kind::FanOut(self.program(stmt, list).map_or(Spread::All, Spread::Each))
            }
            NodeKind::FanIn(policy) => Kind::FanIn(*policy),
            NodeKind::WaitForSignal(name) => Kind::WaitForSignal { name: name.as_str().into() },
            NodeKind::WaitForWorker(target) => Kind::WaitForWorker { target: self.target(stmt, target) },
            NodeKind::Pass(target) => Kind::Pass { target: target.as_ref().map(|target| self.target(stmt, target)) },
        };
        let start = number(self.ahead.len());
        self.ahead.extend_from_slice(scopes.ahead(n));
        let options = &node.options;
        PlanNode {
            id: node.id.clone(),
            kind,
            with: options.with.as_ref().and_then(|expr| self.program(stmt, expr)),
            key: options.key.as_ref().and_then(|expr| self.program(stmt, expr)),
            timeout: options.timeout.map(Dur::as_micros),
            retry: options.retry.unwrap_or(0),
            backoff: options.backoff.map_or(DEFAULT_BACKOFF, |(low, high)| (low.as_micros(), high.as_micros())),
            out: Vec::new(),
            on_error: None,
            on_timeout: None,
            scope: scopes.of(n),
            closes: scopes.closes(n),
            first_fan_in: None,
            ahead: (start, number(self.ahead.len())),
        }
    }

    fn wire(&mut self, play: &Play, graph: &Graph, nodes: &[PlanNode], n: u32) -> PlanWire {
        let edge = graph.wire(n);
        let guard = match graph.when(play, n) {
            When::Always => Guard::Always,
            When::If(expr) => self.program(edge.at.stmt as usize, expr).map_or(Guard::Always, Guard::If),
            When::Otherwise => Guard::Otherwise,
            When::Error | When::Timeout => Guard::Failed,
        };
        let id = |node: u32| -> NodeId { nodes[node as usize].id.clone() };
        let name = WireRef { from: id(edge.from), to: id(edge.to), nth: edge.nth };
        PlanWire { from: edge.from, to: edge.to, guard, name }
    }

    fn program(&mut self, stmt: usize, expr: &Expr) -> Option<Program> {
        if let Some(program) = self.programs.get(&expr.0) {
            return Some(program.clone());
        }
        match Program::compile(&expr.0) {
            Ok(program) => {
                self.programs.insert(expr.0.clone(), program.clone());
                Some(program)
            }
            Err(error) => {
                self.errors.push(BadPlan::at(stmt, format!("cannot read ({}): {}", expr.0, error.message)));
                None
            }
        }
    }

    fn target(&mut self, stmt: usize, target: &Target) -> u32 {
        let text = target.to_string();
        if let Some(&number) = self.target_numbers.get(&text) {
            return number;
        }
        let choices = match target {
            Target::One(to) => self.choices(to, 1),
            Target::Mix(shares) => match shares.iter().map(|share| u64::from(share.percent)).sum::<u64>() {
                100 => shares.iter().try_fold(Vec::new(), |mut choices, share| {
                    choices.extend(self.choices(&share.to, share.percent)?);
                    Ok(choices)
                }),
                sum => Err(format!("the shares of '{text}' add up to {sum} %, not 100 %")),
            },
        };
        let choices = choices.unwrap_or_else(|message| {
            self.errors.push(BadPlan::at(stmt, message));
            Vec::new()
        });
        let n = number(self.targets.len());
        self.targets.push(PlanTarget { text: text.clone(), choices });
        self.target_numbers.insert(text, n);
        n
    }

    /// A mix inside a role splits that role's own share.
    fn choices(&self, to: &TargetRef, weight: u32) -> Result<Vec<(Coord, u32)>, String> {
        let name = match to {
            TargetRef::Coord(coord) => return Ok(vec![(coord.clone(), weight.saturating_mul(100))]),
            TargetRef::Role(name) => name,
        };
        let shares: Vec<(&TargetRef, u32)> = match self.roles.get(name) {
            None => {
                return Err(format!("no formation fills the role '{name}': add `role {name} = image/version/method`"));
            }
            Some(Target::One(to)) => vec![(to, 100)],
            Some(Target::Mix(shares)) => shares.iter().map(|share| (&share.to, share.percent)).collect(),
        };
        let choice = |(to, percent): (&TargetRef, u32)| match to {
            TargetRef::Coord(coord) => Ok((coord.clone(), weight.saturating_mul(percent))),
            TargetRef::Role(other) => {
                Err(format!("the role '{name}' is filled by another role, '{other}': name a target"))
            }
        };
        shares.into_iter().map(choice).collect()
    }
}

fn sort_wire(when: &When, wire: u32, from: &mut PlanNode) {
    match when {
        When::Error => {
            from.on_error.get_or_insert(wire);
        }
        When::Timeout => {
            from.on_timeout.get_or_insert(wire);
        }
        When::Always | When::If(_) | When::Otherwise => from.out.push(wire),
    }
}

/// Breadth first, so that the nearest fan-in of the scope is found.
fn first_fan_in(nodes: &[PlanNode], wires: &[PlanWire], fan_out: u32) -> Option<u32> {
    if !matches!(nodes[fan_out as usize].kind, Kind::FanOut(Spread::Each(_))) {
        return None;
    }
    let mut seen = rustc_hash::FxHashSet::default();
    let mut queue = std::collections::VecDeque::from([fan_out]);
    while let Some(node) = queue.pop_front() {
        for &wire in &nodes[node as usize].out {
            let to = wires[wire as usize].to;
            if matches!(nodes[to as usize].kind, Kind::FanIn(_)) && nodes[to as usize].scope == Some(fan_out) {
                return Some(to);
            }
            if seen.insert(to) {
                queue.push_back(to);
            }
        }
    }
    None
}

/// FNV-1a of 128 bits over the statements that decide what a run does: no comments, no layout, no scenarios.
fn digest(play: &Play, formation: Option<&Formation>) -> String {
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut feed = |text: &str| {
        for byte in text.bytes().chain([0xff]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
        }
    };
    feed(&format!("{} {:?}", play.coord, play.timeout));
    for line in &play.body {
        if !matches!(line.kind, Stmt::Comment(_) | Stmt::Layout(_) | Stmt::Scenario(_)) {
            feed(&serde_json::to_string(&line.kind).unwrap_or_default());
        }
    }
    for line in formation.iter().flat_map(|formation| &formation.body) {
        if !matches!(line.kind, Bind::Comment(_)) {
            feed(&serde_json::to_string(&line.kind).unwrap_or_default());
        }
    }
    format!("{hash:032x}")
}

fn number(n: usize) -> u32 {
    u32::try_from(n).expect("a play has fewer than 4 billion parts")
}
