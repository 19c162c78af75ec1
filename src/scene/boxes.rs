use rustc_hash::FxHashMap;

use super::shapes::{Point, Rect};

const CELL: f32 = 256.0;

/// Rectangles that grow in number and are asked for in between: what is taken already.
#[derive(Clone, Debug, Default)]
pub(super) struct Boxes {
    boxes: Vec<Rect>,
    cells: FxHashMap<(i32, i32), Vec<u32>>,
}

impl Boxes {
    pub fn add(&mut self, rect: Rect) {
        let number = u32::try_from(self.boxes.len()).unwrap_or(u32::MAX);
        self.boxes.push(rect);
        for cell in cells(&rect) {
            self.cells.entry(cell).or_default().push(number);
        }
    }

    /// One that touches `rect`, if any does.
    pub fn touching(&self, rect: &Rect) -> Option<Rect> {
        cells(rect).find_map(|cell| {
            let here = self.cells.get(&cell)?;
            here.iter().map(|number| self.boxes[*number as usize]).find(|other| other.touches(rect))
        })
    }
}

/// At most 64 x 64 cells: what is larger is known by its top-left part alone.
#[expect(clippy::cast_possible_truncation, reason = "saturates")]
fn cells(rect: &Rect) -> impl Iterator<Item = (i32, i32)> + use<> {
    let cell = |v: f32| ((v / CELL).floor() as i32).clamp(-0x4000_0000, 0x4000_0000);
    let cell_of = |p: Point| (cell(p.x), cell(p.y));
    let ((x0, y0), (x1, y1)) = (cell_of(rect.min), cell_of(rect.max));
    (y0..=y1.min(y0 + 64)).flat_map(move |y| (x0..=x1.min(x0 + 64)).map(move |x| (x, y)))
}
