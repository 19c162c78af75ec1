//! The words of the language, in a sentence each.

/// Statements of a play: the word, what is written for it with `|` where the cursor goes, and what it does.
pub(super) const STATEMENTS: [(&str, &str, &str); 10] = [
    ("call", "call | = image/version/method", "sends the ball to a target, goes on with what comes back"),
    ("fan-out", "fan-out |", "sends a copy of the ball along every wire out whose guard holds"),
    ("fan-in", "fan-in | all", "joins the balls of a fan-out, then hands one on"),
    ("pass", "pass |", "ends the run with the ball as its result"),
    ("snap", "snap |", "where a run starts with its input"),
    ("wait-for-signal", "wait-for-signal | \"signal\"", "holds the ball until a signal of that name comes"),
    ("wait-for-worker", "wait-for-worker | = image/version/method", "holds the ball until a worker is ready for it"),
    ("role", "role |", "a target that a formation fills in"),
    ("layout", "layout { | }", "where the nodes stand on the canvas"),
    (
        "scenario",
        "scenario \"|\" {\n    input {}\n    expect pass\n  }",
        "a test of the play, on simulated time, with mocks",
    ),
];

/// Steps of a scenario.
pub(super) const STEPS: [(&str, &str, &str); 3] = [
    ("input", "input {|}", "what the snap gets"),
    ("signal", "signal |", "a signal that comes: as soon as a ball waits for it, or `at` a time"),
    ("expect", "expect |", "what has to be so in the end"),
];

/// What a step of a scenario says of a node with a target.
pub(super) const CLAUSES: [(&str, &str, &str); 5] = [
    ("answers", "answers {|}", "stands for what its target gives; (EXPR) sees what was sent as `ball`"),
    ("fails", "fails \"|UNAVAILABLE\"", "stands for a failure: a code, CODE: message, or a message"),
    ("takes", "takes |5s", "how long it is until its target answers"),
    ("waits", "waits |5s", "how long it is until a worker is ready"),
    ("times", "times |1", "for so many attempts; then comes the next of the node's"),
];

/// What a scenario may expect.
pub(super) const EXPECTATIONS: [(&str, &str, &str); 8] = [
    ("pass", "pass |", "the run ends by a pass, by this one"),
    ("fail", "fail |", "the run fails: at that node, with that code or text"),
    ("result", "result {|}", "the result is that; (EXPR): that is true of it as `ball`"),
    ("visited", "visited |", "a ball comes to that node, so many `times`"),
    ("not", "not |", "no ball comes to that node"),
    ("sent", "sent | {}", "that is sent to the node's target; (EXPR): that is true of it as `ball`"),
    ("within", "within |10s", "the run takes no longer"),
    ("parked", "parked |", "the run is not over: a ball waits at that node"),
];

/// Options of a node: as [`STATEMENTS`].
pub(super) const OPTIONS: [(&str, &str, &str); 6] = [
    ("timeout", "timeout |10s", "how long one attempt or wait may take; then 'on timeout' or 'on error'"),
    ("retry", "retry |3", "more attempts after the first, for errors that may pass and for timeouts"),
    ("backoff", "backoff |100ms..5s", "the first and the longest wait between attempts"),
    ("with", "with (|)", "shapes what is sent to the target; without a target, the ball that goes on"),
    ("key", "key (|)", "which signals belong to this ball"),
    ("\"title\"", "\"|\"", "what the canvas calls the node"),
];

/// Conditions of a wire.
pub(super) const CONDITIONS: [(&str, &str, &str); 4] = [
    ("when", "when (|)", "this way if the expression is true"),
    ("otherwise", "otherwise", "this way if no 'when' beside it holds"),
    ("on error", "on error", "this way if the node fails; the ball is then {error, input}"),
    ("on timeout", "on timeout", "this way if the node's timeout is over"),
];

pub(super) const POLICIES: [(&str, &str); 3] = [
    ("all", "waits for every ball that can still come"),
    ("any", "goes on with the first; the others are cancelled"),
    ("2", "waits for so many balls"),
];

pub(super) const SPREADS: [(&str, &str, &str); 2] = [
    ("one", "one", "only along the first wire whose guard holds"),
    ("each", "each (|)", "one ball per element of a list"),
];

pub(super) const WAYS: [(&str, &str, &str); 6] = [
    ("service", "service \"http://|\"", "gRPC servers at these addresses; {image} and {version} are filled in"),
    ("pod", "pod |50051", "a container in the same pod, at this port"),
    ("process", "process \"|\"", "a command that starts a worker, once the person has said yes"),
    ("pull", "pull", "workers that come and ask"),
    ("builtin", "builtin", "the demo workers inside this program"),
    ("reflect", "reflect \"http://|\"", "gRPC servers that never heard of Chalktalk, called by reflection"),
];

/// Variables of expressions.
pub(super) const VARS: [(&str, &str); 5] = [
    ("ball", "the payload"),
    ("signal", "the payload of the last signal that this ball carried"),
    ("run", "{id, play, started}; 'started' in unix milliseconds"),
    ("error", "{code, message, node}: why the node failed, after 'on error' and 'on timeout'"),
    ("balls", "what came to the fan-in, by the node that each came from"),
];

pub(super) const RUN_FIELDS: [(&str, &str); 3] = [
    ("id", "the run's id"),
    ("play", "the coordinate of the play, as text"),
    ("started", "when it started, in unix milliseconds"),
];

pub(super) const ERROR_FIELDS: [(&str, &str); 3] = [
    ("code", "as UNAVAILABLE or DEADLINE_EXCEEDED"),
    ("message", "what the worker said"),
    ("node", "the node that failed"),
];

/// Called as `value.name(…)`.
pub(super) const METHODS: [(&str, &str, &str); 9] = [
    ("contains", "contains(|)", "whether a text holds another"),
    ("startsWith", "startsWith(|)", "whether a text starts with another"),
    ("endsWith", "endsWith(|)", "whether a text ends with another"),
    ("size", "size()|", "characters of a text, elements of a list"),
    ("exists", "exists(x, |)", "whether it holds for one element"),
    ("all", "all(x, |)", "whether it holds for all elements"),
    ("filter", "filter(x, |)", "the elements that it holds for"),
    ("map", "map(x, |)", "what becomes of each element"),
    ("exists_one", "exists_one(x, |)", "whether it holds for exactly one element"),
];

/// Called as `name(…)`.
pub(super) const FUNCTIONS: [(&str, &str, &str); 7] = [
    ("has", "has(|)", "whether a field is there: has(ball.name)"),
    ("size", "size(|)", "characters of a text, elements of a list"),
    ("int", "int(|)", "a whole number; 64-bit integers of protobuf come as text"),
    ("double", "double(|)", "a number with a fraction"),
    ("string", "string(|)", "as text"),
    ("bool", "bool(|)", "true or false"),
    ("type", "type(|)", "compare it with int, string, list, map and so on"),
];

/// What a word of the language means where it is no name.
pub(super) fn meaning(word: &str) -> Option<&'static str> {
    let three = |table: &[(&str, &str, &'static str)]| {
        table.iter().find(|(name, ..)| *name == word).map(|(_, _, about)| *about)
    };
    let two = |table: &[(&str, &'static str)]| table.iter().find(|(name, _)| *name == word).map(|(_, about)| *about);
    three(&STATEMENTS)
        .or_else(|| three(&OPTIONS))
        .or_else(|| three(&CONDITIONS))
        .or_else(|| three(&SPREADS))
        .or_else(|| three(&WAYS))
        .or_else(|| three(&STEPS))
        .or_else(|| three(&CLAUSES))
        .or_else(|| three(&EXPECTATIONS))
        .or_else(|| two(&POLICIES))
        .or(match word {
            "play" => Some("a flow of calls, callable as image/version/method itself"),
            "formation" => Some("binds the targets of plays to a physical flow"),
            "on" => Some("followed by error or timeout: the way for what fails"),
            "container" => Some("the image of the container in the pod"),
            _ => None,
        })
}

/// The word itself, if the language has it.
pub(super) fn known(word: &str) -> Option<&'static str> {
    const WORDS: [&str; 49] = [
        "play",
        "formation",
        "snap",
        "call",
        "fan-out",
        "fan-in",
        "wait-for-signal",
        "wait-for-worker",
        "pass",
        "role",
        "layout",
        "timeout",
        "retry",
        "backoff",
        "with",
        "key",
        "when",
        "otherwise",
        "on",
        "error",
        "all",
        "any",
        "one",
        "each",
        "service",
        "pod",
        "process",
        "pull",
        "builtin",
        "reflect",
        "container",
        "on error",
        "on timeout",
        "scenario",
        "input",
        "signal",
        "expect",
        "answers",
        "fails",
        "takes",
        "waits",
        "times",
        "fail",
        "result",
        "visited",
        "not",
        "sent",
        "within",
        "parked",
    ];
    WORDS.into_iter().find(|known| *known == word)
}
