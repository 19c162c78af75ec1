/// What a runner and its server take at most. Beyond each, one is told which it is and how to raise it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one message, either way.
    pub message: usize,
    /// Connections at once.
    pub connections: usize,
    /// Calls and watches of one connection at once.
    pub streams: u32,
    /// `WatchRun` at once.
    pub watches: usize,
    /// Pulling workers at once.
    pub catches: usize,
    /// Runs in memory at once, parked ones too.
    pub runs: usize,
    /// Of these, those that stay whole while they wait: the last that did something. The others are folded again from the
    /// journal when they are woken.
    pub awake: usize,
    /// Of all runs, those below one that was not called by another.
    pub runs_below: usize,
    /// Bytes of payloads that one run holds: its balls and the signals that are kept for it.
    pub run_bytes: usize,
}

impl Limits {
    /// Of one message, either way.
    pub const MESSAGE: usize = 4 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: Self::MESSAGE,
            connections: 1024,
            streams: 16_384,
            watches: 4096,
            catches: 4096,
            runs: 1 << 20,
            awake: 4096,
            runs_below: 10_000,
            run_bytes: 256 << 20,
        }
    }
}
