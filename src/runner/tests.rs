//! What needs a look inside: a disk that fills up. All else is in `tests/runner`.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::event::{Event, Outcome, Recorded};
use crate::journal::Journal;
use crate::lang;

fn prepared(text: &str) -> Arc<Prepared> {
    Arc::new(Prepared::new(&lang::parse(text).doc, 0, None).unwrap())
}

/// What this thread logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn begin(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone()).finish();
        tracing::subscriber::set_default(log)
    }

    fn count(&self, message: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).matches(message).count()
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_new_runs_and_loses_none() {
    let log = Log::default();
    let _logs = log.begin();
    let full = Arc::new(AtomicBool::new(false));
    let journal = Journal::that_fills(Arc::clone(&full));
    let config = Config { world: World::seeded(1_700_000_000_000, 1), ..Config::new(journal) };
    let runner = Runner::spawn(config);
    let play = prepared(
        "play t/1/p {\n snap a\n call b = demo/1/sleep\n wait-for-signal c \"go\"\n call d = demo/1/echo\n pass e\n a -> b -> c -> d -> e\n}",
    );
    let start = || Start::new(Arc::clone(&play), json!({"ms": 1000}));
    let run = runner.start(start()).await.unwrap();
    let mut watch = runner.watch(&run, 0).await.unwrap();

    // The answer comes while the disk is full: it is not told, and nothing follows from it.
    full.store(true, Ordering::Relaxed);
    let waited = runner.wait(&run);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let error = waited.await.unwrap_err();
    assert!(error.to_string().contains("is full: free some space"), "{error}");
    for _ in 0..2 {
        assert!(matches!(runner.start(start()).await, Err(Error::Journal(_))));
    }
    assert!(runner.signal(&run, "go", json!(1), Some("s".into())).await.is_err());
    let reader = runner.reader().await.unwrap();
    assert_eq!((reader.runs(9).unwrap().len(), reader.events(&run).unwrap().events.len()), (1, 4));

    // With space again it goes on by itself, from what it knows.
    full.store(false, Ordering::Relaxed);
    let outcome = loop {
        // Until the next try, waiting is refused.
        match runner.wait(&run).await {
            Ok(outcome) => break outcome,
            Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    };
    assert!(matches!(outcome, Outcome::Passed { .. }), "{outcome:?}");
    let events = reader.events(&run).unwrap().events;
    let mut told = Vec::new();
    while let Some((_, batch)) = watch.next().await {
        told.extend_from_slice(&batch);
    }
    assert_eq!(told, events);
    assert!(matches!(events.last(), Some(Recorded { event: Event::Finished { .. }, .. })));
    assert!(runner.start(start()).await.is_ok());
    assert_eq!(reader.runs(9).unwrap().len(), 2);
    // However often it was tried.
    assert_eq!((log.count("journal takes nothing"), log.count("journal takes events again")), (1, 1));
}

#[test]
fn a_watcher_that_is_too_slow_is_let_go() {
    let (watcher, mut slow) = watch::watch(None, None, watch::Room { batches: 1000, bytes: 64 << 20 });
    let batch: watch::Batch = (crate::base::RunId::new("r"), Arc::new([]));
    let mut n_told = 0;
    while watcher.tell(&batch) {
        n_told += 1;
        assert!(n_told < 1_000_000, "what it may fall behind is bounded");
    }
    drop(watcher);
    assert!(slow.has_lagged());
    let mut n_heard = 0;
    while slow.next_blocking().is_some() {
        n_heard += 1;
    }
    assert_eq!(n_heard, n_told);
}
