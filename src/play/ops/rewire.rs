//! Wires as single ones, and statements made of them again.

use super::wire::chained;
use crate::base::NodeId;
use crate::play::doc::{Hop, When, Wire};

/// A single wire: tail, head, and for which balls.
pub(super) type Single = (NodeId, NodeId, When);

/// The single wires of a statement, in the order in which they leave their nodes.
pub(super) fn singles(wire: &Wire) -> Vec<Single> {
    let mut all = Vec::new();
    let mut tails = &wire.from;
    for hop in &wire.hops {
        for tail in tails {
            all.extend(hop.to.iter().map(|head| (tail.clone(), head.clone(), hop.when.clone())));
        }
        tails = &hop.to;
    }
    all
}

/// Statements for single wires; those out of one node keep their order.
pub(super) fn written(all: Vec<Single>) -> Vec<Wire> {
    let mut rows: Vec<Wire> = Vec::new();
    for (tail, head, when) in all {
        match rows.last_mut() {
            Some(Wire { from, hops }) if *from == [tail.clone()] && hops[0].when == when => hops[0].to.push(head),
            _ => rows.push(Wire { from: vec![tail], hops: vec![Hop { to: vec![head], when }] }),
        }
    }
    // Tails that lead to the same, one after the other, stand together.
    let mut merged: Vec<Wire> = Vec::new();
    for row in rows {
        match merged.last_mut() {
            Some(last) if last.hops == row.hops && !last.from.contains(&row.from[0]) => last.from.extend(row.from),
            _ => merged.push(row),
        }
    }
    chained(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang;
    use crate::play::Stmt;

    #[test]
    fn a_statement_comes_out_as_it_was() {
        for text in ["a -> b -> c", "a -> { b, c } -> d", "a -> b when (x) -> c otherwise", "{ a, b } -> c on error"] {
            let doc = lang::parse(format!("play p/1/p {{\n{text}\n}}\n")).doc;
            let (_, play) = doc.plays().next().expect("it is there");
            let Stmt::Wire(wire) = &play.body[0].kind else { panic!("a wire") };
            assert_eq!(written(singles(wire)), std::slice::from_ref(wire), "{text}");
        }
    }
}
