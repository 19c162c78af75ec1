use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::base::RunId;

/// The time and the chance that the runner gives to its runs; the engine has neither.
///
/// Wall time is read once, then carried on by the monotonic clock: timers, the times of events and the age of signals
/// go by that, so that no run sees the wall clock jump. What another process reads as a date, the start of a run and
/// the deadline of a call, is told by the wall clock of that moment. While the computer sleeps, time stands still.
pub struct World {
    unix_us: u64,
    since: Option<Instant>,
    random: u64,
    /// What the wall clock shows; without it, what is carried on.
    wall: Option<Wall>,
}

type Wall = Box<dyn Fn() -> SystemTime + Send>;

impl World {
    /// The computer's clock, and chance.
    pub fn real() -> Self {
        Self::with_wall(SystemTime::now)
    }

    /// A wall clock that may jump, and chance. For tests.
    pub fn with_wall(wall: impl Fn() -> SystemTime + Send + 'static) -> Self {
        let unix_us = unix_us(wall());
        Self { unix_us, since: None, random: RandomState::new().hash_one(unix_us), wall: Some(Box::new(wall)) }
    }

    /// A clock that starts at `unix_ms`, and the same draws for the same seed. For tests.
    pub fn seeded(unix_ms: u64, seed: u64) -> Self {
        Self { unix_us: unix_ms.saturating_mul(1000), since: None, random: seed, wall: None }
    }

    /// Microseconds since 1970. Never goes back. The first call starts the clock, within a tokio runtime.
    pub(super) fn now_us(&mut self) -> u64 {
        let since = *self.since.get_or_insert_with(Instant::now);
        self.unix_us.saturating_add(u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// What the wall clock shows, in microseconds since 1970. May jump.
    pub(super) fn wall_us(&mut self) -> u64 {
        match &self.wall {
            Some(wall) => unix_us(wall()),
            None => self.now_us(),
        }
    }

    /// When the clock will show `unix_us`.
    pub(super) fn instant_of(&mut self, unix_us: u64) -> Instant {
        let since = *self.since.get_or_insert_with(Instant::now);
        let wait = Duration::from_micros(unix_us.saturating_sub(self.unix_us));
        // An instant that cannot be expressed is so far away that it makes no difference.
        since.checked_add(wait).unwrap_or_else(|| since + Duration::from_hours(24 * 365))
    }

    pub(super) fn jitter(&mut self) -> u16 {
        let [low, high, ..] = self.draw().to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// A UUID of version 7.
    pub(super) fn run_id(&mut self, unix_ms: u64) -> RunId {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.draw().to_le_bytes());
        random[8..].copy_from_slice(&self.draw().to_le_bytes()[..2]);
        RunId::new(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid().to_string())
    }

    /// `SplitMix64`.
    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("unix_us", &self.unix_us).field("since", &self.since).finish_non_exhaustive()
    }
}

/// 0 before 1970.
fn unix_us(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_ids_and_jitters_again() {
        let draw = || {
            let mut world = World::seeded(1_700_000_000_000, 7);
            (world.run_id(1_700_000_000_000), world.run_id(1_700_000_000_000), world.jitter())
        };
        assert_eq!(draw(), draw());
        let (one, two, _) = draw();
        assert_ne!(one, two);
        assert_eq!(&one.as_str()[..15], "018bcfe5-6800-7", "{one}");
    }
}
