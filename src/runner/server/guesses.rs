//! Wrong tokens, counted by the address that they came from: whoever tries many is not heard for a while.
//!
//! The same wrong token again is no guess, but a client that has not heard of a new one. Must never: keep a token,
//! grow with the number of addresses.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong tokens in a row that an address may try.
const AT_ONCE: u32 = 16;
/// And one more in each of these.
const ONE_MORE: Duration = Duration::from_secs(10);
/// Addresses that are remembered. Beyond, those that have been quiet for longest are forgotten.
const MAX_ADDRESSES: usize = 4096;
/// Of one address.
const LAST_TOKENS: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Guesses {
    by_address: Mutex<HashMap<IpAddr, Tries>>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Tries {
    /// When all that it has tried will be forgiven.
    forgiven: Instant,
    /// Hashes, by a secret of this process.
    last: [u64; LAST_TOKENS],
    next: usize,
}

impl Guesses {
    /// How long an address is not heard any more.
    pub fn closed_for(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let all = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let owed = all.get(&network(from))?.forgiven.saturating_duration_since(now);
        owed.checked_sub(ONE_MORE * (AT_ONCE - 1)).filter(|wait| !wait.is_zero())
    }

    /// Notes a token that was wrong. `true` if the address is not heard from now on.
    pub fn wrong(&self, from: IpAddr, shown: &[u8], now: Instant) -> bool {
        let hash = self.hasher.hash_one(shown);
        let mut all = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let network = network(from);
        if all.len() >= MAX_ADDRESSES && !all.contains_key(&network) {
            all.retain(|_, tries| tries.forgiven > now);
            if all.len() >= MAX_ADDRESSES
                && let Some(quiet) = all.iter().min_by_key(|(_, tries)| tries.forgiven).map(|(address, _)| *address)
            {
                all.remove(&quiet);
            }
        }
        let tries = all.entry(network).or_insert(Tries { forgiven: now, last: [0; LAST_TOKENS], next: 0 });
        if tries.last.contains(&hash) {
            return false;
        }
        tries.last[tries.next] = hash;
        tries.next = (tries.next + 1) % LAST_TOKENS;
        tries.forgiven = tries.forgiven.max(now) + ONE_MORE;
        tries.forgiven.duration_since(now) > ONE_MORE * (AT_ONCE - 1)
    }
}

/// What one person has of them: the address, and of IPv6 the network that is given to a household.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_guesses_is_not_heard_for_a_while_and_nobody_else_is_harmed() {
        let (guesses, start) = (Guesses::default(), Instant::now());
        let [one, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        for n in 1..AT_ONCE {
            assert!(!guesses.wrong(one, &n.to_le_bytes(), start), "{n}");
            assert_eq!(guesses.closed_for(one, start), None);
        }
        assert!(guesses.wrong(one, b"one more", start));
        assert_eq!(guesses.closed_for(one, start), Some(ONE_MORE));
        assert_eq!(guesses.closed_for(other, start), None);
        // One more try after a while, all of them after a longer one.
        let later = start + ONE_MORE;
        assert_eq!(guesses.closed_for(one, later), None);
        assert!(guesses.wrong(one, b"and one", later));
        let much_later = later + ONE_MORE * (AT_ONCE + 1);
        assert!((1..AT_ONCE).all(|n| !guesses.wrong(one, &(n + 100).to_le_bytes(), much_later)));
    }

    #[test]
    fn a_client_that_shows_an_old_token_again_and_again_does_not_guess() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        let one = IpAddr::from([10, 0, 0, 1]);
        assert!((0..1000_u32).all(|n| !guesses.wrong(one, if n % 2 == 0 { b"old" } else { b"older" }, now)));
        assert_eq!(guesses.closed_for(one, now), None);
    }

    #[test]
    fn addresses_are_forgotten_and_those_of_one_network_are_one() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        let v6 = |n: u128| IpAddr::from(Ipv6Addr::from(n));
        for n in 0..u128::from(AT_ONCE) {
            guesses.wrong(v6((0x2001_0db8 << 96) + n), &n.to_le_bytes(), now);
        }
        assert!(guesses.closed_for(v6((0x2001_0db8 << 96) + 999), now).is_some());
        for n in (0_u32..).take(2 * MAX_ADDRESSES) {
            guesses.wrong(IpAddr::from(n.to_be_bytes()), b"x", now);
        }
        assert_eq!(guesses.by_address.lock().unwrap().len(), MAX_ADDRESSES);
        // Whoever has tried most is remembered.
        assert!(guesses.closed_for(v6(0x2001_0db8 << 96), now).is_some());
    }
}
