//! Plays that call plays, on one runner.

use std::sync::Arc;

use chalktalk::base::{Coord, RunId};
use chalktalk::event::{Code, Event, Outcome, Recorded};
use chalktalk::journal::Journal;
use chalktalk::lang;
use chalktalk::runner::{MAX_DEPTH, Prepared, Runner, Start, child_run};
use serde_json::json;

use super::support::{Spy, config, config_with, failed, kinds, passed, prepared, prepared_with, start};

/// `n` plays, each of which calls the next; the last calls a worker.
fn tower(n: u32, leaf: &str) -> String {
    let play = |level: u32| {
        let to = if level == n { leaf.to_owned() } else { format!("t/{}/p", level + 1) };
        format!("play t/{level}/p {{\n snap a\n call b = {to}\n pass c\n a -> b -> c\n}}\n")
    };
    (1..=n).map(play).collect()
}

async fn events(runner: &Runner, run: &RunId) -> Vec<Recorded> {
    runner.reader().await.unwrap().events(run).unwrap().events
}

fn parent_of(events: &[Recorded]) -> (Option<RunId>, u32) {
    let Event::Started(started) = &events[0].event else { panic!("it starts") };
    (started.parent.as_ref().map(|(run, _)| run.clone()), started.depth)
}

#[tokio::test(start_paused = true)]
async fn plays_call_plays_many_levels_deep() {
    let runner = Runner::spawn(config());
    let run = start(&runner, &prepared(&tower(8, "demo/1/upper")), json!("hut")).await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()), ("c", json!("HUT")));
    let mut parent = run;
    for depth in 1..8 {
        // The call names its child by its own key, the child names its parent.
        let child = child_run(&parent, "b", 1, 1);
        let told = events(&runner, &child).await;
        assert_eq!(parent_of(&told), (Some(parent), depth));
        parent = child;
    }
    assert_eq!(runner.reader().await.unwrap().runs(99).unwrap().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn errors_come_up_and_keep_their_code() {
    let runner = Runner::spawn(config());
    let run =
        start(&runner, &prepared(&tower(3, "demo/1/fail")), json!({"code": "DATA_LOSS", "message": "flat"})).await;
    let (node, failure) = failed(&runner.wait(&run).await.unwrap());
    assert_eq!((node.as_deref(), failure.code), (Some("b"), Code::DataLoss));
    assert_eq!(failure.message, "t/2/p failed at b: t/3/p failed at b: flat");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_goes_down_to_the_last_worker() {
    let spy = Spy::new();
    let runner = Runner::spawn(chalktalk::runner::Config { builtin: Some(spy.clone()), ..config() });
    let run = start(&runner, &prepared(&tower(5, "demo/1/sleep")), json!({"ms": 3_600_000})).await;
    spy.until_called(1).await;
    runner.cancel(&run, "enough").await.unwrap();
    spy.until_dropped(1).await;
    let mut run = run;
    for level in 0..5 {
        let outcome = runner.wait(&run).await.unwrap();
        assert!(matches!(outcome, Outcome::Cancelled { .. }), "level {level}: {outcome:?}");
        run = child_run(&run, "b", 1, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_goes_down_and_the_one_who_set_it_decides() {
    let spy = Spy::new();
    let runner = Runner::spawn(chalktalk::runner::Config { builtin: Some(spy.clone()), ..config() });
    let text = tower(4, "demo/1/sleep").replacen("call b = t/2/p", "call b = t/2/p timeout 2s", 1);
    let run = start(&runner, &prepared(&text), json!({"ms": 3_600_000})).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!((failure.code, failure.message.as_str()), (Code::DeadlineExceeded, "no answer in time"));
    assert!(spy.calls()[0].deadline.is_some(), "the worker hears of it");
    spy.until_dropped(1).await;
    let leaf = (0..3).fold(run, |run, _| child_run(&run, "b", 1, 1));
    let Event::Started(started) = events(&runner, &leaf).await.remove(0).event else { panic!("it starts") };
    // Each level leaves the one above a little time to decide.
    assert!((2_000_000..2_500_000).contains(&started.until.unwrap().0), "{started:?}");
}

#[tokio::test(start_paused = true)]
async fn plays_that_call_each_other_without_end_are_refused() {
    let runner = Runner::spawn(config());
    let text = tower(2, "t/1/p");
    let run = start(&runner, &prepared(&text), json!(1)).await;
    let failure = failed(&runner.wait(&run).await.unwrap()).1;
    assert_eq!(failure.code, Code::FailedPrecondition);
    assert!(failure.message.contains("do they call each other without end?"), "{}", failure.message);
    assert_eq!(runner.reader().await.unwrap().runs(99).unwrap().len(), MAX_DEPTH as usize + 1);
}

#[tokio::test(start_paused = true)]
async fn a_formation_may_bind_a_play_of_its_own_document_elsewhere() {
    let runner = Runner::spawn(config());
    let text = "play demo/1/upper { snap a\n pass c with (\"mine\")\n a -> c }
                play t/1/p { snap a\n call b = demo/1/upper\n pass c\n a -> b -> c }
                formation near { demo/* builtin }
                formation far { demo/* service \"http://127.0.0.1:1\" }";
    let doc = lang::parse(text).doc;
    let item = doc.plays().nth(1).unwrap().0;
    for (name, mine) in [(None, true), (Some("near"), true), (Some("far"), false)] {
        let formation = name.map(|name| chalktalk::plan::choose_formation(&doc, Some(name)).unwrap().unwrap());
        let play = Arc::new(Prepared::new(&doc, item, formation).unwrap());
        let outcome = {
            let run = start(&runner, &play, json!("hut")).await;
            runner.wait(&run).await.unwrap()
        };
        assert_eq!(matches!(outcome, Outcome::Passed { .. }), mine, "{name:?}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_registered_play_is_a_target_and_is_replaced_for_calls_to_come() {
    let runner = Runner::spawn(config());
    let caller = prepared("play t/1/p { snap a\n call b = other/^1/q\n pass c\n a -> b -> c }");
    let error = runner.start(Start::new(Arc::clone(&caller), json!(1))).await.unwrap_err();
    assert!(error.to_string().contains("no version of other meets ^1"), "{error}");
    for (version, says) in [("1.2", "one"), ("1.3", "two"), ("1.3", "three"), ("2.0", "four")] {
        let text = format!("play other/{version}/q {{ snap a\n pass c with (\"{says}\")\n a -> c }}");
        runner.register(vec![prepared(&text)]).await.unwrap();
        let run = start(&runner, &caller, json!(1)).await;
        let expected = if says == "four" { "three" } else { says };
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!(expected));
    }
    let names: Vec<String> = runner.plays().iter().map(|play| play.plan.play.to_string()).collect();
    assert_eq!(names, ["other/1.2/q", "other/1.3/q", "other/2.0/q"]);
    assert!(runner.play(&Coord::new("other", "1.2", "q")).is_some());
}

#[tokio::test(start_paused = true)]
async fn the_same_id_starts_one_run() {
    let runner = Runner::spawn(config());
    let play = prepared("play t/1/p { snap a\n call b = demo/1/sleep\n pass c\n a -> b -> c }");
    let id = Some(RunId::new("the-one"));
    let start = || Start { id: id.clone(), ..Start::new(Arc::clone(&play), json!({"ms": 500})) };
    let (one, two) = (runner.start(start()).await.unwrap(), runner.start(start()).await.unwrap());
    assert_eq!((&one, &two), (id.as_ref().unwrap(), id.as_ref().unwrap()));
    passed(&runner.wait(&one).await.unwrap());
    // Also once it has ended; but not for another play.
    runner.start(start()).await.unwrap();
    assert_eq!(kinds(&events(&runner, &one).await).iter().filter(|kind| *kind == "Called").count(), 1);
    let other = prepared("play t/2/p { snap a\n pass c\n a -> c }");
    let error = runner.start(Start { prepared: other, ..start() }).await.unwrap_err();
    assert!(error.to_string().contains("plays t/1/p already"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_play_takes_the_ball_of_a_wait_for_worker_at_once() {
    let runner = Runner::spawn(config());
    let text = tower(2, "demo/1/upper").replacen("call b", "wait-for-worker b", 1);
    let run = start(&runner, &prepared(&text), json!("hut")).await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!("HUT"));
    assert_eq!(kinds(&events(&runner, &run).await)[3..6], ["Parked", "Caught", "Answered"]);
}

/// Both levels are cut off while the worker works, and go on: no level is started again, the worker is called again
/// with the same key.
#[tokio::test(start_paused = true)]
async fn parent_and_child_go_on_after_a_restart() {
    for first in ["call b", "wait-for-worker b"] {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "{}\nformation f {{ demo/* builtin }}",
            tower(3, "demo/1/sleep").replace("call b = t", &format!("{first} = t"))
        );
        let spy = Spy::new();
        let config = || chalktalk::runner::Config {
            builtin: Some(spy.clone()),
            ..config_with(Journal::open(folder.path()).unwrap())
        };
        let runner = Runner::spawn(config());
        let run = start(&runner, &prepared_with(&text, "f"), json!({"ms": 60_000})).await;
        spy.until_called(1).await;
        runner.stop().await.unwrap();

        let runner = Runner::spawn(config());
        assert!(runner.recovered().await.unwrap().iter().all(|recovered| recovered.result.is_ok()));
        passed(&runner.wait(&run).await.unwrap());
        assert_eq!(spy.keys(), ["b 1 1", "b 1 1"]);
        assert_eq!(spy.calls()[0].run, spy.calls()[1].run);
        assert_eq!(runner.reader().await.unwrap().runs(99).unwrap().len(), 3);
        runner.stop().await.unwrap();
    }
}

/// What was registered is there after a restart, also for a call that was cut off.
#[tokio::test(start_paused = true)]
async fn registered_plays_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let config = || config_with(Journal::open(folder.path()).unwrap());
    let runner = Runner::spawn(config());
    runner.register(vec![prepared(&tower(1, "demo/1/upper"))]).await.unwrap();
    runner.stop().await.unwrap();
    let runner = Runner::spawn(config());
    runner.recovered().await.unwrap();
    let run =
        start(&runner, &prepared("play x/1/y { snap a\n call b = t/1/p\n pass c\n a -> b -> c }"), json!("hut")).await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!("HUT"));
}
