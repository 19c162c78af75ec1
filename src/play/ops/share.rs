//! Switching and splitting the versions of a target: what a canary is made of.
//!
//! Percentages add up to 100 in all that comes out, whatever they added up to before.

use smol_str::SmolStr;

use crate::base::Coord;
use crate::play::doc::{Share, Target, TargetRef};

/// What a new canary gets.
pub const CANARY: u32 = 5;

impl Target {
    /// Its places, each with the part of the balls that go there, in percent.
    pub fn shares(&self) -> Vec<Share> {
        match self {
            Self::One(to) => vec![Share { to: to.clone(), percent: 100 }],
            Self::Mix(shares) => shares.clone(),
        }
    }

    /// Place `i` in another version. As it was if that is a role.
    #[must_use]
    pub fn with_version(&self, i: usize, version: &SmolStr) -> Self {
        let mut shares = self.shares();
        if let Some(Share { to: TargetRef::Coord(coord), .. }) = shares.get_mut(i) {
            coord.version.clone_from(version);
        }
        of(shares)
    }

    /// A part of what goes to the largest place goes to another version of it. As it was if that is a role, if the
    /// version is there already, or if the largest has nothing to give.
    #[must_use]
    pub fn split(&self, version: &SmolStr, percent: u32) -> Self {
        let mut shares = self.shares();
        let Some(largest) = largest(&shares, usize::MAX) else { return self.clone() };
        let TargetRef::Coord(from) = &shares[largest].to else { return self.clone() };
        let to = TargetRef::Coord(Coord { version: version.clone(), ..from.clone() });
        let percent = percent.min(shares[largest].percent.saturating_sub(1));
        if percent == 0 || shares.iter().any(|share| share.to == to) {
            return self.clone();
        }
        shares[largest].percent -= percent;
        shares.push(Share { to, percent });
        of(shares)
    }

    /// Place `i` gets so much; the others give or take the difference, the largest first. None gets less than 1.
    #[must_use]
    pub fn with_percent(&self, i: usize, percent: u32) -> Self {
        let mut shares = self.shares();
        let n_others = u32::try_from(shares.len()).unwrap_or(u32::MAX).saturating_sub(1);
        if i >= shares.len() || n_others == 0 || n_others > 99 {
            return self.clone();
        }
        shares[i].percent = percent.clamp(1, 100 - n_others);
        shares.iter_mut().for_each(|share| share.percent = share.percent.max(1));
        while let Some(other) = largest(&shares, i) {
            let rest: u64 =
                shares.iter().map(|share| u64::from(share.percent)).sum::<u64>() - u64::from(shares[other].percent);
            let wanted = u32::try_from(100_u64.saturating_sub(rest).max(1)).unwrap_or(1);
            if shares[other].percent == wanted {
                break;
            }
            shares[other].percent = wanted;
        }
        of(shares)
    }

    /// All goes to place `i`.
    #[must_use]
    pub fn merged(&self, i: usize) -> Self {
        self.refs().nth(i).map_or_else(|| self.clone(), |to| Self::One(to.clone()))
    }
}

fn of(mut shares: Vec<Share>) -> Target {
    if shares.len() == 1 { Target::One(shares.remove(0).to) } else { Target::Mix(shares) }
}

/// Of those that are not `but`; the first of equals.
fn largest(shares: &[Share], but: usize) -> Option<usize> {
    let others = shares.iter().enumerate().filter(|(i, _)| *i != but);
    others.max_by_key(|(i, share)| (share.percent, usize::MAX - i)).map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn target(text: &str) -> Target {
        text.parse().expect("a target")
    }

    #[test]
    fn a_canary_is_split_off_moved_and_merged() {
        let one = target("shop/1.4/pay");
        let canary = one.split(&"2.0".into(), CANARY);
        assert_eq!(canary.to_string(), "shop/1.4/pay 95% | shop/2.0/pay 5%");
        assert_eq!(canary.split(&"2.0".into(), 5), canary);
        let more = canary.with_percent(1, 30);
        assert_eq!(more.to_string(), "shop/1.4/pay 70% | shop/2.0/pay 30%");
        assert_eq!(more.with_percent(0, 1000).to_string(), "shop/1.4/pay 99% | shop/2.0/pay 1%");
        let three = more.split(&"3.0".into(), 20);
        assert_eq!(three.to_string(), "shop/1.4/pay 50% | shop/2.0/pay 30% | shop/3.0/pay 20%");
        assert_eq!(three.with_percent(2, 90).to_string(), "shop/1.4/pay 1% | shop/2.0/pay 9% | shop/3.0/pay 90%");
        assert_eq!(canary.merged(1).to_string(), "shop/2.0/pay");
        assert_eq!(canary.with_version(1, &"2.1".into()).to_string(), "shop/1.4/pay 95% | shop/2.1/pay 5%");
        assert_eq!(one.with_version(0, &"^2".into()).to_string(), "shop/^2/pay");
        // A role has no version here, and one alone has nothing to share.
        assert_eq!(target("courier").split(&"2".into(), 5), target("courier"));
        assert_eq!(one.with_percent(0, 50), one);
    }

    proptest! {
        #[test]
        fn percentages_add_up(parts in prop::collection::vec(0..200_u32, 2..9), i in 0..9_usize, percent in any::<u32>()) {
            let share = |(n, percent)| Share { to: TargetRef::Coord(Coord::new("a", format!("{n}"), "m")), percent };
            let n_parts = parts.len();
            let mix = Target::Mix(parts.into_iter().enumerate().map(share).collect());
            let shares = mix.with_percent(i % n_parts, percent).shares();
            prop_assert_eq!(shares.iter().map(|share| share.percent).sum::<u32>(), 100);
            prop_assert!(shares.iter().all(|share| share.percent >= 1));
        }
    }
}
