use super::shapes::{Point, Rect};

/// The side of a cell, in units of the canvas.
const CELL: f32 = 256.0;
/// Something that lies in more cells than this is tested by itself at every query.
const MAX_CELLS: i64 = 512;

/// Which things lie where: a sparse grid of square cells, built at once and then only asked.
///
/// A query costs what lies in its cells, wherever on the canvas that is.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    /// Occupied cells by row, then column.
    cells: Vec<(i32, i32)>,
    /// Where each cell's things start in `things`; one more at the end.
    starts: Vec<u32>,
    things: Vec<u32>,
    /// Things too large for cells.
    large: Vec<u32>,
}

/// Collects what goes into a grid.
#[derive(Clone, Debug, Default)]
pub(super) struct Builder {
    entries: Vec<(i32, i32, u32)>,
    large: Vec<u32>,
}

impl Builder {
    pub fn with_capacity(n: usize) -> Self {
        Self { entries: Vec::with_capacity(n), large: Vec::new() }
    }

    pub fn add(&mut self, thing: u32, rect: &Rect) {
        let ((x0, y0), (x1, y1)) = (cell_of(rect.min), cell_of(rect.max));
        if (i64::from(x1) - i64::from(x0) + 1) * (i64::from(y1) - i64::from(y0) + 1) > MAX_CELLS {
            self.large.push(thing);
            return;
        }
        for y in y0..=y1 {
            for x in x0..=x1 {
                if self.entries.last() != Some(&(y, x, thing)) {
                    self.entries.push((y, x, thing));
                }
            }
        }
    }

    /// Adds a line of points by the cells that its pieces touch.
    pub fn add_line(&mut self, thing: u32, points: &[Point]) {
        for pair in points.windows(2) {
            self.add(thing, &Rect::of_corners(pair[0], pair[1]));
        }
    }

    pub fn build(mut self) -> Grid {
        self.entries.sort_unstable();
        self.entries.dedup();
        self.large.sort_unstable();
        self.large.dedup();
        let mut grid = Grid { large: self.large, ..Grid::default() };
        grid.things.reserve_exact(self.entries.len());
        for (y, x, thing) in self.entries {
            if grid.cells.last() != Some(&(y, x)) {
                grid.cells.push((y, x));
                grid.starts.push(small(grid.things.len()));
            }
            grid.things.push(thing);
        }
        grid.starts.push(small(grid.things.len()));
        grid
    }
}

impl Grid {
    /// Calls `found` for everything that may touch `rect`, and for some of it more than once.
    pub fn query(&self, rect: &Rect, mut found: impl FnMut(u32)) {
        self.large.iter().copied().for_each(&mut found);
        if rect.is_nothing() {
            return;
        }
        let ((x0, y0), (x1, y1)) = (cell_of(rect.min), cell_of(rect.max));
        let mut at = self.cells.partition_point(|cell| *cell < (y0, x0));
        while let Some(&(y, x)) = self.cells.get(at) {
            if y > y1 {
                break;
            }
            if x < x0 {
                at += self.cells[at..].partition_point(|cell| *cell < (y, x0));
            } else if x > x1 {
                at += self.cells[at..].partition_point(|cell| *cell < (y + 1, x0));
            } else {
                let (start, end) = (self.starts[at] as usize, self.starts[at + 1] as usize);
                self.things[start..end].iter().copied().for_each(&mut found);
                at += 1;
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "saturates; a cell at the edge of the world holds what is beyond")]
fn cell_of(point: Point) -> (i32, i32) {
    let cell = |v: f32| ((v / CELL).floor() as i32).clamp(-0x4000_0000, 0x4000_0000);
    (cell(point.x), cell(point.y))
}

/// A play has fewer than 4 billion parts.
fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_query_finds_all_that_touches_the_rectangle(
            rects in proptest::collection::vec((-5e3f32..5e3, -5e3f32..5e3, 0f32..900.0, 0f32..900.0), 0..60),
            asked in (-6e3f32..6e3, -6e3f32..6e3, 0f32..8e3, 0f32..8e3),
        ) {
            let rect = |r: &(f32, f32, f32, f32)| Rect::at(Point::new(r.0, r.1), Point::new(r.2, r.3));
            let mut builder = Builder::default();
            rects.iter().zip(0..).for_each(|(r, i)| builder.add(i, &rect(r)));
            let (grid, asked) = (builder.build(), rect(&asked));
            let mut found = Vec::new();
            grid.query(&asked, |thing| found.push(thing));
            for (r, i) in rects.iter().zip(0..) {
                prop_assert!(!rect(r).touches(&asked) || found.contains(&i));
            }
        }
    }

    #[test]
    fn something_huge_is_found_without_filling_cells() {
        let mut builder = Builder::default();
        builder.add(7, &Rect::new(Point::new(-1e9, -1e9), Point::new(1e9, 1e9)));
        builder.add(8, &Rect::new(Point::new(f32::MAX, 0.0), Point::new(f32::MAX, 1.0)));
        assert!(builder.entries.len() < 4);
        let mut found = Vec::new();
        builder.build().query(&Rect::at(Point::ZERO, Point::new(1.0, 1.0)), |thing| found.push(thing));
        assert_eq!(found, [7]);
    }
}
