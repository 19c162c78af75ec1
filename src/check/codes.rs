use crate::diag::Code;

/// Everything that a check looks for, beside the `L…` codes of the parser.
pub const CODES: &[Code] = &[
    Code::error(
        "F001",
        "A formation has no binding for a target of a play, or for a target that fills a role",
        "Add a line to the formation that matches it, as in 'payments/* builtin'",
    ),
    Code::error(
        "F002",
        "A formation does not fill a role of a play",
        "Add 'role courier = image/version/method' to the formation",
    ),
    Code::warning(
        "F003",
        "A formation fills a role that no play of the file has",
        "Correct the name of the role, or remove the line",
    ),
    Code::error("F004", "Two formations have the same name", "Rename one of them"),
    Code::warning(
        "F005",
        "A binding is never used, because one above it matches the same",
        "The first line that matches is taken: remove the later one, or move it up",
    ),
    Code::error("F006", "A role is filled twice", "Remove one of the two lines"),
    Code::error("F007", "A role is filled by another role", "Write the target itself, as image/version/method"),
    Code::error(
        "F008",
        "The address of a binding cannot be called",
        "Write it as \"http://host:port\"; only {image} and {version} are filled in",
    ),
    Code::error("P001", "A wire names a node that is not there", "Correct the name, or add the node"),
    Code::error("P002", "Two nodes have the same id", "Rename one of them, and its wires"),
    Code::error(
        "P003",
        "A play has no snap, and no wait-for-signal without a wire in: no run can start",
        "Add 'snap ID' and a wire from it, or a wait-for-signal without a wire in",
    ),
    Code::error(
        "P004",
        "A play has several snaps",
        "Keep one; a run that starts in another way starts at a wait-for-signal without a wire in",
    ),
    Code::warning("P005", "No ball can come to a node", "Lead a wire to it, or remove it"),
    Code::error(
        "P006",
        "A node leads nowhere, and is no pass",
        "Lead it on to another node, or to a pass that ends the run; a way on for errors alone is not enough",
    ),
    Code::error(
        "P007",
        "Several wires leave a node that may have one",
        "Put a fan-out between to go all ways; write 'when (…)' and 'otherwise' to choose one; keep one wire of each 'on'",
    ),
    Code::error(
        "P008",
        "An 'otherwise' has no 'when' beside it",
        "Remove 'otherwise', or add a wire of the same node with 'when (…)'",
    ),
    Code::error(
        "P009",
        "A fan-in waits for more balls than can come",
        "Write a smaller number or 'all', or lead more wires from the fan-out to it",
    ),
    Code::warning(
        "P010",
        "Only one ball can come to a fan-in, so it joins nothing",
        "Lead the other branches to it, or remove it",
    ),
    Code::error("P011", "The percentages of a mix do not add up to 100", "Change the percentages"),
    Code::error(
        "P012",
        "No condition lets balls out of a cycle",
        "Add a wire out of the cycle with 'when (…)', and 'otherwise' on the way back",
    ),
    Code::error(
        "P013",
        "A target names a role that the play does not have",
        "Correct the name, add the role to the play, or write image/version/method",
    ),
    Code::warning(
        "P014",
        "A role of a play is never used",
        "Use it as a target, as in 'call ID = courier', or remove it",
    ),
    Code::error("P015", "Two roles have the same name", "Remove one of them"),
    Code::error(
        "P016",
        "A wire 'on timeout' leaves a node without a timeout",
        "Add a timeout to the node, as in 'timeout 10s', or remove the wire",
    ),
    Code::warning(
        "P017",
        "An option does nothing on this kind of node",
        "Remove the option; retry, backoff and timeout are for what calls or waits, key is for wait-for-signal",
    ),
    Code::error("P018", "A wire leads into a snap", "Lead the wire to the node after the snap"),
    Code::error(
        "P019",
        "A wire leads out of a pass",
        "Remove the wire, or make the node a call; a pass to a target may lead on with 'on error' and 'on timeout'",
    ),
    Code::error("P020", "The same wire is there twice", "Keep one of them; to go two ways, lead the node to a fan-out"),
    Code::warning("P021", "A backoff stands without retries", "Add 'retry N', or remove the backoff"),
    Code::error(
        "P022",
        "The first wait of a backoff is longer than its longest",
        "Write the shorter duration first, as in 'backoff 100ms..5s'",
    ),
    Code::error("P023", "Two plays have the same coordinate", "Give one of them another version or method"),
    Code::warning(
        "P024",
        "A layout speaks twice of a node or a frame, or of what is not there",
        "Remove the entry, or the node from the frame",
    ),
    Code::error("P025", "A timeout is zero", "Write a longer one, or remove it"),
    Code::error("P026", "A signal has no name", "Write the name that the signal is sent by"),
    Code::warning(
        "P027",
        "A wire of 'fan-out … one' is never taken, because one before it has no condition",
        "Give the earlier wire a condition, or remove the later one",
    ),
    Code::error("P028", "A scenario names a node that is not there", "Correct the name, or add the node"),
    Code::error(
        "P029",
        "A step of a scenario says of a node what its kind does not do",
        "Name another node: only what has a target answers, fails or takes; only a wait-for-worker waits, a wait-for-signal takes a signal, and a run ends at a pass",
    ),
    Code::error(
        "P030",
        "A scenario sends a signal that no node of the play waits for",
        "Name a signal that a wait-for-signal has, or the node that waits for it, as in 'signal approve {}'",
    ),
    Code::warning(
        "P031",
        "A step of a scenario does nothing, because one before it says the same for good",
        "Remove the step, or say for how many attempts the one before it holds, as in 'charge fails \"UNAVAILABLE\" times 2'",
    ),
    Code::error("P032", "Two scenarios of a play have the same name", "Give one of them another name"),
    Code::error(
        "X001",
        "An expression cannot be read, or names what is not there",
        "Correct the expression where the mark points; it is CEL, over 'ball', 'signal', 'run', 'error' and 'balls'",
    ),
    Code::error(
        "X002",
        "An expression uses 'balls', 'error' or 'signal' where there is none",
        "Use 'ball', the payload; 'balls' is there at a fan-in, 'error' after 'on error' and 'on timeout', 'signal' after a wait-for-signal",
    ),
];
