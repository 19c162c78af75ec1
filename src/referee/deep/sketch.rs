use crate::base::Coord;
use crate::expr::Var;
use crate::play::{Expr, Line, NodeKind, Options, Play, Spread, Stmt, Target, TargetRef, When};

/// The play as far as it says where balls can go: one target for all, one attempt each, no data. Nodes and wires keep their
/// numbers. Compiling an expression costs more than a step of the search: those that depend on data become one.
pub(super) fn sketch(play: &Play) -> Play {
    let body = play.body.iter().filter_map(|line| {
        Some(Line::new(match &line.kind {
            Stmt::Node(node) => {
                let mut node = node.clone();
                node.options = Options { timeout: node.options.timeout, ..Options::default() };
                match &mut node.kind {
                    NodeKind::Call(target) | NodeKind::WaitForWorker(target) | NodeKind::Pass(Some(target)) => {
                        *target = any_target();
                    }
                    NodeKind::FanOut(Spread::Each(list)) => sketch_expr(list),
                    _ => {}
                }
                Stmt::Node(node)
            }
            Stmt::Wire(wire) => {
                let mut wire = wire.clone();
                for hop in &mut wire.hops {
                    if let When::If(guard) = &mut hop.when {
                        sketch_expr(guard);
                    }
                }
                Stmt::Wire(wire)
            }
            Stmt::Comment(_) | Stmt::Role(_) | Stmt::Layout(_) | Stmt::Scenario(_) | Stmt::Bad(_) => return None,
        }))
    });
    Play { coord: play.coord.clone(), title: None, timeout: None, body: body.collect() }
}

fn any_target() -> Target {
    Target::One(TargetRef::Coord(Coord::new("any", "1", "target")))
}

/// A text that names a variable may only seem to depend on it: then more is looked at than can happen, not less.
fn sketch_expr(expr: &mut Expr) {
    if Var::ALL.into_iter().any(|var| expr.0.contains(var.name())) {
        "ball".clone_into(&mut expr.0);
    }
}
