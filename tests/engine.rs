//! What each construct does to a run, played by hand: answers, signals and time come when the test says so.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::sync::Arc;

use chalktalk::base::{RunId, RunMicros};
use chalktalk::engine::{BallAt, Input, Run};
use chalktalk::event::{Answer, Code, Event, Failure, OpaquePayload, Outcome, Payload, Recorded, Started};
use chalktalk::lang;
use chalktalk::plan::{Catalog, Plan, choose_formation};
use serde_json::{Value, json};

struct Game {
    run: Run,
    now: RunMicros,
    journal: Vec<Recorded>,
}

impl Game {
    /// `body` is what stands between the braces; every target is `t`.
    fn start(body: &str, input: Value) -> Self {
        Self::start_with(body, Payload::from(input))
    }

    fn start_with(body: &str, input: Payload) -> Self {
        let source = lang::parse(format!("play a/1/b {{\n{}\n}}\n", body.replace("= t", "= demo/1/t")));
        assert!(source.diagnostics.is_empty(), "{:?}", source.diagnostics);
        let (_, play) = source.doc.plays().next().expect("there is a play");
        let formation = choose_formation(&source.doc, None).expect("none is named");
        let plan = Arc::new(Plan::compile(play, formation).expect("the play compiles"));
        let run = RunId::new("r");
        let pins = plan.pin(&Catalog::default(), &run).expect("versions are exact");
        let entry = if plan.snap().is_some() { None } else { plan.triggers().next().map(|(id, _)| id.clone()) };
        let started = Box::new(Started { input, pins, ..Started::new(run, plan.play.clone()) });
        let start = Input::Start { started, entry, within: None };
        let mut game = Self { run: Run::new(plan), now: RunMicros(0), journal: Vec::new() };
        game.give(&start);
        game
    }

    fn give(&mut self, input: &Input) {
        self.run.advance(self.now, input, &mut self.journal);
    }

    /// The answer to the oldest attempt that is out at `node`.
    fn reply(&mut self, node: &str, result: Result<Payload, Failure>) -> &mut Self {
        let out = self.run.balls().find_map(|(id, ball)| match ball.at {
            BallAt::Calling { attempt, .. } | BallAt::Caught { attempt, .. } if &**self.run.node_of(ball) == node => {
                Some((id, attempt))
            }
            _ => None,
        });
        let (ball, attempt) = out.unwrap_or_else(|| panic!("nothing is out at {node}: {:#?}", self.journal));
        self.give(&Input::Answer { ball, attempt, result: result.map(Answer::from), jitter: 0 });
        self
    }

    fn answer(&mut self, node: &str, value: Value) -> &mut Self {
        self.reply(node, Ok(Payload::from(value)))
    }

    fn fail(&mut self, node: &str, code: Code) -> &mut Self {
        self.reply(node, Err(Failure::new(code, "no")))
    }

    fn pass_ms(&mut self, ms: u64) -> &mut Self {
        self.now = self.now.plus(ms * 1000);
        self.give(&Input::Tick { jitter: 0 });
        self
    }

    fn signal(&mut self, id: &str, name: &str, key: Option<&str>, payload: Value) -> &mut Self {
        let key = key.map(str::to_owned);
        self.give(&Input::Signal { id: id.to_owned(), name: name.to_owned(), key, payload: payload.into() });
        self
    }

    fn out_at(&self, node: &str) -> usize {
        self.run.balls().filter(|(_, ball)| &**self.run.node_of(ball) == node).count()
    }

    #[track_caller]
    fn passes(&self, at: &str, value: &Value) {
        match self.run.outcome() {
            Some(Outcome::Passed { node, payload, .. }) => {
                assert_eq!((&**node, &*payload.to_json()), (at, value));
            }
            other => panic!("{other:?}\n{:#?}", self.journal),
        }
    }

    #[track_caller]
    fn fails(&self, code: Code, said: &str) {
        match self.run.outcome() {
            Some(Outcome::Failed { failure, .. }) => {
                assert!(failure.code == code && failure.message.contains(said), "{failure:?}");
            }
            other => panic!("{other:?}\n{:#?}", self.journal),
        }
    }

    fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.journal.iter().filter(|recorded| is(&recorded.event)).count()
    }
}

const FAN: &str =
    "snap s\n fan-out f\n call a = t\n call b = t\n call c = t\n pass p\n s -> f -> { a, b, c } -> j -> p\n";

#[test]
fn all_joins_what_came_keyed_by_where_it_came_from() {
    let mut game = Game::start(&format!("{FAN} fan-in j all"), json!(1));
    game.answer("c", json!(3)).answer("a", json!(1));
    assert!(!game.run.is_finished());
    game.answer("b", json!(2)).passes("p", &json!({"a": 1, "b": 2, "c": 3}));
}

#[test]
fn any_takes_the_winner_alone_and_calls_the_others_off() {
    let mut game = Game::start(&format!("{FAN} fan-in j any"), json!(1));
    game.answer("b", json!("first")).passes("p", &json!("first"));
    assert_eq!(game.count(|event| matches!(event, Event::Cancelled { .. })), 2);
}

#[test]
fn a_number_is_met_by_that_many_though_one_is_lost() {
    let mut game = Game::start(&format!("{FAN} fan-in j 2"), json!(1));
    game.fail("a", Code::Internal);
    game.answer("b", json!(2)).answer("c", json!(3)).passes("p", &json!({"b": 2, "c": 3}));
}

#[test]
fn a_number_that_can_no_longer_be_met_fails() {
    let mut game = Game::start(&format!("{FAN} fan-in j 2\n pass q\n j -> q on error"), json!(1));
    game.fail("a", Code::Internal).answer("b", json!(2)).fail("c", Code::Internal);
    match game.run.outcome() {
        Some(Outcome::Passed { node, payload, .. }) => {
            assert_eq!(&**node, "q");
            assert_eq!(payload.to_json()["error"]["code"], "FAILED_PRECONDITION");
            assert_eq!(payload.to_json()["input"], json!({"b": 2}));
        }
        other => panic!("{other:?}"),
    }
    let mut game = Game::start(&format!("{FAN} fan-in j any"), json!(1));
    game.fail("a", Code::Internal).fail("b", Code::Internal).fail("c", Code::Internal);
    game.fails(Code::FailedPrecondition, "no more can come");
}

#[test]
fn under_all_a_failure_without_a_way_out_fails_the_run() {
    let mut game = Game::start(&format!("{FAN} fan-in j all"), json!(1));
    game.answer("a", json!(1)).fail("b", Code::NotFound).fails(Code::NotFound, "no");
}

#[test]
fn a_fan_in_waits_no_longer_than_its_timeout_from_the_first_ball() {
    let mut game = Game::start(&format!("{FAN} fan-in j all timeout 1s\n pass q\n j -> q on timeout"), json!(1));
    game.pass_ms(5_000);
    game.answer("a", json!(1)).pass_ms(999);
    assert!(!game.run.is_finished());
    game.pass_ms(1);
    assert!(matches!(game.run.outcome(), Some(Outcome::Passed { node, .. }) if &**node == "q"));
}

#[test]
fn a_branch_that_ends_elsewhere_is_counted_out() {
    let body = "snap s\n fan-out f\n call a = t\n call b = t\n call log = t\n fan-in j all\n pass p
      s -> f -> { a, b } -> j -> p\n b -> log on error";
    let mut game = Game::start(body, json!(1));
    game.answer("a", json!(1)).fail("b", Code::Internal).passes("p", &json!({"a": 1}));
}

#[test]
fn an_unrelated_branch_outlives_a_race() {
    let body = "snap s\n fan-out f\n call a = t\n call b = t\n call audit = t\n fan-in j any\n fan-in k all\n pass p
      s -> f -> { a, b } -> j -> k -> p\n f -> audit -> k";
    let mut game = Game::start(body, json!(1));
    game.answer("a", json!("won"));
    assert_eq!((game.out_at("b"), game.out_at("audit")), (0, 1));
    game.answer("audit", json!("noted")).passes("p", &json!({"j": "won", "audit": "noted"}));
}

const EACH: &str = "snap s\n fan-out e each (ball.items)\n call a = t\n fan-in j all\n pass p\n s -> e -> a -> j -> p";

#[test]
fn each_joins_a_list_in_its_own_order_and_an_empty_one_at_once() {
    let mut game = Game::start(EACH, json!({"items": ["x", "y"]}));
    let balls: Vec<_> = game.run.balls().map(|(id, _)| id).collect();
    for (ball, value) in [(balls[1], "Y"), (balls[0], "X")] {
        game.give(&Input::Answer { ball, attempt: 1, result: Ok(json!(value).into()), jitter: 0 });
    }
    game.passes("p", &json!(["X", "Y"]));
    Game::start(EACH, json!({"items": []})).passes("p", &json!([]));
    Game::start(EACH, json!({"items": 7})).fails(Code::InvalidArgument, "each wants a list, and got a number");
}

#[test]
fn inside_each_every_element_is_joined_by_itself() {
    let body = "snap s\n fan-out e each (ball)\n fan-out f\n call a = t\n call b = t\n fan-in pair all\n fan-in list all\n pass p
      s -> e -> f -> { a, b } -> pair -> list -> p";
    let mut game = Game::start(body, json!([1, 2]));
    game.answer("a", json!("a1")).answer("a", json!("a2")).answer("b", json!("b1"));
    assert_eq!(game.count(|event| matches!(event, Event::Joined { node, .. } if &**node == "pair")), 1);
    game.answer("b", json!("b2")).passes("p", &json!([{"a": "a1", "b": "b1"}, {"a": "a2", "b": "b2"}]));
}

#[test]
fn guards_choose_the_first_that_holds_and_one_takes_a_single_wire() {
    let body = "snap s\n call a = t\n pass low\n pass high\n pass other
      s -> a -> low when (ball < 10)\n a -> high when (ball < 100)\n a -> other otherwise";
    for (n, pass) in [(5, "low"), (50, "high"), (500, "other")] {
        Game::start(body, json!(0)).answer("a", json!(n)).passes(pass, &json!(n));
    }
    let body = "snap s\n fan-out f one\n call a = t\n call b = t\n pass p
      s -> f\n f -> a when (ball > 1)\n f -> b when (ball > 0)\n { a, b } -> p";
    let game = Game::start(body, json!(2));
    assert_eq!((game.out_at("a"), game.out_at("b")), (1, 0));
    Game::start(body, json!(0)).fails(Code::FailedPrecondition, "otherwise");
    Game::start(body, json!({"x": 1})).fails(Code::InvalidArgument, "");
}

#[test]
fn attempts_back_off_and_end() {
    let body = "snap s\n call a = t retry 2 backoff 100ms..150ms\n pass p\n pass q\n s -> a -> p\n a -> q on error";
    let mut game = Game::start(body, json!(1));
    game.fail("a", Code::Unavailable);
    game.pass_ms(99);
    assert_eq!(game.count(|event| matches!(event, Event::Called { .. })), 1);
    game.pass_ms(1).fail("a", Code::Unavailable).pass_ms(149);
    assert_eq!(game.count(|event| matches!(event, Event::Called { .. })), 2);
    game.pass_ms(1).fail("a", Code::Unavailable);
    assert!(matches!(game.run.outcome(), Some(Outcome::Passed { node, .. }) if &**node == "q"));
    // What no attempt mends is not tried again.
    let mut game = Game::start(body, json!(1));
    game.fail("a", Code::InvalidArgument);
    assert_eq!(game.count(|event| matches!(event, Event::Called { .. })), 1);
    assert!(game.run.is_finished());
}

#[test]
fn a_late_answer_counts_for_nothing() {
    let body =
        "snap s\n call a = t timeout 1s retry 1 backoff 1s..1s\n pass p\n pass q\n s -> a -> p\n a -> q on timeout";
    let mut game = Game::start(body, json!(1));
    let (ball, _) = game.run.balls().next().map(|(id, ball)| (id, ball.clone())).unwrap();
    game.pass_ms(1_000);
    let n_events = game.journal.len();
    let late = Input::Answer { ball, attempt: 1, result: Ok(json!("late").into()), jitter: 0 };
    game.give(&late);
    assert_eq!(game.journal.len(), n_events);
    game.pass_ms(1_000);
    game.give(&late);
    game.answer("a", json!("in time")).passes("p", &json!("in time"));
    let mut game = Game::start(body, json!(1));
    game.pass_ms(1_000).pass_ms(1_000).pass_ms(1_000);
    assert!(matches!(game.run.outcome(), Some(Outcome::Passed { node, .. }) if &**node == "q"));
}

const WAIT: &str =
    "snap s\n call a = t\n wait-for-signal w \"go\" with ([ball, signal])\n wait-for-signal v \"go\" with ([ball, signal])
      pass p\n s -> a -> w -> v -> p";

#[test]
fn early_signals_are_kept_each_for_one_wait_and_doubles_count_once() {
    let mut game = Game::start(WAIT, json!(0));
    game.signal("1", "go", None, json!("one")).signal("1", "go", None, json!("one"));
    game.answer("a", json!(7));
    assert_eq!(game.out_at("v"), 1);
    game.signal("2", "stop", None, json!("no"));
    assert_eq!(game.out_at("v"), 1);
    game.signal("3", "go", None, json!("two")).passes("p", &json!([[7, "one"], "two"]));
}

#[test]
fn a_signal_by_key_goes_to_every_wait_for_it() {
    let body =
        "snap s\n fan-out e each (ball)\n wait-for-signal w \"go\" key (ball) with (signal)\n fan-in j all\n pass p
      s -> e -> w -> j -> p";
    let mut game = Game::start(body, json!(["x", "y", "x"]));
    game.signal("1", "go", Some("x"), json!("X"));
    assert_eq!(game.count(|event| matches!(event, Event::SignalUsed { .. })), 2);
    game.signal("2", "go", Some("y"), json!("Y")).passes("p", &json!(["X", "Y", "X"]));
}

#[test]
fn a_signal_starts_a_run_of_a_play_without_a_snap() {
    let game = Game::start("wait-for-signal w \"go\"\n pass p\n w -> p", json!({"n": 1}));
    game.passes("p", &json!({"n": 1}));
}

#[test]
fn a_wait_ends_at_its_timeout() {
    let body = "snap s\n wait-for-signal w \"go\" timeout 1s\n pass p\n pass q\n s -> w -> p\n w -> q on timeout";
    let mut game = Game::start(body, json!(1));
    game.pass_ms(1_000);
    assert!(matches!(game.run.outcome(), Some(Outcome::Passed { node, .. }) if &**node == "q"));
}

#[test]
fn a_worker_that_dies_loses_the_ball_to_the_next() {
    let mut game = Game::start("snap s\n wait-for-worker w = t\n pass p\n s -> w -> p", json!(1));
    let (ball, _) = game.run.balls().map(|(id, ball)| (id, ball.node)).next().unwrap();
    let caught = |attempt, worker: &str| Input::Caught { ball, attempt, worker: worker.to_owned() };
    game.give(&caught(1, "ann"));
    game.give(&Input::Dropped { ball, attempt: 1, worker: "ann".to_owned() });
    game.give(&caught(1, "late"));
    game.give(&caught(2, "bob"));
    game.answer("w", json!("packed")).passes("p", &json!("packed"));
}

#[test]
fn errors_say_what_failed_and_with_what() {
    let body = "snap s\n call a = t\n pass p\n pass q with ([error.code, ball.input])\n s -> a -> p\n a -> q on error";
    let mut game = Game::start(body, json!({"n": 1}));
    game.fail("a", Code::PermissionDenied).passes("q", &json!(["PERMISSION_DENIED", {"n": 1}]));
}

#[test]
fn cycles_end_by_their_guard_and_spinning_ones_by_a_limit() {
    let body = "snap s\n call a = t\n pass p\n s -> a\n a -> a when (ball < 3)\n a -> p otherwise";
    let mut game = Game::start(body, json!(0));
    game.answer("a", json!(1)).answer("a", json!(2)).answer("a", json!(3)).passes("p", &json!(3));
    let visits: Vec<u32> = game
        .journal
        .iter()
        .filter_map(|recorded| match recorded.event {
            Event::Called { visit, .. } => Some(visit),
            _ => None,
        })
        .collect();
    assert_eq!(visits, [1, 2, 3]);
    let spins = "snap s\n fan-out f one\n pass p\n s -> f\n f -> f when (ball > 0)\n f -> p otherwise";
    Game::start(spins, json!(1)).fails(Code::ResourceExhausted, "without a call or a wait");
}

#[test]
fn a_run_without_a_ball_left_fails() {
    let mut game = Game::start(
        "snap s\n call a = t\n pass p\n s -> a\n a -> p when (ball > 1)\n a -> s2 otherwise\n call s2 = t",
        json!(0),
    );
    game.answer("a", json!(0)).answer("s2", json!(0)).fails(Code::FailedPrecondition, "no ball is left");
}

#[test]
fn other_messages_pass_untouched_and_cannot_be_looked_into() {
    let opaque = Payload::Opaque(Arc::new(OpaquePayload { type_url: "x/y.Z".to_owned(), value: vec![1, 255] }));
    let game = Game::start_with("snap s\n pass p\n s -> p", opaque.clone());
    assert!(matches!(game.run.outcome(), Some(Outcome::Passed { payload, .. }) if *payload == opaque));
    let guarded = "snap s\n call a = t\n pass p\n s -> a when (ball.n > 1)\n a -> p\n s -> p otherwise";
    Game::start_with(guarded, opaque).fails(Code::InvalidArgument, "x/y.Z, which an expression cannot look into");
}
