//! What a runner does with the runs that an earlier one left.

use chalktalk::event::{Code, Event, Failure, Outcome, Recorded};
use chalktalk::journal::{Append, FILE_NAME, Journal, Reader, Status};
use chalktalk::runner::{Config, Runner, World, child_run};
use serde_json::json;

use super::support::{Spy, UNIX_MS, config_with, failed, kinds, passed, prepared, start};

/// What a runner that was killed leaves behind is what a stopped one does: stopping writes nothing.
fn again(folder: &std::path::Path, later_ms: u64) -> (Config, std::sync::Arc<Spy>) {
    let spy = Spy::new();
    let journal = Journal::open(folder).unwrap();
    let config =
        Config { world: World::seeded(UNIX_MS + later_ms, 8), builtin: Some(spy.clone()), ..config_with(journal) };
    (config, spy)
}

#[tokio::test(start_paused = true)]
async fn a_finished_call_is_not_made_again_and_one_in_flight_is() {
    let folder = tempfile::tempdir().unwrap();
    let (config, spy) = again(folder.path(), 0);
    let runner = Runner::spawn(config);
    let play = prepared(
        "play t/1/p {
           snap a
           call b = demo/1/echo
           call c = demo/1/sleep
           call d = demo/1/echo
           pass e
           a -> b -> c -> d -> e
         }",
    );
    let run = start(&runner, &play, json!({"ms": 60_000})).await;
    spy.until_called(2).await;
    runner.stop().await.unwrap();
    assert_eq!(spy.keys(), ["b 1 1", "c 1 1"]);

    let (config, spy) = again(folder.path(), 5000);
    let runner = Runner::spawn(config);
    let recovered = runner.recovered().await.unwrap();
    assert_eq!(recovered.len(), 1);
    assert_eq!((&recovered[0].run, &recovered[0].result), (&run, &Ok(())));
    passed(&runner.wait(&run).await.unwrap());
    assert_eq!(spy.keys(), ["c 1 1", "d 1 1"]);
    assert!(spy.calls().iter().all(|ball| ball.run == run.as_str()));
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    assert_eq!(kinds(&events).iter().filter(|kind| *kind == "Called").count(), 3);
    // The run's clock went on while nobody ran it.
    let answered = events.iter().filter(|r| matches!(r.event, Event::Answered { .. })).map(|r| r.at.0 / 1_000_000);
    assert_eq!(answered.collect::<Vec<_>>(), [0, 65, 65]);
}

#[tokio::test(start_paused = true)]
async fn waits_retries_and_timeouts_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (config, _) = again(folder.path(), 0);
    let runner = Runner::spawn(config);
    let waits = prepared("play t/1/w {\n snap a\n wait-for-signal b \"go\"\n pass c\n a -> b -> c\n }");
    let keyed = prepared("play t/1/k {\n snap a\n wait-for-signal b \"go\" key (\"k\")\n pass c\n a -> b -> c\n }");
    let late = prepared("play t/1/l {\n snap a\n call b = demo/1/sleep timeout 10s\n pass c\n a -> b -> c\n }");
    let packs = prepared("play t/1/o {\n snap a\n wait-for-worker b = packing/1/pack\n pass c\n a -> b -> c\n }");
    let tries =
        prepared("play t/1/r {\n snap a\n call b = demo/1/flaky retry 1 backoff 1m..1m\n pass c\n a -> b -> c\n }");
    let mut runs = Vec::new();
    for play in [&waits, &keyed, &late, &packs, &packs, &tries] {
        runs.push(start(&runner, play, json!({"ms": 3_600_000})).await);
    }
    // The first parcel is in the packer's hands, the second waits for them.
    let mut watch = runner.watch(&runs[3], 0).await.unwrap();
    while !matches!(watch.next().await.unwrap().1.last(), Some(Recorded { event: Event::Caught { .. }, .. })) {}
    runner.stop().await.unwrap();

    let (config, spy) = again(folder.path(), 20_000);
    let runner = Runner::spawn(config);
    assert!(runner.recovered().await.unwrap().iter().all(|recovered| recovered.result.is_ok()));
    runner.signal(&runs[0], "go", json!(1), None).await.unwrap();
    assert_eq!(runner.signal_key("k", "go", json!(1), None).await.unwrap(), 1);
    for at in [0, 1, 3, 4, 5] {
        passed(&runner.wait(&runs[at]).await.unwrap());
    }
    assert_eq!(failed(&runner.wait(&runs[2]).await.unwrap()).1.message, "no answer in time");
    // The late one was not called again only to be given up; the parcel that was held is a new attempt.
    let mut keys = spy.keys();
    keys.sort();
    assert_eq!(keys, ["b 1 1", "b 1 2", "b 1 2"]);
    let events = runner.reader().await.unwrap().events(&runs[3]).unwrap().events;
    assert_eq!(kinds(&events)[3..8], ["Parked", "Caught", "Dropped", "Parked", "Caught"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_cannot_go_on_is_told_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (config, _) = again(folder.path(), 0);
    let runner = Runner::spawn(config);
    let play = prepared("play t/1/w {\n snap a\n wait-for-signal b \"go\"\n pass c\n a -> b -> c\n }");
    let good = start(&runner, &play, json!(1)).await;
    let newer = start(&runner, &play, json!(1)).await;
    let changed = start(&runner, &play, json!(1)).await;
    runner.stop().await.unwrap();
    let file = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
    let edit = |sql: &str, run: &str| assert_eq!(file.execute(sql, [run]).unwrap(), 1);
    edit("UPDATE batch SET v = 9 WHERE seq = 0 AND run = (SELECT n FROM run WHERE id = ?1)", &newer);
    edit(
        "UPDATE batch SET body = replace(body, '\"digest\":\"', '\"digest\":\"0') WHERE seq = 0 AND run = (SELECT n FROM run WHERE id = ?1)",
        &changed,
    );
    drop(file);

    let (config, _) = again(folder.path(), 0);
    let runner = Runner::spawn(config);
    let told: Vec<_> = runner.recovered().await.unwrap().into_iter().map(|r| (r.run, r.result)).collect();
    assert_eq!(told[0], (good.clone(), Ok(())));
    assert!(told[1].1.as_ref().unwrap_err().contains("its event 0 cannot be read"), "{told:?}");
    assert!(told[2].1.as_ref().unwrap_err().contains("would run it differently"), "{told:?}");
    let reader = runner.reader().await.unwrap();
    for (run, result) in &told {
        let info = reader.run(run).unwrap();
        let expected = if result.is_ok() { Status::Running } else { Status::Stopped };
        assert_eq!((info.status, info.reason), (expected, result.clone().err()));
    }
    assert!(runner.signal(&newer, "go", json!(1), None).await.is_err());
    runner.signal(&good, "go", json!(1), None).await.unwrap();
    passed(&runner.wait(&good).await.unwrap());
    assert_eq!(reader.unfinished().unwrap(), [newer.clone(), changed.clone()]);
    runner.delete(&newer).await.unwrap();
    runner.stop().await.unwrap();

    // A program that can go on with it does.
    let file = rusqlite::Connection::open(folder.path().join(FILE_NAME)).unwrap();
    let sql = "UPDATE batch SET body = replace(body, '\"digest\":\"0', '\"digest\":\"') WHERE seq = 0";
    assert_eq!(file.execute(sql, []).unwrap(), 2);
    drop(file);
    let (config, _) = again(folder.path(), 0);
    let runner = Runner::spawn(config);
    runner.signal(&changed, "go", json!(1), None).await.unwrap();
    passed(&runner.wait(&changed).await.unwrap());
    let info = runner.reader().await.unwrap().run(&changed).unwrap();
    assert_eq!((info.status, info.reason), (Status::Passed, None));
}

#[tokio::test(start_paused = true)]
async fn a_runner_for_one_run_leaves_the_others_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (config, spy) = again(folder.path(), 0);
    let runner = Runner::spawn(config);
    let play = prepared("play t/1/p {\n snap a\n call b = demo/1/sleep timeout 2m\n pass c\n a -> b -> c\n }");
    let left = start(&runner, &play, json!({"ms": 60_000})).await;
    spy.until_called(1).await;
    runner.stop().await.unwrap();
    let before = Reader::open(folder.path()).unwrap().events(&left).unwrap();

    // Late enough that a runner that took it up would end it.
    let (config, spy) = again(folder.path(), 300_000);
    let runner = Runner::spawn(Config { resumes: false, ..config });
    let own = start(&runner, &play, json!({"ms": 1})).await;
    passed(&runner.wait(&own).await.unwrap());
    assert_eq!(runner.recovered().await.unwrap(), []);
    assert!(runner.signal(&left, "go", json!(1), None).await.is_err());
    runner.stop().await.unwrap();
    assert!(spy.calls().iter().all(|ball| ball.run == own.as_str()));
    assert_eq!(Reader::open(folder.path()).unwrap().events(&left).unwrap(), before);

    let (config, spy) = again(folder.path(), 5_000);
    let runner = Runner::spawn(config);
    passed(&runner.wait(&left).await.unwrap());
    assert_eq!(spy.keys(), ["b 1 1"]);
}

/// A kill between an attempt that is given up and the end of the run that served it.
#[tokio::test(start_paused = true)]
async fn a_child_that_its_parent_gave_up_on_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (config, spy) = again(folder.path(), 0);
    let runner = Runner::spawn(config);
    let play = prepared(
        "play t/1/p { snap a\n call b = t/1/q retry 1 backoff 1h..1h\n pass c\n a -> b -> c }
         play t/1/q { snap a\n call b = demo/1/sleep\n pass c\n a -> b -> c }",
    );
    let parent = start(&runner, &play, json!({"ms": 60_000})).await;
    let other = start(&runner, &play, json!({"ms": 1})).await;
    spy.until_called(2).await;
    passed(&runner.wait(&other).await.unwrap());
    runner.stop().await.unwrap();
    let child = child_run(&parent, "b", 1, 1);

    let mut journal = Journal::open(folder.path()).unwrap();
    let last = journal.events(&parent).unwrap().events.pop().unwrap();
    let Event::Called { ball, node, attempt, .. } = last.event else { panic!("{last:?}") };
    let failure = Failure::new(Code::DeadlineExceeded, "no answer in time");
    let event = Event::AttemptFailed { ball, node, attempt, failure, retry_at: Some(last.at.plus(3_600_000_000)) };
    let events = [Recorded { seq: last.seq + 1, at: last.at, event }];
    journal.append(&[Append { run: &parent, document: None, events: &events }], &[]).unwrap();
    drop(journal);

    let (config, _) = again(folder.path(), 1000);
    let runner = Runner::spawn(config);
    let outcome = runner.wait(&child).await.unwrap();
    assert!(matches!(&outcome, Outcome::Cancelled { reason } if reason == "its caller waits no more"), "{outcome:?}");
    assert_eq!(runner.reader().await.unwrap().run(&parent).unwrap().status, Status::Running);
}
