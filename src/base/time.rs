use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Microseconds since a run started, on the run's own clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunMicros(pub u64);

impl RunMicros {
    pub const MAX: Self = Self(u64::MAX);

    pub const fn from_ms(ms: u64) -> Self {
        Self(ms.saturating_mul(1000))
    }

    #[must_use]
    pub const fn plus(self, micros: u64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "for display and drawing")]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// The unit that a duration was written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    Ms,
    S,
    M,
    H,
    D,
}

impl Unit {
    pub const ALL: [Self; 5] = [Self::Ms, Self::S, Self::M, Self::H, Self::D];

    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::S => "s",
            Self::M => "m",
            Self::H => "h",
            Self::D => "d",
        }
    }

    const fn millis(self) -> u64 {
        match self {
            Self::Ms => 1,
            Self::S => 1000,
            Self::M => 60_000,
            Self::H => 3_600_000,
            Self::D => 86_400_000,
        }
    }
}

/// A duration as a person wrote it: `90s` stays `90s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dur {
    pub count: u32,
    pub unit: Unit,
}

impl Dur {
    pub const fn new(count: u32, unit: Unit) -> Self {
        Self { count, unit }
    }

    /// At most `u32::MAX` days: never overflows.
    pub const fn as_millis(self) -> u64 {
        self.count as u64 * self.unit.millis()
    }

    pub const fn as_micros(self) -> u64 {
        self.as_millis() * 1000
    }
}

impl fmt::Display for Dur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.suffix())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a duration: write a whole number and ms, s, m, h or d, as in 250ms or 2s")]
pub struct BadDur(pub String);

impl FromStr for Dur {
    type Err = BadDur;

    fn from_str(text: &str) -> Result<Self, BadDur> {
        let bad = || BadDur(text.to_owned());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (count, suffix) = text.split_at(digits);
        let unit = Unit::ALL.into_iter().find(|unit| unit.suffix() == suffix).ok_or_else(bad)?;
        Ok(Self { count: count.parse().map_err(|_| bad())?, unit })
    }
}

impl Serialize for Dur {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Dur {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_as_they_were_written() {
        for text in ["250ms", "90s", "5m", "1h", "2d", "0s"] {
            assert_eq!(text.parse::<Dur>().unwrap().to_string(), text);
        }
        for text in ["", "s", "2", "2x", "-1s", "1.5s", "99999999999s", "2 s", "s2"] {
            assert!(text.parse::<Dur>().is_err(), "{text}");
        }
        assert_eq!("2d".parse::<Dur>().unwrap().as_millis(), 172_800_000);
    }
}
