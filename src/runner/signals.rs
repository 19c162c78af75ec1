use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use crate::base::BallId;
use crate::journal::{KeySignal, SignalChange};

/// How long a signal that nobody waits for is kept.
pub(super) const KEPT_MS: u64 = 24 * 3_600_000;

/// Signals to a key, and who waits for them.
#[derive(Default)]
pub(super) struct Signals {
    /// By name, then by key. There may be a million.
    waiting: FxHashMap<SmolStr, FxHashMap<SmolStr, Waiters>>,
    kept: FxHashMap<Address, VecDeque<KeySignal>>,
    /// The ids of the last 24 hours, with the time when each is forgotten.
    seen: FxHashSet<String>,
    ages: VecDeque<(u64, String)>,
    /// What all of that takes, roughly.
    bytes: u64,
    /// What the journal does not know yet.
    pub changes: Vec<SignalChange>,
}

/// A signal's name and key.
type Address = (String, String);

/// A run's place and the ball that waits.
type Waiter = (u32, BallId);

/// Mostly one waits for a key.
enum Waiters {
    One(Waiter),
    Some(Vec<Waiter>),
}

impl Waiters {
    fn add(&mut self, waiter: Waiter) {
        match self {
            Self::One(first) => *self = Self::Some(vec![*first, waiter]),
            Self::Some(all) => all.push(waiter),
        }
    }

    /// Whether any are left.
    fn retain(&mut self, stays: impl Fn(&Waiter) -> bool) -> bool {
        match self {
            Self::One(one) => stays(one),
            Self::Some(all) => {
                all.retain(stays);
                !all.is_empty()
            }
        }
    }

    fn all(&self) -> &[Waiter] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Some(all) => all,
        }
    }
}

impl Signals {
    /// Takes what a journal kept. None of it is kept for longer than if it came now, should the clock have been put back.
    pub fn load(&mut self, signals: Vec<(KeySignal, bool)>, now_ms: u64) {
        for (mut signal, used) in signals {
            signal.until_ms = signal.until_ms.min(now_ms + KEPT_MS);
            self.remember(&signal);
            if !used {
                self.bytes += size(&signal);
                self.kept.entry((signal.name.clone(), signal.key.clone())).or_default().push_back(signal);
            }
        }
    }

    /// The runs that wait for the signal; kept if there is none. `None` if its id came before.
    ///
    /// A wait counts if `is_there`: one that is over stays listed until that is kept.
    pub fn came(&mut self, signal: KeySignal, now_ms: u64, is_there: impl Fn(u32, BallId) -> bool) -> Option<Vec<u32>> {
        self.forget(now_ms);
        if self.seen.contains(&signal.id) {
            return None;
        }
        self.remember(&signal);
        let address = (signal.name.clone(), signal.key.clone());
        let runs = self.runs_that_wait(&address, is_there);
        self.changes.push(SignalChange::Came { signal: signal.clone(), used: !runs.is_empty() });
        if runs.is_empty() {
            self.bytes += size(&signal);
            self.kept.entry(address).or_default().push_back(signal);
        }
        Some(runs)
    }

    /// The one that [`Self::listen`] gave was used: to be kept together with the event that says so.
    pub fn used(&mut self, id: String) {
        self.changes.push(SignalChange::Used { id });
    }

    /// The one that [`Self::listen`] gave was not used after all. As [`Self::came`], but before those that came later.
    pub fn is_back(&mut self, signal: &KeySignal, is_there: impl Fn(u32, BallId) -> bool) -> Vec<u32> {
        let address = (signal.name.clone(), signal.key.clone());
        let runs = self.runs_that_wait(&address, is_there);
        if runs.is_empty() {
            self.bytes += size(signal);
            self.kept.entry(address).or_default().push_front(signal.clone());
        }
        runs
    }

    fn runs_that_wait(&self, address: &Address, is_there: impl Fn(u32, BallId) -> bool) -> Vec<u32> {
        let waiting = self.waiting.get(address.0.as_str()).and_then(|keys| keys.get(address.1.as_str()));
        let waiting = waiting.into_iter().flat_map(Waiters::all);
        let mut runs: Vec<u32> = waiting.filter(|(slot, ball)| is_there(*slot, *ball)).map(|(slot, _)| *slot).collect();
        runs.sort_unstable();
        runs.dedup();
        runs
    }

    /// A ball waits from now on. Gives the oldest signal that was kept for it, if one was: see [`Self::used`].
    pub fn listen(&mut self, slot: u32, ball: BallId, name: &str, key: &str, now_ms: u64) -> Option<KeySignal> {
        self.forget(now_ms);
        let address = (name.to_owned(), key.to_owned());
        if let Some(kept) = self.kept.get_mut(&address) {
            let signal = kept.pop_front();
            if kept.is_empty() {
                self.kept.remove(&address);
            }
            if let Some(signal) = signal {
                self.bytes -= size(&signal);
                return Some(signal);
            }
        }
        let keys = self.waiting.entry(name.into()).or_default();
        keys.entry(key.into()).and_modify(|all| all.add((slot, ball))).or_insert(Waiters::One((slot, ball)));
        None
    }

    /// In memory, roughly: of signals that are kept, and of the ids of the last 24 hours.
    pub fn n_bytes(&mut self, now_ms: u64) -> u64 {
        self.forget(now_ms);
        self.bytes
    }

    pub fn unlisten(&mut self, slot: u32, ball: BallId, name: &str, key: &str) {
        let Some(keys) = self.waiting.get_mut(name) else { return };
        if keys.get_mut(key).is_some_and(|all| !all.retain(|waiter| *waiter != (slot, ball))) {
            keys.remove(key);
        }
        if keys.is_empty() {
            self.waiting.remove(name);
        }
    }

    /// A run is gone of which nobody knows for what it waited.
    pub fn unlisten_all(&mut self, slot: u32) {
        self.waiting.retain(|_, keys| {
            keys.retain(|_, all| all.retain(|(waiter, _)| *waiter != slot));
            !keys.is_empty()
        });
    }

    fn remember(&mut self, signal: &KeySignal) {
        self.bytes += id_size(&signal.id);
        self.seen.insert(signal.id.clone());
        // In order: one that came before the clock was put back may end after those that came since.
        let at = self.ages.partition_point(|(until_ms, _)| *until_ms <= signal.until_ms);
        self.ages.insert(at, (signal.until_ms, signal.id.clone()));
    }

    fn forget(&mut self, now_ms: u64) {
        let mut any = false;
        while let Some((_, id)) = self.ages.pop_front_if(|(until_ms, _)| *until_ms <= now_ms) {
            self.bytes -= id_size(&id);
            self.seen.remove(&id);
            any = true;
        }
        if any {
            self.kept.retain(|_, signals| {
                let bytes = &mut self.bytes;
                signals.retain(|signal| {
                    let stays = signal.until_ms > now_ms;
                    *bytes -= if stays { 0 } else { size(signal) };
                    stays
                });
                !signals.is_empty()
            });
            self.changes.push(SignalChange::Expired { before_ms: now_ms });
        }
    }
}

fn size(signal: &KeySignal) -> u64 {
    let texts = signal.id.len() + 2 * (signal.name.len() + signal.key.len());
    signal.payload.size().bytes + texts as u64 + 200
}

fn id_size(id: &str) -> u64 {
    2 * id.len() as u64 + 100
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(id: &str, until_ms: u64) -> KeySignal {
        KeySignal {
            id: id.into(),
            name: "paid".into(),
            key: "o1".into(),
            payload: crate::event::Payload::default(),
            until_ms,
        }
    }

    #[test]
    fn goes_to_all_that_wait_or_is_kept_for_the_first() {
        let mut signals = Signals::default();
        assert_eq!(signals.listen(7, BallId(1), "paid", "o1", 0), None);
        assert_eq!(signals.listen(3, BallId(2), "paid", "o1", 0), None);
        assert_eq!(signals.listen(5, BallId(2), "paid", "o2", 0), None);
        let there = |_, _| true;
        assert_eq!(signals.came(signal("a", 100), 0, |slot, ball| (slot, ball) != (7, BallId(1))), Some(vec![3]));
        assert_eq!(signals.came(signal("c", 100), 0, there), Some(vec![3, 7]));
        assert_eq!(signals.came(signal("a", 100), 0, there), None);
        signals.unlisten(7, BallId(1), "paid", "o1");
        signals.unlisten(3, BallId(2), "paid", "o1");
        assert_eq!(signals.came(signal("b", 100), 0, there), Some(vec![]));
        // It counts as used only when a run says so: until then a crash leaves it to the first that waits.
        let n_changes = signals.changes.len();
        let given = signals.listen(9, BallId(0), "paid", "o1", 50).unwrap();
        assert_eq!((given.id.as_str(), signals.changes.len()), ("b", n_changes));
        assert_eq!(signals.is_back(&given, there), Vec::<u32>::new());
        assert_eq!(signals.listen(9, BallId(0), "paid", "o1", 50), Some(given.clone()));
        assert_eq!(signals.listen(9, BallId(1), "paid", "o1", 50), None);
        assert_eq!(signals.is_back(&given, there), [9]);
        signals.used(given.id);
        assert_eq!(signals.changes.last(), Some(&SignalChange::Used { id: "b".into() }));
    }

    #[test]
    fn what_is_too_old_is_forgotten() {
        let mut signals = Signals::default();
        signals.load(vec![(signal("b", 200), true), (signal("a", 100), false)], 0);
        assert_eq!(signals.came(signal("b", 300), 50, |_, _| true), None);
        assert_eq!(signals.listen(1, BallId(0), "paid", "o1", 100), None);
        assert_eq!(signals.changes, [SignalChange::Expired { before_ms: 100 }]);
        assert_eq!(signals.came(signal("a", 300), 150, |_, _| true), Some(vec![1]));
        assert_eq!(signals.n_bytes(1000), 0);
        // The clock was put back by two days.
        let mut signals = Signals::default();
        signals.load(vec![(signal("a", 3 * KEPT_MS), false)], KEPT_MS);
        assert_eq!(signals.listen(1, BallId(0), "paid", "o1", 2 * KEPT_MS), None);
    }
}
