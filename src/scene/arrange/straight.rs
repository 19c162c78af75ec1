//! Long wires in as few straight stretches as the order allows.

use super::layered::Layered;

/// Moves the bends of each wire within the room that its neighbours leave, so that as many as can be stand at one
/// height: first at that of the card that it comes from, last at that of the card that it leads to.
///
/// `rooms`: between each vertex and the one before it in its layer, by place in the order. Cards stay.
pub(super) fn straighten(part: &Layered, rooms: &[f32], y: &mut [f32]) {
    let mut index = vec![0u32; part.n()];
    for (i, vertex) in (0u32..).zip(&part.order) {
        index[*vertex as usize] = i;
    }
    // Where its layer lets the vertex stand.
    let free = |vertex: u32, y: &[f32]| {
        let i = index[vertex as usize] as usize;
        let layer = part.range(part.layer_of[vertex as usize] as usize);
        let low = if i > layer.start { y[part.order[i - 1] as usize] + rooms[i] } else { f32::NEG_INFINITY };
        let high = if i + 1 < layer.end { y[part.order[i + 1] as usize] - rooms[i + 1] } else { f32::INFINITY };
        (low, high)
    };
    let mut bends = Vec::new();
    for way in part.ways.iter().filter(|way| way.n > 0) {
        bends.clear();
        bends.extend(way.first..way.first + way.n);
        let (start, end) = match way.turns {
            Some((at_to, at_from)) => {
                bends.insert(0, at_to);
                bends.push(at_from);
                (None, None)
            }
            None => {
                let ends = (part.before.of(way.first)[0], part.after.of(way.first + way.n - 1)[0]);
                (Some(y[ends.0 as usize]), Some(y[ends.1 as usize]))
            }
        };
        let mut wish = start;
        let mut from = 0;
        while from < bends.len() {
            let (mut low, mut high) = (f32::NEG_INFINITY, f32::INFINITY);
            let mut to = from;
            while to < bends.len() {
                let (l, h) = free(bends[to], y);
                if low.max(l) > high.min(h) {
                    break;
                }
                (low, high) = (low.max(l), high.min(h));
                to += 1;
            }
            if to == from {
                // Rounding left it no room.
                from += 1;
                continue;
            }
            let mean = bends[from..to].iter().map(|bend| y[*bend as usize]).sum::<f32>() / small(to - from);
            let goal = if to == bends.len() { end.filter(|y| (low..=high).contains(y)) } else { None };
            let here = wish.filter(|y| (low..=high).contains(y)).or(goal).unwrap_or(mean).clamp(low, high);
            for bend in &bends[from..to] {
                y[*bend as usize] = here;
            }
            wish = None;
            from = to;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean of fewer than 16 million")]
const fn small(n: usize) -> f32 {
    n as f32
}
