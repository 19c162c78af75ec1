use crate::diag::Code;

/// Every code of the lexer and the parser.
pub const CODES: &[Code] = &[
    Code::error(
        "L001",
        "There is something that no statement can have at this place",
        "Remove it, or start a new line: a statement ends at the end of its line",
    ),
    Code::error(
        "L002",
        "A text in quotes is not closed on its line",
        "End it with \"; write \\n for a line break and \\\" for a quote",
    ),
    Code::error(
        "L003",
        "A text in quotes has an escape that does not exist",
        "Escapes are \\\" \\\\ \\n \\r \\t and \\u{…}",
    ),
    Code::error(
        "L004",
        "An expression is missing, empty or not closed",
        "Write it in parentheses, as in 'when (ball.total > 100)'; a quote in it must be closed on its line",
    ),
    Code::error(
        "L005",
        "A brace of a group or a layout is not closed, or a comma is missing in it",
        "Write { charge, reserve }",
    ),
    Code::error("L006", "A block is never closed", "Write } after its last statement"),
    Code::error("L007", "A brace closes nothing", "Remove it"),
    Code::error("L008", "A block has no opening brace", "Write { after its head"),
    Code::error(
        "L009",
        "A statement starts with an unknown word",
        "Correct the word: a statement starts with a connector, as in 'call charge = payments/1.4/charge', or is a wire, a -> b",
    ),
    Code::error("L010", "A statement stands outside of a play", "Put it between the braces of a play"),
    Code::error("L011", "A play has no coordinate", "Write image/version/method, as in 'play shop/1.2/checkout {'"),
    Code::error(
        "L012",
        "The head of a block goes on with something that it cannot have",
        "A play has a coordinate, then a title in quotes and a timeout, once each, then {; a formation has a name, then {",
    ),
    Code::error("L013", "A statement lacks = and a target", "Write it as in 'call charge = shop/2.1/validate'"),
    Code::error(
        "L014",
        "A name is missing, or is no name",
        "Start with a letter or _, go on with letters, digits and _; - stands only between them",
    ),
    Code::error(
        "L015",
        "A duration is missing, or is no duration",
        "Write a whole number and ms, s, m, h or d, as in 250ms or 2s; a backoff has two, as in 2s..30s",
    ),
    Code::error(
        "L016",
        "A target is missing, or is no target",
        "Write image/version/method, as in shop/2.1/validate, or the name of a role",
    ),
    Code::error(
        "L017",
        "A fan-in does not say for how many balls it waits",
        "Write all, any or a number, as in 'fan-in both all'",
    ),
    Code::error(
        "L018",
        "A wait-for-signal does not name its signal",
        "Write it in quotes, as in 'wait-for-signal approve \"manager-approved\"'",
    ),
    Code::error(
        "L019",
        "A percentage is missing, or is none",
        "Write a whole number from 0 to 100 and % after each target of the mix",
    ),
    Code::error(
        "L020",
        "An option is unknown, or is said twice",
        "Options are a title in quotes, with (…), key (…), timeout, retry and backoff, once each",
    ),
    Code::error(
        "L021",
        "A node and a wire stand in one statement",
        "Write the wire on a line of its own, with the node's name before the arrow",
    ),
    Code::error("L022", "A wire lacks an arrow or a node", "Write a -> b, or { a, b } -> c"),
    Code::error(
        "L023",
        "What follows a wire is no condition, or stands in the wrong place",
        "Write when (…), otherwise, on error or on timeout after the node that the wire leads to",
    ),
    Code::error("L024", "A number is missing, or is none", "Write a whole number, as in 'retry 3' or 'pod 50051'"),
    Code::error(
        "L025",
        "An entry of a layout is none",
        "Write 'layout { validate 120 80, split 320 80 }', parted by commas or new lines",
    ),
    Code::error(
        "L026",
        "A binding does not begin with an image and its version",
        "Write them, as in 'payments/1.4 builtin'; shop/* stands for all versions",
    ),
    Code::error(
        "L027",
        "A binding does not say how its workers are reached",
        "Write service \"http://…\", pod PORT, process \"…\", pull, builtin or reflect \"http://…\"",
    ),
    Code::error("L028", "A text in quotes is missing", "Write it as the help of the diagnostic shows"),
    Code::error(
        "L030",
        "A text, a wire or a mix is longer than this program reads",
        "Split it: a large play into several files, a large wire into several wires",
    ),
    Code::error("L031", "There are more problems than are shown", "Correct those that are shown, then check again"),
    Code::error(
        "L032",
        "A scenario has no name, or no opening brace",
        "Write it as in 'scenario \"declined\" { charge fails \"declined\", expect pass refused }'",
    ),
    Code::error(
        "L033",
        "A step of a scenario is none",
        "A step is input {…}, NODE answers {…}, NODE fails \"…\", NODE takes 5s, signal NODE {…} or expect …; steps are parted by commas or new lines",
    ),
    Code::error(
        "L034",
        "A value of a scenario is missing, or is none",
        "Write JSON, as in 'input {total: 120}', or an expression in parentheses, as in 'expect result (ball.total > 100)'",
    ),
];
