//! The order of the nodes in each layer, so that few wires cross: sweeps that order each layer by the middle of its
//! neighbours, then single moves that pay, from several starts; the best order is kept.
//!
//! Bounded by the work done and not by time, so that the same play always looks the same.

use super::layered::{Layered, Rows};
use super::number;
use super::sift::Sifter;

/// How often pieces of wires are looked at, about, before the best order so far must do: in any part, and for each
/// of its pieces. Half of it is for sweeps.
const EFFORT: u64 = 600_000;
const EFFORT_EACH: u64 = 40;
/// After so many sweeps without fewer crossings a start is given up.
const PATIENCE: usize = 6;
const MAX_SWEEPS: usize = 30;

/// Where a walk that fills the layers begins, and whether it goes deep before it goes wide.
#[derive(Clone, Copy, Debug)]
struct Start {
    from_right: bool,
    deep: bool,
}

const STARTS: [Start; 4] = [
    Start { from_right: false, deep: true },
    Start { from_right: true, deep: false },
    Start { from_right: true, deep: true },
    Start { from_right: false, deep: false },
];

/// Tries orders until no better one comes, or the effort is spent.
pub(super) fn reduce_crossings(part: &mut Layered) {
    let mut sorter = Sorter::new(part.n());
    let mut sifter = Sifter::default();
    let effort = EFFORT + EFFORT_EACH * part.before.n_pieces() as u64;
    let mut best: Option<(u64, Vec<u32>)> = None;
    for start in STARTS {
        sorter.fill(part, start);
        let n_crossings = sorter.sweep_all(part, &mut sifter, effort / 2);
        if best.as_ref().is_none_or(|best| n_crossings < best.0) {
            best = Some((n_crossings, part.order.clone()));
        }
        if n_crossings == 0 || sorter.work + sifter.work > effort / 2 {
            break;
        }
    }
    if let Some((n_crossings, order)) = best {
        part.order = order;
        if n_crossings > 0 {
            sifter.shake(part, i64::try_from(n_crossings).unwrap_or(i64::MAX), effort.saturating_sub(sorter.work));
        }
    }
}

/// The buffers of the sweeps.
struct Sorter {
    /// The place of each vertex in its layer.
    place: Vec<u32>,
    keyed: Vec<(f32, u32)>,
    places: Vec<u32>,
    tree: Vec<u32>,
    ends: Vec<u32>,
    best: Vec<u32>,
    work: u64,
}

impl Sorter {
    fn new(n: usize) -> Self {
        Self {
            place: vec![0; n],
            keyed: Vec::new(),
            places: Vec::new(),
            tree: Vec::new(),
            ends: Vec::new(),
            best: Vec::new(),
            work: 0,
        }
    }

    /// Fills the layers in the order in which a walk comes by. Deep from the left in the order of the text, so that
    /// branches stand as they are written.
    fn fill(&mut self, part: &mut Layered, start: Start) {
        let n = part.n();
        self.work += n as u64;
        let (back, on) = if start.from_right { (&part.after, &part.before) } else { (&part.before, &part.after) };
        let mut seen = vec![false; n];
        let mut todo = std::collections::VecDeque::new();
        let mut next = part.starts.clone();
        let roots = (0..number(n)).filter(|vertex| back.of(*vertex).is_empty()).chain(0..number(n));
        for root in roots {
            todo.push_back(root);
            while let Some(vertex) = if start.deep { todo.pop_back() } else { todo.pop_front() } {
                if std::mem::replace(&mut seen[vertex as usize], true) {
                    continue;
                }
                let slot = &mut next[part.layer_of[vertex as usize] as usize];
                part.order[*slot as usize] = vertex;
                *slot += 1;
                if start.deep {
                    todo.extend(on.of(vertex).iter().rev());
                } else {
                    todo.extend(on.of(vertex));
                }
            }
        }
        number_off(part, &mut self.place);
    }

    /// Sweeps as long as it helps, and leaves the best order and gives its crossings.
    fn sweep_all(&mut self, part: &mut Layered, sifter: &mut Sifter, effort: u64) -> u64 {
        let mut fewest = u64::MAX;
        let mut patience = PATIENCE;
        for sweep in 0..=MAX_SWEEPS {
            // The order of the text may be the best.
            if sweep > 0 {
                self.sweep(part, sweep % 2 == 1, sweep / 2 % 2 == 1);
            }
            sifter.transpose(part, &mut self.place);
            let n_crossings = self.n_crossings(part);
            if n_crossings < fewest {
                fewest = n_crossings;
                self.best.clone_from(&part.order);
                patience = PATIENCE;
            }
            patience -= 1;
            if patience == 0 || fewest == 0 || self.work + sifter.work > effort {
                break;
            }
        }
        part.order.clone_from(&self.best);
        number_off(part, &mut self.place);
        fewest
    }

    /// Orders each layer by the middle of the neighbours on one side: their mean, or their median.
    fn sweep(&mut self, part: &mut Layered, forth: bool, by_median: bool) {
        let n = part.n_layers();
        self.work += 4 * part.before.n_pieces() as u64;
        for i in 0..n {
            let range = part.range(if forth { i } else { n - 1 - i });
            let neighbours: &Rows = if forth { &part.before } else { &part.after };
            self.keyed.clear();
            for (own, &vertex) in part.order[range.clone()].iter().enumerate() {
                let key = match neighbours.of(vertex) {
                    [] => small(own),
                    [other] => small(self.place[*other as usize] as usize),
                    others => {
                        self.places.clear();
                        self.places.extend(others.iter().map(|other| self.place[*other as usize]));
                        if by_median { median(&mut self.places) } else { mean(&self.places) }
                    }
                };
                self.keyed.push((key, vertex));
            }
            self.keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            for ((own, slot), (_, vertex)) in (0..).zip(&mut part.order[range]).zip(&self.keyed) {
                *slot = *vertex;
                self.place[*vertex as usize] = own;
            }
        }
    }

    /// Pieces that cross, in all.
    fn n_crossings(&mut self, part: &Layered) -> u64 {
        self.work += part.before.n_pieces() as u64;
        let mut n_crossings = 0;
        for layer in 1..part.n_layers() {
            self.ends.clear();
            for &vertex in part.layer(layer - 1) {
                let start = self.ends.len();
                self.ends.extend(part.after.of(vertex).iter().map(|other| self.place[*other as usize]));
                self.ends[start..].sort_unstable();
            }
            n_crossings += inversions(&self.ends, part.layer(layer).len(), &mut self.tree);
        }
        n_crossings
    }
}

pub(super) fn number_off(part: &Layered, place: &mut [u32]) {
    for layer in part.layers() {
        for (i, vertex) in (0..).zip(layer) {
            place[*vertex as usize] = i;
        }
    }
}

/// Pairs in which the earlier is the greater, by a tree of counts.
fn inversions(ends: &[u32], n: usize, tree: &mut Vec<u32>) -> u64 {
    tree.clear();
    tree.resize(n + 1, 0);
    let mut inversions = 0;
    for (seen, &end) in (0u64..).zip(ends) {
        let (mut at, mut not_greater) = (end as usize + 1, 0u64);
        while at > 0 {
            not_greater += u64::from(tree[at]);
            at &= at - 1;
        }
        inversions += seen - not_greater;
        let mut at = end as usize + 1;
        while at <= n {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    inversions
}

#[expect(clippy::cast_precision_loss, reason = "an order among fewer than 16 million")]
const fn small(place: usize) -> f32 {
    place as f32
}

#[expect(clippy::cast_precision_loss, reason = "an order among fewer than 16 million")]
fn mean(places: &[u32]) -> f32 {
    let sum: u64 = places.iter().map(|place| u64::from(*place)).sum();
    sum as f32 / places.len() as f32
}

/// Of an even number the point between the two in the middle, nearer to the side where they stand closer.
#[expect(clippy::cast_precision_loss, reason = "an order among fewer than 16 million")]
fn median(places: &mut [u32]) -> f32 {
    places.sort_unstable();
    let middle = places.len() / 2;
    match places {
        [a, b] => (*a as f32).midpoint(*b as f32),
        _ if places.len() % 2 == 1 => places[middle] as f32,
        _ => {
            let left = (places[middle - 1] - places[0]) as f32;
            let right = (places[places.len() - 1] - places[middle]) as f32;
            let (a, b) = (places[middle - 1] as f32, places[middle] as f32);
            if left + right > 0.0 { (a * right + b * left) / (left + right) } else { a.midpoint(b) }
        }
    }
}
