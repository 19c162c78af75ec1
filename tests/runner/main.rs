//! Plays that really run: in the journal or in memory, on tokio's paused clock, with workers in this process.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod addresses;
mod levels;
mod recovery;
mod rerun;
mod signals;
pub(crate) mod support;
mod workers;

use std::time::Duration;

use chalktalk::base::RunMicros;
use chalktalk::event::{Code, Event, Outcome};
use chalktalk::journal::Status;
use chalktalk::runner::{Config, Error, Runner};
use serde_json::json;
use support::{Spy, config, failed, kinds, passed, prepared, prepared_with, start};

#[tokio::test(start_paused = true)]
async fn runs_the_checkout_from_the_snap_to_the_pass() {
    let runner = Runner::spawn(config());
    let play = prepared(
        "play shop/1.2/checkout {
           snap            order
           call            validate = shop/2.1/validate_order  timeout 2s  retry 3 backoff 100ms..5s
           fan-out         split
           call            charge   = payments/1.4/charge 95% | payments/2.0/charge 5%
           call            reserve  = stock/^3/reserve  retry 3
           call            gift     = shop/2.1/wrap
           fan-in          both  all  timeout 10s
           wait-for-signal approve \"manager-approved\"  key (ball.charge.order_id)  timeout 1h
           wait-for-worker pack = packing/1/pack  with ({order: ball.charge.order_id, by: signal.name})
           pass            shipped = shipping/1/dispatch
           order -> validate -> split -> { charge, reserve, gift } -> both
           both -> approve when (ball.charge.total > 100)
           both -> pack otherwise
           approve -> pack -> shipped
         }",
    );
    let order = json!({"order_id": "o-9", "items": [{"sku": "ball", "price": 60, "quantity": 2}]});
    let mut all = runner.watch_all();
    let run = start(&runner, &play, order).await;
    let mut watch = runner.watch(&run, 0).await.unwrap();
    let mut seen = Vec::new();
    while !matches!(seen.last(), Some(Event::Parked { node, .. }) if node.as_str() == "approve") {
        let (of, events) = watch.next().await.expect("the run goes on");
        assert_eq!(of, run);
        seen.extend(events.iter().map(|recorded| recorded.event.clone()));
    }
    assert_eq!(runner.signal_key("o-9", "manager-approved", json!({"name": "Ada"}), None).await.unwrap(), 1);
    let outcome = runner.wait(&run).await.unwrap();
    let (node, result) = passed(&outcome);
    assert_eq!((node, &result["order"], &result["by"]), ("shipped", &json!("o-9"), &json!("Ada")));
    assert!(result["tracking"].is_string());

    // Who watches hears all that is kept, once and in order; the watch of one run ends with it.
    while let Some((_, events)) = watch.next().await {
        seen.extend(events.iter().map(|recorded| recorded.event.clone()));
    }
    let kept = runner.reader().await.unwrap().events(&run).unwrap().events;
    assert_eq!(seen, kept.iter().map(|recorded| recorded.event.clone()).collect::<Vec<_>>());
    assert!(kept.iter().zip(0..).all(|(recorded, seq)| recorded.seq == seq));
    let mut n_told = 0;
    while let Some((_, events)) = all.try_next() {
        n_told += events.len();
    }
    assert_eq!(n_told, kept.len());

    let info = runner.reader().await.unwrap().run(&run).unwrap();
    assert_eq!(
        (info.status, info.n_events, info.play.to_string().as_str()),
        (Status::Passed, n_told as u64, "shop/1.2/checkout")
    );
    // The packer's worker is ready after a second, the warehouse takes 0.6 s.
    assert!((RunMicros::from_ms(1600)..RunMicros::from_ms(20_000)).contains(&info.duration), "{:?}", info.duration);
    let caught = kept.iter().any(|r| matches!(&r.event, Event::Caught { worker, .. } if worker == "packing/1-1"));
    assert!(caught);
}

#[tokio::test(start_paused = true)]
async fn events_are_kept_before_their_effects_start() {
    let mut config = config();
    let spy = Spy::new();
    spy.look_into(config.journal.reader().unwrap());
    config.builtin = Some(spy.clone());
    let runner = Runner::spawn(config);
    let play = prepared(
        "play t/1/p {
           snap a
           call b = demo/1/echo
           call c = demo/1/echo
           pass d
           a -> b -> c -> d
         }",
    );
    let run = start(&runner, &play, json!(1)).await;
    runner.wait(&run).await.unwrap();
    let looks = spy.looks();
    assert_eq!(looks.len(), 2);
    for (call, kept) in looks {
        let called = kept.iter().any(|event| matches!(event, Event::Called { node, .. } if node.as_str() == call.node));
        assert!(called, "{} was called before that was kept", call.node);
    }
}

#[tokio::test(start_paused = true)]
async fn a_flaky_call_is_tried_again_after_its_backoff() {
    let runner = Runner::spawn(config());
    let play = prepared(
        "play t/1/p {
           snap a
           call b = demo/1/flaky  retry 3 backoff 1s..60s
           pass c
           a -> b -> c
         }",
    );
    let run = start(&runner, &play, json!({"fails": 2})).await;
    assert_eq!(passed(&runner.wait(&run).await.unwrap()).1, json!({"attempt": 3}));
    let events = runner.reader().await.unwrap().events(&run).unwrap().events;
    let called: Vec<u64> =
        events.iter().filter(|r| matches!(r.event, Event::Called { .. })).map(|r| r.at.0 / 1000).collect();
    assert_eq!(called.len(), 3);
    // Jitter takes away up to a half.
    assert!((500..=1000).contains(&(called[1] - called[0])), "{called:?}");
    assert!((1000..=2000).contains(&(called[2] - called[1])), "{called:?}");

    let run = start(&runner, &play, json!({"fails": 9})).await;
    let (node, failure) = failed(&runner.wait(&run).await.unwrap());
    assert_eq!((node.as_deref(), failure.code), (Some("b"), Code::Unavailable));
}

#[tokio::test(start_paused = true)]
async fn what_is_late_is_called_off() {
    let mut config = config();
    let spy = Spy::new();
    config.builtin = Some(spy.clone());
    let runner = Runner::spawn(config);
    let play = prepared(
        "play t/1/p {
           snap a
           call b = demo/1/sleep  timeout 2s
           pass c
           pass late
           a -> b -> c
           b -> late on timeout
         }",
    );
    let run = start(&runner, &play, json!({"ms": 60_000})).await;
    let outcome = runner.wait(&run).await.unwrap();
    let (node, result) = passed(&outcome);
    assert_eq!((node, &result["error"]["code"]), ("late", &json!("DEADLINE_EXCEEDED")));
    let info = runner.reader().await.unwrap().run(&run).unwrap();
    assert_eq!(info.duration.0 / 1_000_000, 2);
    spy.until_dropped(1).await;
    let deadline = spy.calls()[0].deadline.expect("a timeout gives a deadline");
    assert_eq!(deadline.seconds, support::UNIX_MS.cast_signed() / 1000 + 2);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_ends_and_calls_off_what_it_called() {
    let mut config = config();
    let spy = Spy::new();
    config.builtin = Some(spy.clone());
    let runner = Runner::spawn(config);
    let play = prepared("play t/1/p {\n snap a\n call b = demo/1/sleep\n pass c\n a -> b -> c\n }");
    let run = start(&runner, &play, json!({"ms": 3_600_000})).await;
    spy.until_called(1).await;
    runner.cancel(&run, "changed my mind").await.unwrap();
    let outcome = runner.wait(&run).await.unwrap();
    assert_eq!(outcome, Outcome::Cancelled { reason: "changed my mind".into() });
    spy.until_dropped(1).await;
    assert!(matches!(runner.cancel(&run, "again").await, Err(Error::NotRunning { .. })));
    let reader = runner.reader().await.unwrap();
    assert_eq!(
        kinds(&reader.events(&run).unwrap().events),
        ["Started", "Snapped", "Moved", "Called", "CancelAsked", "Cancelled", "Finished"]
    );
    assert_eq!(reader.run(&run).unwrap().reason.as_deref(), Some("changed my mind"));
    runner.delete(&run).await.unwrap();
    assert!(reader.runs(9).unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_play_that_cannot_start_says_why() {
    let runner = Runner::spawn(config());
    let play = prepared("play t/1/p {\n snap a\n call b = stock/^9/reserve\n pass c\n a -> b -> c\n }");
    let error = runner.start(chalktalk::runner::Start::new(play, json!(1))).await.unwrap_err();
    assert_eq!(error.to_string(), "no version of stock meets ^9: known are 3.0.2");

    let text = "play t/1/p {\n role x\n snap a\n call b = x\n pass c\n a -> b -> c\n }";
    let error = support::prepare(text, None).unwrap_err();
    assert!(error.to_string().starts_with("the play cannot run: "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn targets_that_cannot_be_called_say_what_to_do() {
    let runner = Runner::spawn(Config { pulled: false, ..config() });
    let check = async |binding: &str, code: Code, words: &[&str]| {
        let text = format!(
            "play t/1/p {{\n snap a\n call b = shop/2.1/wrap\n pass c\n a -> b -> c\n }}\nformation f {{\n {binding}\n }}"
        );
        let run = start(&runner, &prepared_with(&text, "f"), json!({})).await;
        let (_, failure) = failed(&runner.wait(&run).await.unwrap());
        assert_eq!(failure.code, code, "{binding}: {}", failure.message);
        for word in words {
            assert!(failure.message.contains(word), "{binding}: {}", failure.message);
        }
    };
    check("shop/* pull", Code::FailedPrecondition, &["shop/2.1/wrap", "workers that pull", "'chalktalk serve'"]).await;
    check("shop/2.1 process \"x\"", Code::FailedPrecondition, &["`x`", "--allow-process"]).await;
    check("shop/* reflect \"ftp://x:1\"", Code::FailedPrecondition, &["http://"]).await;
    check("demo/* builtin", Code::NotFound, &["formation f says nothing about shop/2.1/wrap", "add a line"]).await;
    check("shop/* service \"what is this\"", Code::FailedPrecondition, &["'what is this' is not an address"]).await;
    check("shop/* service \"ftp://x:1\"", Code::FailedPrecondition, &["http://"]).await;
}

#[tokio::test(start_paused = true)]
async fn one_worker_holds_one_ball_at_a_time() {
    let runner = Runner::spawn(config());
    let play = prepared("play t/1/p {\n snap a\n wait-for-worker b = packing/1/pack\n pass c\n a -> b -> c\n }");
    let first = start(&runner, &play, json!({})).await;
    let second = start(&runner, &play, json!({})).await;
    let reader = runner.reader().await.unwrap();
    let mut times = Vec::new();
    for run in [&first, &second] {
        passed(&runner.wait(run).await.unwrap());
        let events = reader.events(run).unwrap().events;
        assert_eq!(kinds(&events)[3..6], ["Parked", "Caught", "Answered"]);
        times.push((events[4].at.0 / 1000, events[5].at.0 / 1000));
    }
    let (first, second) = (times[0], times[1]);
    assert!(first.0 >= 1000 && first.1 >= first.0 + 400 && second.0 >= first.1 + 1000, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_a_worker_can_be_called_off() {
    let runner = Runner::spawn(config());
    let play = prepared(
        "play t/1/p {\n snap a\n wait-for-worker b = packing/1/pack  timeout 300ms\n pass c\n a -> b -> c\n }",
    );
    let run = start(&runner, &play, json!({})).await;
    let (_, failure) = failed(&runner.wait(&run).await.unwrap());
    assert_eq!(failure.code, Code::DeadlineExceeded);
    // The worker's hands are free for the next.
    let other = prepared("play t/1/q {\n snap a\n wait-for-worker b = packing/1/pack\n pass c\n a -> b -> c\n }");
    let run = start(&runner, &other, json!({})).await;
    passed(&runner.wait(&run).await.unwrap());
}

#[test]
fn serves_code_without_a_runtime() {
    let runner = Runner::new(config()).unwrap();
    let play = prepared("play t/1/p {\n snap a\n call b = demo/1/upper\n pass c\n a -> b -> c\n }");
    let run = runner.start(chalktalk::runner::Start::new(play, json!("hut"))).wait().unwrap();
    assert_eq!(passed(&runner.wait(&run).wait().unwrap()).1, json!("HUT"));
    let mut watch = runner.watch(&run, 2).wait().unwrap();
    assert_eq!(watch.next_blocking().unwrap().1[0].seq, 2);
    assert!(watch.next_blocking().is_none());
    runner.stop().wait().unwrap();
    assert!(matches!(runner.wait(&run).wait(), Err(Error::Stopped)));
}

#[tokio::test(start_paused = true)]
async fn many_runs_go_on_side_by_side() {
    let runner = Runner::spawn(config());
    let play = prepared("play t/1/p {\n snap a\n call b = demo/1/sleep\n pass c\n a -> b -> c\n }");
    let began = tokio::time::Instant::now();
    let mut runs = Vec::new();
    for n in 0..300 {
        runs.push(start(&runner, &play, json!({"ms": 1000, "n": n})).await);
    }
    for (n, run) in runs.iter().enumerate() {
        assert_eq!(passed(&runner.wait(run).await.unwrap()).1["n"], n);
    }
    assert!(began.elapsed() < Duration::from_millis(1100), "{:?}", began.elapsed());
}
