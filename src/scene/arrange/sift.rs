//! Moves of single vertices within their layers that make fewer wires cross.
//!
//! Where one stands is told by counts alone, and chance has a fixed seed: the same part always comes out the same.

use super::layered::Layered;
use super::number;
use super::order::number_off;

/// Rounds over all layers in which neighbours are swapped, and over one layer.
const MAX_SWAPS: usize = 8;
const MAX_SWAPS_OF_LAYER: usize = 4;
/// Rounds over all layers in which vertices move to where they cross least.
const MAX_SIFTS: usize = 12;
/// A shake moves so many vertices of a layer, in so many layers, at most.
const SHAKEN: usize = 3;
const SHAKEN_LAYERS: usize = 6;

/// The buffers of the moves, and what they have cost so far.
#[derive(Debug, Default)]
pub(super) struct Sifter {
    near: Near,
    /// The layer that is worked on, and its order as numbers into that.
    vertices: Vec<u32>,
    row: Vec<u32>,
    /// Layers beside which something has moved.
    is_stale: Vec<bool>,
    pub work: u64,
}

/// The places of the neighbours of all vertices of one layer.
#[derive(Debug, Default)]
struct Near {
    /// For each vertex of the layer two rows of `places`, before and after; one more at the end.
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl Near {
    fn read(&mut self, part: &Layered, layer: usize, place: &[u32]) {
        self.starts.clear();
        self.places.clear();
        for &vertex in part.layer(layer) {
            for rows in [&part.before, &part.after] {
                self.starts.push(number(self.places.len()));
                self.places.extend(rows.of(vertex).iter().map(|other| place[*other as usize]));
            }
        }
        self.starts.push(number(self.places.len()));
    }

    fn row(&self, row: usize) -> &[u32] {
        &self.places[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// Crossings of the wires of `v` and `w` with `v` above `w`, less those with `w` above `v`.
    fn cost(&self, v: u32, w: u32) -> i64 {
        let (v, w) = (v as usize * 2, w as usize * 2);
        let mut cost = 0;
        for side in 0..2 {
            let below = self.row(w + side);
            for a in self.row(v + side) {
                for b in below {
                    cost += i64::from(a > b) - i64::from(a < b);
                }
            }
        }
        cost
    }
}

impl Sifter {
    /// Swaps neighbours of a layer where that makes fewer crossings, until nothing changes.
    pub fn transpose(&mut self, part: &mut Layered, place: &mut [u32]) {
        let n = part.n_layers();
        self.all_are_stale(n);
        for _ in 0..MAX_SWAPS {
            let mut is_changed = false;
            for layer in 0..n {
                if !std::mem::replace(&mut self.is_stale[layer], false) || part.layer(layer).len() < 2 {
                    continue;
                }
                self.begin(part, layer, place);
                if self.swap_neighbours() {
                    self.end(part, layer, place);
                    is_changed = true;
                }
            }
            if !is_changed {
                break;
            }
        }
    }

    fn swap_neighbours(&mut self) -> bool {
        let mut is_changed = false;
        for _ in 0..MAX_SWAPS_OF_LAYER {
            let mut again = false;
            for at in 1..self.row.len() {
                if self.near.cost(self.row[at - 1], self.row[at]) > 0 {
                    self.row.swap(at - 1, at);
                    again = true;
                }
            }
            self.work += self.near.places.len() as u64;
            is_changed |= again;
            if !again {
                break;
            }
        }
        is_changed
    }

    fn all_are_stale(&mut self, n_layers: usize) {
        self.is_stale.clear();
        self.is_stale.resize(n_layers, true);
    }

    fn begin(&mut self, part: &Layered, layer: usize, place: &[u32]) {
        self.near.read(part, layer, place);
        self.vertices.clear();
        self.vertices.extend_from_slice(part.layer(layer));
        self.row.clear();
        self.row.extend(0..number(self.vertices.len()));
        self.work += self.near.places.len() as u64;
    }

    /// Writes the new order of the layer.
    fn end(&mut self, part: &mut Layered, layer: usize, place: &mut [u32]) {
        let range = part.range(layer);
        for ((own, slot), i) in (0..).zip(&mut part.order[range]).zip(&self.row) {
            let vertex = self.vertices[*i as usize];
            *slot = vertex;
            place[vertex as usize] = own;
        }
        for beside in [layer.wrapping_sub(1), layer + 1] {
            if let Some(is_stale) = self.is_stale.get_mut(beside) {
                *is_stale = true;
            }
        }
    }

    /// Moves each vertex of a layer to where its wires cross least; gives how many crossings less there are, and whether
    /// anything moved. `restless`: it also goes where they cross as often.
    fn sift(&mut self, part: &mut Layered, layer: usize, place: &mut [u32], restless: bool) -> (i64, bool) {
        let n = part.layer(layer).len();
        if n < 2 {
            return (0, false);
        }
        self.begin(part, layer, place);
        let (mut saved, mut is_moved) = (0, false);
        for v in 0..number(n) {
            let at = self.row.iter().position(|other| *other == v).unwrap_or(0);
            let (mut least, mut to) = (0, at);
            let mut cost = 0;
            for above in (0..at).rev() {
                cost += self.near.cost(v, self.row[above]);
                if cost < least || restless && cost == least {
                    (least, to) = (cost, above);
                }
            }
            cost = 0;
            for below in at + 1..n {
                cost -= self.near.cost(v, self.row[below]);
                if cost < least {
                    (least, to) = (cost, below);
                }
            }
            self.shift(at, to);
            is_moved |= to != at;
            saved -= least;
        }
        self.work += (n * self.near.places.len()) as u64 / 2;
        if is_moved {
            self.end(part, layer, place);
        }
        (saved, is_moved)
    }

    fn shift(&mut self, from: usize, to: usize) {
        if to < from {
            self.row[to..=from].rotate_right(1);
        } else {
            self.row[from..=to].rotate_left(1);
        }
    }

    /// Sifts the stale layers until nothing moves; gives how many crossings less there are.
    fn settle(&mut self, part: &mut Layered, place: &mut [u32], restless: bool, effort: u64) -> i64 {
        let n = part.n_layers();
        let mut saved = 0;
        for round in 0..MAX_SIFTS {
            let mut is_changed = false;
            for i in 0..n {
                let layer = if round % 2 == 0 { i } else { n - 1 - i };
                if self.work > effort || !std::mem::replace(&mut self.is_stale[layer], false) {
                    continue;
                }
                let (less, is_moved) = self.sift(part, layer, place, restless && round < 2);
                saved += less;
                is_changed |= is_moved;
            }
            if !is_changed {
                break;
            }
        }
        saved
    }

    /// Puts some vertices elsewhere and lets all settle again, over and over, and keeps what is not worse: until nothing
    /// crosses or the effort is spent. `n_crossings` there are now.
    pub fn shake(&mut self, part: &mut Layered, mut n_crossings: i64, effort: u64) {
        let n = part.n_layers();
        let mut place = vec![0; part.n()];
        number_off(part, &mut place);
        self.all_are_stale(n);
        n_crossings -= self.settle(part, &mut place, true, effort);
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let mut kept = part.order.clone();
        let mut restless = false;
        while self.work < effort && n_crossings > 0 {
            restless = !restless;
            let first = dice.below(n);
            let last = (first + dice.below(SHAKEN_LAYERS)).min(n - 1);
            let mut more = 0;
            for layer in first..=last {
                more += self.disturb(part, layer, &mut place, &mut dice);
            }
            more -= self.settle(part, &mut place, restless, effort);
            if more <= 0 {
                n_crossings += more;
                kept.clone_from(&part.order);
            } else {
                part.order.clone_from(&kept);
                number_off(part, &mut place);
            }
            self.work += part.n() as u64 / 4;
        }
    }

    /// Moves a few vertices of a layer anywhere; gives how many crossings more there are.
    fn disturb(&mut self, part: &mut Layered, layer: usize, place: &mut [u32], dice: &mut Dice) -> i64 {
        let size = part.layer(layer).len();
        if size < 2 {
            return 0;
        }
        self.begin(part, layer, place);
        let mut more = 0;
        for _ in 0..=dice.below(SHAKEN) {
            let (from, to) = (dice.below(size), dice.below(size));
            let v = self.row[from];
            for below in from + 1..=to {
                more -= self.near.cost(v, self.row[below]);
            }
            for above in to..from {
                more += self.near.cost(v, self.row[above]);
            }
            self.shift(from, to);
        }
        self.is_stale[layer] = true;
        self.end(part, layer, place);
        more
    }
}

/// Numbers that are the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n.max(1) as u64).unwrap_or(0)
    }
}
