use crate::base::RunMicros;
use crate::event::WireRef;

/// The shown ball is at most about this far behind the real one, on the run's clock.
pub const LAG_MAX_MICROS: u64 = 1_500_000;
/// A hop is shown for at least this long, unless the ball has to catch up.
const HOP_MIN_MICROS: u64 = 180_000;
/// A hop is shown for at most this long.
const HOP_MAX_MICROS: u64 = 600_000;
/// Hops that would be shown for less are not shown: the ball jumps.
const HOP_SHOWN_MICROS: u64 = 16_000;

/// A ball's glide along a wire, on the run's clock: what a picture shows for a move that took no time.
///
/// The glide starts when the move was recorded, or later if the shown ball had not yet arrived at the wire's tail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    pub wire: WireRef,
    /// The wire's number in the view, see `View::wire_at`.
    pub index: u32,
    pub start: RunMicros,
    pub end: RunMicros,
}

impl Hop {
    /// How far along the wire the ball is shown at `time`, 0 to 1, eased at both ends.
    #[expect(clippy::cast_precision_loss, reason = "a glide is shorter than 2 s")]
    pub fn progress(&self, time: RunMicros) -> f32 {
        if time >= self.end {
            return 1.0;
        }
        let t = time.since(self.start) as f32 / self.end.since(self.start).max(1) as f32;
        t * t * (3.0 - 2.0 * t)
    }

    pub fn is_over(&self, time: RunMicros) -> bool {
        time >= self.end
    }
}

/// When the glide of a move starts and ends.
///
/// `at`: when the move was recorded. `shown_at`: when the shown ball is at the wire's tail. `dwell`: for how many
/// microseconds the ball was at the tail; a slow step is followed by a calm glide. A ball that lags glides faster, so
/// that the lag stays below [`LAG_MAX_MICROS`]. An empty glide is a jump.
pub(super) fn glide(at: RunMicros, shown_at: RunMicros, dwell: u64) -> (RunMicros, RunMicros) {
    let start = at.max(shown_at);
    let lag = start.since(at).min(LAG_MAX_MICROS);
    let nominal = (HOP_MIN_MICROS + dwell / 4).min(HOP_MAX_MICROS);
    let duration = nominal * (LAG_MAX_MICROS - lag) / LAG_MAX_MICROS;
    if duration < HOP_SHOWN_MICROS { (start, start) } else { (start, start.plus(duration)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_hops_is_seen_one_after_the_other_and_never_lags_past_the_bound() {
        let mut shown = RunMicros(0);
        let mut seen = 0;
        for _ in 0..1000 {
            let (start, end) = glide(RunMicros(0), shown, 0);
            assert!(start >= shown && end >= start);
            seen += u32::from(end > start);
            shown = end;
        }
        assert!(shown.0 <= LAG_MAX_MICROS, "{shown:?}");
        assert!((15..40).contains(&seen), "{seen}");
    }

    #[test]
    fn a_lone_hop_takes_180_to_600_ms_by_the_step_before_it() {
        let length = |dwell| {
            let (start, end) = glide(RunMicros(5), RunMicros(0), dwell);
            end.since(start)
        };
        assert_eq!(length(0), 180_000);
        assert_eq!(length(400_000), 280_000);
        assert_eq!(length(u64::MAX / 8), 600_000);
    }
}
