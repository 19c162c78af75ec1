//! The pure state machine of a run: inputs and the time in, events out.
//!
//! `decide` says what happens, `evolve` is the only writer of state, `effect_of` says what the shell owes the world
//! once an event is on disk. Must never: read a clock, draw randomness, touch files, spawn, await.
//! Start reading at [`Run`].

mod io;

pub use io::{Effect, Input, effect_of};
