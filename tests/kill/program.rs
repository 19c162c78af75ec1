//! Runs are started by the real `chalktalk run`. What goes on with them is this test program, started again with a
//! variable that makes `the_program_starts_again` do the work.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use chalktalk::engine::sim::Rng;
use chalktalk::event::{Event, Outcome};
use chalktalk::journal::{Journal, Reader, Status};
use chalktalk::runner::{Config, Runner};
use serde_json::json;

use super::judge::{Key, Worker, count_call, count_cut, judge};

const DATA: &str = "CHALKTALK_KILL_DATA";
const N_KILLS: usize = 40;
const SEED: u64 = 20_261_124;

/// 40 events, six calls of a few milliseconds. The timeout makes a run that hangs one that fails.
const PLAY: &str = "
play t/1/p timeout 2m {
  snap a
  call b = stock/3.0.2/slow
  fan-out c
  call d = stock/3.0.2/slow
  call e = stock/3.0.2/slow
  call f = stock/3.0.2/echo
  fan-in g all
  call h = stock/3.0.2/slow  with ({ms: 1, sum: ball.d.ms + ball.e.ms + ball.f.ms})
  call i = stock/3.0.2/reserve  with ({order_id: string(ball.sum)})
  pass z
  a -> b -> c -> { d, e, f } -> g -> h -> i -> z
}
";

/// Does nothing in the test run itself.
#[test]
fn the_program_starts_again() {
    let Some(data) = std::env::var_os(DATA) else { return };
    let journal = Journal::open(data).unwrap();
    let unfinished = journal.unfinished().unwrap();
    let runner = Runner::new(Config::new(journal)).unwrap();
    let mut watch = runner.watch_all();
    thread::spawn(move || {
        while let Some((run, events)) = watch.next_blocking() {
            for event in events.iter() {
                drop(writeln!(std::io::stdout(), "{run} {}", event.seq));
            }
        }
    });
    let recovered = runner.recovered().wait().unwrap();
    assert_eq!(
        recovered.iter().map(|recovered| &recovered.run).collect::<Vec<_>>(),
        unfinished.iter().collect::<Vec<_>>()
    );
    for recovered in recovered {
        assert_eq!(recovered.result, Ok(()), "{}", recovered.run);
        runner.wait(&recovered.run).wait().unwrap();
    }
    runner.stop().wait().unwrap();
}

fn run(play: &Path, data: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("chalktalk"));
    command.arg("run").arg(play).args(["--input", "{\"ms\": 3}", "--events", "-", "--data"]).arg(data);
    command
}

fn start_again(data: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "program::the_program_starts_again", "--nocapture"]).env(DATA, data);
    command
}

/// Whether the program was killed, after some event and a moment more; else it had come to its end.
fn killed(command: &mut Command, rng: &mut Rng) -> bool {
    let mut program = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let n_lines = usize::try_from(rng.below(44)).unwrap();
    lines.by_ref().take(n_lines).for_each(drop);
    thread::sleep(Duration::from_micros(rng.below(4) * rng.below(1500)));
    program.kill().unwrap();
    let mut said = String::new();
    program.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let status = program.wait().unwrap();
    assert!(status.success() || status.signal() == Some(9), "{status}: {said}");
    status.signal() == Some(9)
}

#[test]
fn every_run_ends_and_no_answered_call_is_made_again() {
    let (mut worker, log) = Worker::start();
    let folder = tempfile::tempdir().unwrap();
    let (play, data) = (folder.path().join("p.play"), folder.path().join("data"));
    std::fs::write(&play, format!("{PLAY}formation f {{\n  stock/* service \"{}\"\n}}\n", worker.url)).unwrap();

    let mut rng = Rng::new(SEED);
    let mut n_kills = 0;
    // How often each call was under way when the program was killed.
    let mut n_cut: BTreeMap<Key, usize> = BTreeMap::new();
    while n_kills < N_KILLS {
        let again = rng.chance(600);
        let mut command = if again { start_again(&data) } else { run(&play, &data) };
        if killed(&mut command, &mut rng) {
            n_kills += 1;
            count_cut(&data, &mut n_cut);
        }
    }
    let last = start_again(&data).output().unwrap();
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));

    let reader = Reader::open(&data).unwrap();
    let runs = reader.runs(usize::MAX).unwrap();
    assert!(runs.len() > 10, "{} runs were started", runs.len());
    for info in &runs {
        assert_eq!(info.status, Status::Passed, "{info:?}");
        let last = reader.events(&info.run).unwrap().events.pop().unwrap();
        let Event::Finished { outcome: Outcome::Passed { payload, .. } } = last.event else { panic!("{last:?}") };
        assert_eq!(*payload.to_json(), json!({"order_id": "9", "reserved": 0, "shelf": "P7"}));
    }
    worker.stop();
    let mut n_calls = BTreeMap::new();
    log.for_each(|line| count_call(&line.unwrap(), &mut n_calls));
    judge(&reader, &n_calls, &n_cut);
}
