//! A wall clock that is put forward or back by hours, while runs go on and between two starts. On tokio's paused clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use chalktalk::event::{Event, Recorded};
use chalktalk::journal::Journal;
use chalktalk::runner::{Config, Runner, World};
use serde_json::json;

use super::events;
use super::support::{Spy, UNIX_MS, config_with, passed, prepared, start};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;

/// A call that is tried again after a while, a wait that times out, and a call with a deadline.
const PLAY: &str = "play t/1/p {
  snap a
  call b = demo/1/flaky retry 2 backoff 10m..10m
  wait-for-signal c \"never\" timeout 3h
  call d = demo/1/echo timeout 1h
  pass e
  a -> b -> c
  c -> d on timeout
  d -> e
}";

const BY_KEY: &str = "play t/1/k {
  snap a
  wait-for-signal b \"paid\" key (ball) timeout 1s
  pass came
  pass never
  a -> b -> came
  b -> never on timeout
}";

struct Wall(Arc<AtomicU64>);

impl Wall {
    fn new() -> (Self, World) {
        let unix_ms = Arc::new(AtomicU64::new(UNIX_MS));
        let shown = Arc::clone(&unix_ms);
        let read = move || SystemTime::UNIX_EPOCH + Duration::from_millis(shown.load(Ordering::Relaxed));
        (Self(unix_ms), World::with_wall(read))
    }

    fn set(&self, unix_ms: u64) {
        self.0.store(unix_ms, Ordering::Relaxed);
    }
}

/// Ten jumps up and down; the run is as long as without them.
#[tokio::test(start_paused = true)]
async fn no_timer_of_a_run_hears_of_a_jump() {
    let mut all = Vec::new();
    for jumps in [false, true] {
        let (wall, world) = Wall::new();
        let spy = Spy::new();
        let runner = Runner::spawn(Config { world, builtin: Some(spy.clone()), ..config_with(Journal::memory()) });
        let run = start(&runner, &prepared(PLAY), json!({"fails": 2})).await;
        let end = runner.wait(&run);
        tokio::pin!(end);
        for n in 0_u64.. {
            let shown = if n % 2 == 0 { UNIX_MS + 7 * HOUR_MS } else { UNIX_MS - 9 * HOUR_MS };
            if jumps {
                wall.set(shown);
            }
            tokio::select! {
                outcome = &mut end => { passed(&outcome.unwrap()); break; }
                () = tokio::time::sleep(Duration::from_millis(7 * MINUTE_MS)) => {}
            }
        }
        let events = events(&runner, &run).await;
        assert!(events.is_sorted_by_key(|recorded| recorded.at));
        // To the second: the backoff has a jitter of its own, so the wait is what is measured.
        let parked = at(&events, |event| matches!(event, Event::Parked { .. }));
        let called = at(&events, |event| matches!(event, Event::Called { node, .. } if node.as_str() == "d"));
        assert_eq!(called - parked, 3 * 3600);
        all.push(called);
        // The deadline is a date for the worker, on the wall clock of that moment.
        let deadline = spy.calls().last().unwrap().deadline.unwrap().seconds;
        let shown = i64::try_from(wall.0.load(Ordering::Relaxed) / 1000).unwrap();
        assert!((shown + 3600..=shown + 3601).contains(&deadline), "{deadline} is an hour after {shown}");
        // So is the start of a run that comes now.
        let later = start(&runner, &prepared(PLAY), json!({"fails": 0})).await;
        let info = runner.reader().await.unwrap().run(&later).unwrap();
        assert_eq!(i64::try_from(info.started_ms / 1000).unwrap(), shown);
    }
    assert!(all.iter().all(|called| (3 * 3600..3 * 3600 + 3600).contains(called)), "{all:?}");
}

/// In seconds of the run.
fn at(events: &[Recorded], is: impl Fn(&Event) -> bool) -> u64 {
    events.iter().find(|recorded| is(&recorded.event)).unwrap().at.0 / 1_000_000
}

#[tokio::test(start_paused = true)]
async fn a_signal_is_kept_for_a_day_whatever_the_wall_clock_shows() {
    for shown in [UNIX_MS + 72 * HOUR_MS, UNIX_MS - 72 * HOUR_MS] {
        let (wall, world) = Wall::new();
        let runner = Runner::spawn(Config { world, ..config_with(Journal::memory()) });
        let play = prepared(BY_KEY);
        for key in ["soon", "late"] {
            runner.signal_key(key, "paid", json!(1), Some(key.to_owned())).await.unwrap();
        }
        wall.set(shown);
        for (hours, key, ends) in [(23, "soon", "came"), (2, "late", "never")] {
            tokio::time::sleep(Duration::from_millis(hours * HOUR_MS)).await;
            let run = start(&runner, &play, json!(key)).await;
            assert_eq!(passed(&runner.wait(&run).await.unwrap()).0, ends);
        }
    }
}

/// Between two starts nothing but the wall clock tells how much time went by. Put back behind the last event, that is
/// taken for no time: no timer waits for longer than it had left then. Put forward, for time that went by.
#[tokio::test(start_paused = true)]
async fn a_jump_between_two_starts_delays_no_timer_and_no_end_of_a_signal() {
    for (now_ms, waits_s, left_s) in [
        (UNIX_MS - 9 * HOUR_MS, 3 * 3600, 3 * 3600),
        (UNIX_MS + HOUR_MS, 3 * 3600, 2 * 3600),
        (UNIX_MS + 9 * HOUR_MS, 9 * 3600, 0),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let open = |unix_ms| {
            let config = config_with(Journal::open(folder.path()).unwrap());
            Runner::spawn(Config { world: World::seeded(unix_ms, 7), ..config })
        };
        let runner = open(UNIX_MS);
        let run = start(&runner, &prepared(PLAY), json!({"fails": 0})).await;
        runner.signal_key("key", "paid", json!(1), Some("s".to_owned())).await.unwrap();
        runner.stop().await.unwrap();

        let began = tokio::time::Instant::now();
        let runner = open(now_ms);
        passed(&runner.wait(&run).await.unwrap());
        assert_eq!(began.elapsed().as_secs(), left_s, "{now_ms}");
        let events = events(&runner, &run).await;
        assert!(events.is_sorted_by_key(|recorded| recorded.at));
        let parked = at(&events, |event| matches!(event, Event::Parked { .. }));
        let called = at(&events, |event| matches!(event, Event::Called { node, .. } if node.as_str() == "d"));
        assert_eq!(called - parked, waits_s, "{now_ms}");
        tokio::time::sleep(Duration::from_millis(24 * HOUR_MS)).await;
        let run = start(&runner, &prepared(BY_KEY), json!("key")).await;
        assert_eq!(passed(&runner.wait(&run).await.unwrap()).0, "never");
    }
}
