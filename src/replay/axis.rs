use super::index::{EventKind, GAP_LEFT_MICROS, Gap, Index, WaitKind};
use crate::base::RunMicros;

/// The run's time as a slider shows it: as it was, or with what was idle cut out.
///
/// A *place* is a time without what is cut, in microseconds. Both ways are monotone, and outside of cuts exact.
#[derive(Clone, Copy, Debug)]
pub struct Axis<'f> {
    cuts: &'f [Gap],
}

impl<'f> Axis<'f> {
    pub(super) const fn new(cuts: &'f [Gap]) -> Self {
        Self { cuts }
    }

    /// The stretches that are cut out, by time; empty on an axis that is not folded.
    pub const fn cuts(&self) -> &'f [Gap] {
        self.cuts
    }

    pub fn place(&self, time: f64) -> f64 {
        let begun = self.cuts.partition_point(|gap| float(gap.from.0) <= time);
        let Some(gap) = begun.checked_sub(1).map(|last| self.cuts[last]) else { return time };
        let before = float(gap.cut_until - gap.cut());
        let (from, length) = (float(gap.from.0), float(gap.to.0) - float(gap.from.0));
        let inside = (time - from).min(length);
        // Time flies in a cut.
        from - before + inside * float(GAP_LEFT_MICROS) / length + (time - from - inside)
    }

    pub fn time(&self, place: f64) -> f64 {
        let start = |gap: &Gap| float(gap.from.0) - float(gap.cut_until - gap.cut());
        let begun = self.cuts.partition_point(|gap| start(gap) <= place);
        let Some(gap) = begun.checked_sub(1).map(|last| self.cuts[last]) else { return place };
        let length = float(gap.to.0) - float(gap.from.0);
        let inside = (place - start(&gap)).min(float(GAP_LEFT_MICROS));
        float(gap.from.0) + inside * length / float(GAP_LEFT_MICROS) + (place - start(&gap) - inside)
    }
}

/// What one column of a slider shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// How many events of each of [`EventKind::ALL`].
    pub n: [u32; EventKind::ALL.len()],
    /// The most balls that waited at once for each of [`WaitKind::ALL`].
    pub waiting: [u32; WaitKind::ALL.len()],
}

impl Column {
    pub fn n_events(&self) -> u32 {
        self.n.iter().sum()
    }
}

/// Counts what lies between each two of `edges`, which ascend. Costs by the columns and not by the events.
pub(super) fn columns(index: &Index, edges: &[RunMicros]) -> Vec<Column> {
    let mut columns = vec![Column::default(); edges.len().saturating_sub(1)];
    let position = |edge: &RunMicros| index.at().partition_point(|at| at < edge);
    let positions: Vec<u32> = edges.iter().map(|edge| u32::try_from(position(edge)).unwrap_or(u32::MAX)).collect();
    for (nth, kind) in EventKind::ALL.into_iter().enumerate() {
        let all = index.of_kind(kind);
        let mut from = positions.first().map_or(0, |first| all.partition_point(|seq| seq < first));
        for (column, end) in columns.iter_mut().zip(positions.iter().skip(1)) {
            let n = all[from..].partition_point(|seq| seq < end);
            column.n[nth] = u32::try_from(n).unwrap_or(u32::MAX);
            from += n;
        }
    }
    for (nth, kind) in WaitKind::ALL.into_iter().enumerate() {
        for (column, pair) in columns.iter_mut().zip(edges.windows(2)) {
            column.waiting[nth] = index.most_waiting(kind, pair[0], pair[1]);
        }
    }
    columns
}

#[expect(clippy::cast_precision_loss, reason = "exact below 285 years")]
const fn float(micros: u64) -> f64 {
    micros as f64
}
