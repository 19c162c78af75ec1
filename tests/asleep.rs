//! Runs that sleep while they wait do what others do: all that `tests/runner` asks, with every run asleep that can be, and
//! scripts that must come out the same however many stay awake.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "runner/main.rs"]
mod runner;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chalktalk::base::RunId;
use chalktalk::engine::sim::Rng;
use chalktalk::event::{Event, Recorded};
use chalktalk::journal::Journal;
use chalktalk::runner::{Config, Limits, Prepared, Redact, Runner, World};
use runner::support::{UNIX_MS, kinds, passed, prepared, start};
use serde_json::{Value, json};
use tokio::time::sleep;

/// All ways to wait: for a signal to the run or to a key, for time, for others at a fan-in, for a play, for the next attempt.
const PLAYS: [&str; 5] = [
    "play t/1/waits { snap a\n wait-for-signal b \"go\" timeout 1h\n wait-for-signal c \"on\" key (ball.key)\n
       pass d with ({was: signal})\n pass late\n a -> b -> c -> d\n b -> late on timeout }",
    "play t/1/joins timeout 2h { snap a\n fan-out s\n wait-for-signal b \"go\"\n wait-for-signal c \"on\" key (ball.key) timeout 20m\n
       call d = demo/1/sleep\n fan-in j all timeout 40m\n pass e\n pass f\n a -> s -> { b, c, d } -> j -> e\n j -> f on timeout }",
    "play t/1/calls { snap a\n call b = t/1/inner timeout 50m\n wait-for-worker c = t/1/inner\n pass d\n pass e\n
       a -> b -> c -> d\n b -> e on timeout\n b -> e on error }
     play t/1/inner { snap a\n wait-for-signal b \"on\" key (ball.key)\n pass c with ({key: ball.key, was: signal})\n a -> b -> c }",
    "play t/1/tries { snap a\n call b = demo/1/flaky retry 2 backoff 10m..30m\n wait-for-signal c \"go\"\n pass d\n a -> b -> c -> d }",
    "play t/1/any { snap a\n fan-out s\n wait-for-signal b \"go\"\n wait-for-signal c \"on\" key (ball.key)\n fan-in j any\n
       wait-for-signal d \"on\" key (ball.key)\n pass e\n a -> s -> { b, c } -> j -> d -> e }",
];

fn config(journal: Journal, awake: usize, later_ms: u64) -> Config {
    let world = World::seeded(UNIX_MS + later_ms, 7 + later_ms);
    Config { world, limits: Limits { awake, ..Limits::default() }, ..Config::new(journal) }
}

/// What a script leaves: the events of all runs, by run.
type Left = BTreeMap<RunId, Vec<Recorded>>;

/// And how many slept at its end: a script of starts, signals, cancels, waits and restarts that follows from the seed.
async fn play_script(seed: u64, awake: usize, folder: &Path) -> (Left, u64) {
    let mut rng = Rng::new(seed);
    let plays: Vec<Arc<Prepared>> = PLAYS.iter().map(|text| prepared(text)).collect();
    let began = tokio::time::Instant::now();
    let open = || {
        let later_ms = u64::try_from(began.elapsed().as_millis()).unwrap();
        Runner::spawn(config(Journal::open(folder).unwrap(), awake, later_ms))
    };
    let mut runner = open();
    let mut runs: Vec<RunId> = Vec::new();
    for step in 0..60 {
        let key = format!("k{}", rng.below(6));
        match rng.below(12) {
            0..=3 if runs.len() < 12 => {
                let play = &plays[usize::try_from(rng.below(PLAYS.len() as u64)).unwrap()];
                // Two for each key: a commit of many is written on a thread of its own, which a paused clock does not wait for.
                let key = format!("k{}", runs.len() % 6);
                let input = json!({"key": key, "fails": rng.below(3), "ms": rng.below(3_000_000), "n": step});
                runs.push(start(&runner, play, input).await);
            }
            4 | 5 => {
                // The same id now and then.
                let id = format!("s{}", rng.below(40));
                drop(runner.signal_key(&key, "on", json!({"step": step}), Some(id)).await);
            }
            6 | 7 if !runs.is_empty() => {
                let run = &runs[usize::try_from(rng.below(runs.len() as u64)).unwrap()];
                let id = format!("r{}", rng.below(20));
                drop(runner.signal(run, ["go", "on"][step % 2], json!(step), Some(id)).await);
            }
            8 if !runs.is_empty() => {
                let run = &runs[usize::try_from(rng.below(runs.len() as u64)).unwrap()];
                drop(runner.cancel(run, "enough").await);
            }
            9 => {
                runner.stop().await.unwrap();
                runner = open();
            }
            _ => sleep(Duration::from_secs(rng.below(1500))).await,
        }
        // So that all that follows at once has happened.
        sleep(Duration::from_millis(1)).await;
    }
    let n_asleep = runner.standing().await.unwrap().asleep;
    runner.stop().await.unwrap();
    let reader = Journal::open(folder).unwrap();
    let all = reader.runs(usize::MAX).unwrap();
    let left = all.into_iter().map(|info| (info.run.clone(), reader.events(&info.run).unwrap().events));
    (left.collect(), n_asleep)
}

#[tokio::test(start_paused = true)]
async fn runs_come_out_the_same_however_many_stay_awake() {
    let mut seen = BTreeMap::new();
    let mut slept = 0;
    for seed in 0..50 {
        let mut all = Vec::new();
        for awake in [4096, 0, 2] {
            let folder = tempfile::tempdir().unwrap();
            let (left, n_asleep) = play_script(seed, awake, folder.path()).await;
            slept += if awake == 0 { n_asleep } else { 0 };
            all.push(left);
        }
        for other in &all[1..] {
            assert_eq!(all[0].keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "seed {seed}");
            for (run, events) in &all[0] {
                assert_eq!(events, &other[run], "seed {seed}, run {run}");
            }
        }
        for kind in all[0].values().flat_map(|events| kinds(events)) {
            *seen.entry(kind).or_insert(0) += 1;
        }
    }
    assert!(slept > 100, "{slept}");
    for kind in ["SignalUsed", "NodeFailed", "Cancelled", "Joined", "AttemptFailed", "Caught", "Finished"] {
        assert!(seen.get(kind).is_some_and(|n| *n > 20), "{kind}: {seen:?}");
    }
}

fn asleep() -> Runner {
    Runner::spawn(config(Journal::memory(), 0, 0))
}

async fn until_asleep(runner: &Runner) {
    loop {
        let standing = runner.standing().await.unwrap();
        if standing.asleep == standing.runs {
            return;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_sleeping_run_or_watches_it_hears_of_it() {
    let runner = asleep();
    let run = start(&runner, &prepared(PLAYS[0]), json!({"key": "k"})).await;
    until_asleep(&runner).await;
    let waits = runner.wait(&run);
    let mut watch = runner.watch(&run, 1).await.unwrap();
    assert_eq!(runner.standing().await.unwrap().asleep, 1, "to look at it does not wake it");
    runner.signal(&run, "go", json!(1), None).await.unwrap();
    until_asleep(&runner).await;
    assert!(matches!(runner.delete(&run).await, Err(chalktalk::runner::Error::StillRunning { .. })));
    assert_eq!(runner.signal_key("k", "on", json!(2), None).await.unwrap(), 1);
    assert_eq!(passed(&waits.await.unwrap()).1, json!({"was": 2}));
    let mut told = Vec::new();
    while let Some((_, events)) = watch.next().await {
        told.extend_from_slice(&events);
    }
    assert_eq!(told, runner.reader().await.unwrap().events_from(&run, 1).unwrap().events);
    assert_eq!(runner.standing().await.unwrap().runs, 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_goes_down_through_sleeping_runs() {
    let runner = asleep();
    let run = start(&runner, &prepared(PLAYS[2]), json!({"key": "k"})).await;
    until_asleep(&runner).await;
    assert_eq!(runner.standing().await.unwrap().asleep, 2);
    runner.cancel(&run, "enough").await.unwrap();
    let child = chalktalk::runner::child_run(&run, "b", 1, 1);
    assert!(matches!(runner.wait(&child).await.unwrap(), chalktalk::event::Outcome::Cancelled { .. }));
    assert_eq!(runner.standing().await.unwrap().runs, 0);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_holds_what_the_journal_lacks_does_not_sleep() {
    let config = Config { redact: Redact::new("secret").unwrap(), ..config(Journal::memory(), 0, 0) };
    let runner = Runner::spawn(config);
    let play = prepared("play t/1/p { snap a\n wait-for-signal b \"go\"\n pass c\n a -> b -> c }");
    let open = start(&runner, &play, json!({"open": 1})).await;
    let shut = start(&runner, &play, json!({"secret": 1})).await;
    sleep(Duration::from_millis(1)).await;
    let standing = runner.standing().await.unwrap();
    assert_eq!((standing.runs, standing.asleep), (2, 1));
    for (run, value) in [(open, json!({"open": 1})), (shut, json!({"secret": 1}))] {
        runner.signal(&run, "go", Value::Null, None).await.unwrap();
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, value);
    }
}

#[tokio::test(start_paused = true)]
async fn a_sleeping_run_that_cannot_be_read_is_stopped_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let runner = Runner::spawn(config(Journal::open(folder.path()).unwrap(), 0, 0));
    let run = start(&runner, &prepared(PLAYS[2]), json!({"key": "k"})).await;
    until_asleep(&runner).await;
    let file = rusqlite::Connection::open(folder.path().join(chalktalk::journal::FILE_NAME)).unwrap();
    let child = chalktalk::runner::child_run(&run, "b", 1, 1);
    let sql = "UPDATE batch SET v = 9 WHERE seq = 0 AND run = (SELECT n FROM run WHERE id = ?1)";
    assert_eq!(file.execute(sql, [child.as_str()]).unwrap(), 1);
    let waits = runner.wait(&child);
    runner.signal_key("k", "on", json!(1), None).await.unwrap();
    assert!(waits.await.is_err());
    let info = runner.reader().await.unwrap().run(&child).unwrap();
    assert!(info.reason.as_deref().is_some_and(|why| why.contains("its event 0 cannot be read")), "{info:?}");
    // Its caller hears of it and goes on.
    let outcome = runner.wait(&run).await.unwrap();
    assert_eq!(passed(&outcome).0, "e");
    let first = runner.reader().await.unwrap().events(&run).unwrap().events;
    assert!(first.iter().any(|recorded| matches!(&recorded.event, Event::NodeFailed { failure, .. } if failure.message.contains("cannot go on"))));
}
