//! Events of a run as lines for people.

use crate::base::RunMicros;
use crate::event::{Recorded, words};
pub(super) use crate::event::{outcome_words, tame};

/// `  0.041 s  validate         answered {"valid":true}`
pub(super) fn line(recorded: &Recorded) -> String {
    let (node, what) = words(&recorded.event, recorded.at);
    format!("{:>9}  {:<16} {what}", seconds(recorded.at), tame(node))
}

pub(super) fn seconds(at: RunMicros) -> String {
    format!("{:.3} s", at.as_secs_f64())
}
