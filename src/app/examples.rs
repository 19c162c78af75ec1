//! The plays of `plays/`, compiled in: what the welcome page offers, wherever the program is installed.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The file's name without its extension.
    pub name: &'static str,
    /// The one thing that it teaches.
    pub teaches: &'static str,
    pub text: &'static str,
}

macro_rules! example {
    ($name:literal, $teaches:literal) => {
        Example { name: $name, teaches: $teaches, text: include_str!(concat!("../../plays/", $name, ".play")) }
    };
}

/// The play that shows a newcomer round.
pub const TOUR: Example = example!("tour", "A tour in five steps");

/// From the simplest on.
pub const EXAMPLES: [Example; 14] = [
    example!("hello", "One call: a ball goes in, a worker changes it, a pass throws it out"),
    example!("together", "fan-out and fan-in: several calls at once, and one ball again"),
    example!("ask", "wait-for-signal: the ball waits for somebody's answer"),
    example!("catch", "wait-for-worker: the ball waits for a worker that is ready"),
    example!("race", "fan-in any: the first branch wins, the others are called off"),
    example!("quorum", "fan-in 2: two of three are enough"),
    example!("each", "fan-out each: one ball for each element of a list"),
    example!("count", "A loop, and the condition that lets the ball out"),
    example!("retry", "Retries with growing pauses, and the wire on error"),
    example!("late", "A timeout, and the wire on timeout"),
    example!("canary", "Two versions of one target, by percent"),
    example!("on-call", "A play that a signal starts, a role and a formation"),
    example!("levels", "Plays that call plays"),
    example!("checkout", "All four connectors in one order"),
];
