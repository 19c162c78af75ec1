use super::Entry;
use crate::app::{Command, Key, Shortcut};

pub const ENTRIES: &[Entry] = &[
    Entry {
        id: "scenario.run",
        title: "Play scenarios",
        does: "Play all scenarios of the play, on simulated time: nothing is called",
        words: "test check mock expect coverage",
        shortcuts: &[Shortcut::plain(Key::F(9))],
        command: || Command::PlayScenarios,
    },
    Entry {
        id: "scenario.show",
        title: "Scenarios panel",
        does: "List the scenarios of the play, how they went, and what can happen",
        words: "tests referee",
        shortcuts: &[],
        command: || Command::ShowScenarios,
    },
    Entry {
        id: "scenario.add",
        title: "Add scenario",
        does: "Write a scenario into the play",
        words: "test new",
        shortcuts: &[],
        command: || Command::AddScenario,
    },
    Entry {
        id: "scenario.coverage",
        title: "Coverage on the canvas",
        does: "Paint which nodes and wires the scenarios reach",
        words: "tests reached missed",
        shortcuts: &[],
        command: || Command::ToggleCoverage,
    },
    Entry {
        id: "scenario.explore",
        title: "What can happen",
        does: "Explore all that runs of the play can do: what never ends, is never reached, is lost",
        words: "referee model checker deep prove stuck deadlock",
        shortcuts: &[],
        command: || Command::Explore,
    },
];
