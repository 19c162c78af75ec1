//! A long record: how soon it is open, any instant of it, playing it, and the memory that it takes.
//!
//! Prints a line for each promise: what, measured, promised, `ok` or `MISSED`. `CHALKTALK_REPLAY` says how many events the
//! long record has (1,000,000). It is written by another process, so that its memory is not counted.

#![allow(clippy::print_stdout, clippy::cast_precision_loss, reason = "a program that prints a table")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use chalktalk::base::{BallId, Coord, GroupId, NodeId, RunId, RunMicros};
use chalktalk::engine::sim::Rng;
use chalktalk::event::{Child, Code, Event, Failure, Headers, Outcome, ParkedOn, Payload, Recorded, Started, WireRef};
use chalktalk::journal::{Append, Journal, Reader};
use chalktalk::replay::{Film, Filter, Jump, Listing, Playback, View};
use serde_json::json;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const N_NODES: u32 = 200;
const N_BALLS: u32 = 64;
/// As the window reads: see `cli/bridge.rs`.
const READ: usize = 1024;
/// Events that the window folds in one frame: see `gui/window.rs`.
const FOLDED: usize = 8192;

fn node(n: u32) -> NodeId {
    NodeId::new(format!("node-{}", n % N_NODES))
}

/// 100 bytes as JSON.
fn payload(n: u64) -> Payload {
    json!({"order": n, "customer": {"name": "Ada Lovelace", "city": "London"}, "ok": true, "note": "xxxxxxxxxx"}).into()
}

/// Balls that go round through calls, some of which fail and are made again, with fan-outs and waits between; about a
/// millisecond from one event to the next.
fn record(run: &RunId, n_events: u64) -> Vec<Recorded> {
    let mut rng = Rng::new(11);
    let mut events = Vec::new();
    let mut at = 0;
    let mut write = |event: Event, after: u64| {
        at += after;
        let seq = events.len() as u64;
        events.push(Recorded { seq, at: RunMicros(at), event });
        seq + 1
    };
    let started = Started::new(run.clone(), Coord::new("bench", "1", "replay"));
    write(Event::Started(Box::new(started)), 0);
    let mut balls: Vec<(BallId, u32)> = Vec::new();
    let (mut next_ball, mut next_group) = (0, 1);
    for _ in 0..N_BALLS {
        let ball = BallId(next_ball);
        write(Event::Snapped { ball, node: node(next_ball), payload: payload(0), signal: None }, 0);
        balls.push((ball, next_ball));
        next_ball += 1;
    }
    let mut n = 0;
    while n + 20 < n_events {
        let which = usize::try_from(rng.below(balls.len() as u64)).expect("it is a place");
        let (ball, at) = balls[which];
        let here = node(at);
        let wire = WireRef { from: here.clone(), to: node(at + 1), nth: 0 };
        let to = Coord::new("demo", "1.2.3", "work");
        let call = |attempt| Event::Called {
            ball,
            node: here.clone(),
            attempt,
            visit: at / N_NODES + 1,
            to: to.clone(),
            payload: payload(n),
            until: None,
        };
        match rng.below(40) {
            0 => {
                let group = GroupId(next_group);
                next_group += 1;
                let into: Vec<Child> = (0..3)
                    .map(|k| Child { ball: BallId(next_ball + k), to: node(at + 1 + k), nth: 0, payload: None })
                    .collect();
                let from: Vec<BallId> = into.iter().map(|child| child.ball).collect();
                next_ball += 3;
                write(Event::Split { ball, node: here.clone(), group, into: into.clone() }, 900);
                let fan_in = node(at + 5);
                for child in into {
                    let wire = WireRef { from: child.to, to: fan_in.clone(), nth: 0 };
                    write(Event::Moved { ball: child.ball, wire, payload: None }, 900);
                    write(Event::Waiting { ball: child.ball, node: fan_in.clone(), group, until: None }, 0);
                }
                let joined = BallId(next_ball);
                next_ball += 1;
                n = write(Event::Joined { node: fan_in, group, from, ball: joined, payload: payload(n) }, 100);
                balls[which] = (joined, at + 5);
            }
            1 => {
                let on = ParkedOn::Signal { name: "go".into(), key: None };
                let id = format!("s{n}");
                write(Event::Parked { ball, node: here.clone(), on, until: None }, 900);
                write(Event::Signalled { id: id.clone(), name: "go".into(), key: None, payload: payload(n) }, 2000);
                write(Event::SignalUsed { ball, node: here.clone(), id }, 0);
                n = write(Event::Moved { ball, wire, payload: None }, 0);
                balls[which].1 = at + 1;
            }
            kind => {
                write(call(1), 900);
                if kind == 2 {
                    let failure = Failure::new(Code::Unavailable, "connection refused");
                    let retry_at = Some(RunMicros(u64::MAX));
                    write(Event::AttemptFailed { ball, node: here.clone(), attempt: 1, failure, retry_at }, 1500);
                    write(call(2), 500);
                }
                let attempt = if kind == 2 { 2 } else { 1 };
                let headers = Headers::default();
                write(Event::Answered { ball, node: here.clone(), attempt, payload: payload(n), headers }, 1500);
                n = write(Event::Moved { ball, wire, payload: None }, 0);
                balls[which].1 = at + 1;
            }
        }
    }
    let (ball, at) = balls[0];
    write(Event::Passed { ball, node: node(at), payload: payload(n) }, 900);
    let outcome = Outcome::Passed { node: node(at), payload: payload(n), headers: Headers::default() };
    write(Event::Finished { outcome }, 0);
    events
}

/// As a runner keeps it: a few events at a time.
fn write(folder: &Path, run: &RunId, n_events: u64) {
    let events = record(run, n_events);
    let mut journal = Journal::open(folder).expect("the journal opens");
    let document = Some(journal.document("play bench/1/replay {\n  snap a\n}\n").expect("there is space"));
    let batches: Vec<&[Recorded]> = events.chunks(16).collect();
    for some in batches.chunks(64) {
        let batch: Vec<Append<'_>> = some.iter().map(|events| Append { run, document, events }).collect();
        for append in batch {
            journal.append(&[append], &[]).expect("there is space");
        }
    }
}

/// Reads on a thread of its own, as the window has it done.
fn read(folder: &Path, run: &RunId) -> Receiver<Vec<Recorded>> {
    let (to, from) = channel();
    let (folder, run) = (folder.to_owned(), run.clone());
    thread::spawn(move || {
        let reader = Reader::open(&folder).expect("the journal is there");
        let n_events = reader.run(&run).expect("the run is there").n_events;
        let mut seq = 0;
        while seq < n_events {
            let part = reader.events_to_show(&run, seq, READ).expect("it can be read").events;
            seq = part.last().expect("there are more").seq + 1;
            if to.send(part).is_err() {
                return;
            }
        }
    });
    from
}

struct Opened {
    film: Film,
    first_picture: Duration,
    whole: Duration,
    /// What folding took in the frames that it happened in, the longest.
    frame: Duration,
}

fn open(folder: &Path, run: &RunId) -> Opened {
    let since = Instant::now();
    let parts = read(folder, run);
    let (mut film, mut view) = (Film::new(), View::default());
    film.expect(Reader::open(folder).and_then(|reader| reader.run(run)).expect("the run is there").n_events);
    let (mut first_picture, mut frame) = (None, Duration::ZERO);
    while let Ok(part) = parts.recv() {
        let began = Instant::now();
        let mut n = part.len();
        let mut push = |events: Vec<Recorded>| {
            for recorded in events {
                film.push(recorded).expect("they come in order");
            }
        };
        push(part);
        while n < FOLDED
            && let Ok(more) = parts.try_recv()
        {
            n += more.len();
            push(more);
        }
        film.seek(&mut view, 1);
        frame = frame.max(began.elapsed());
        first_picture.get_or_insert_with(|| since.elapsed());
    }
    Opened { film, first_picture: first_picture.unwrap_or_default(), whole: since.elapsed(), frame }
}

fn bytes(what: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("the kernel says so");
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<f64>().expect("it is a number") * 1024.0
}

struct Table {
    missed: bool,
}

impl Table {
    fn row(&mut self, what: &str, measured: &str, promised: &str, ok: bool) {
        self.missed |= !ok;
        println!("{what:<46} {measured:<34} {promised:<24} {}", if ok { "ok" } else { "MISSED" });
    }

    fn at_most(&mut self, what: &str, took: Duration, limit_ms: u64) {
        let limit = Duration::from_millis(limit_ms);
        let promised = if limit_ms < 1000 { format!("at most {limit_ms} ms") } else { format!("at most {limit:?}") };
        self.row(what, &format!("{took:.2?}"), &promised, took <= limit);
    }
}

/// The longest and the middle one.
fn spread(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times.last().copied().unwrap_or_default(), times.get(times.len() / 2).copied().unwrap_or_default())
}

fn instants(film: &Film, table: &mut Table) {
    let mut rng = Rng::new(3);
    let mut view = View::default();
    let n = film.events().len() as u64;
    let times = (0..300).map(|_| {
        let wanted = usize::try_from(rng.below(n + 1)).expect("it is a place");
        let since = Instant::now();
        film.seek(&mut view, wanted);
        since.elapsed()
    });
    let (most, middle) = spread(times.collect());
    table.row(
        "any instant, of 300 at random",
        &format!("{middle:.2?}, max {most:.2?}"),
        "at most 50 ms, each",
        most <= Duration::from_millis(50),
    );
}

/// A frame of playing at 1000x, with what the slider and ten rows below it ask.
fn playing(film: &Film, backwards: bool, table: &mut Table) {
    let (mut playback, mut view) = (Playback::new(), View::default());
    playback.set_speed(1000.0);
    if backwards {
        playback.play_backwards(film);
    } else {
        playback.play(film);
    }
    let end = film.end();
    let edges: Vec<RunMicros> = (0..=500).map(|n| RunMicros(end.0 / 500 * n + n / 500)).collect();
    let mut times = Vec::new();
    while playback.is_playing() && times.len() < 2000 {
        let since = Instant::now();
        playback.update(1.0 / 60.0, film);
        playback.bring(&mut view, film);
        // The window keeps this picture while it plays; a run that is read or live makes it anew.
        std::hint::black_box(film.columns(&edges));
        for track in film.tracks().iter().take(10) {
            std::hint::black_box(track.stretches(RunMicros(0), end, end.0 / 400));
        }
        times.push(since.elapsed());
    }
    let n = times.len();
    let (most, middle) = spread(times);
    let way = if backwards { "backwards" } else { "forwards" };
    table.row(
        &format!("playing {way} at 1000x, {n} frames"),
        &format!("{middle:.2?}, max {most:.2?}"),
        "at most 16.7 ms, each",
        most <= Duration::from_micros(16_700),
    );
}

fn looking(film: &Film) {
    let since = Instant::now();
    let mut listing = Listing::new(Filter { text: "connection refused".into(), ..Filter::default() });
    let mut n_frames = 1;
    while !listing.look(film, 20_000) {
        n_frames += 1;
    }
    println!(
        "{:<46} {:.2?} over {n_frames} frames, {} found",
        "  all events looked through for a text",
        since.elapsed(),
        listing.len()
    );
    let since = Instant::now();
    let legs = film.critical_path();
    println!("{:<46} {:.2?}, {} visits", "  critical path", since.elapsed(), legs.len());
    let since = Instant::now();
    let found = film.find(&Jump::NextAt(NodeId::new("nowhere")), 0);
    println!("{:<46} {:.2?}, {}", "  next event of a node that has none", since.elapsed(), found.is_err());
}

fn main() {
    let run = RunId::new("bench");
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--write") {
        let n = args[at + 2].parse().expect("it is a number");
        write(Path::new(&args[at + 1]), &run, n);
        return;
    }
    let n: u64 = std::env::var("CHALKTALK_REPLAY").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let mut table = Table { missed: false };
    for (n, limit_ms) in [(10_000, 100), (n, 2000)] {
        let folder = tempfile::tempdir().expect("there is a folder for temporary files");
        let program = std::env::current_exe().expect("it runs");
        let written = Command::new(program).arg("--write").arg(folder.path()).arg(n.to_string()).status();
        assert!(written.expect("it starts").success(), "the record is written");
        let Opened { film, first_picture, whole, frame } = open(folder.path(), &run);
        assert!(film.is_finished() && film.events().len() as u64 + 40 > n, "all of it is there");
        table.at_most(&format!("{} events read from disk and folded", film.events().len()), whole, limit_ms);
        table.at_most("  its first picture", first_picture, 100);
        if n > 10_000 {
            table.at_most("  the longest frame while it is read", frame, 33);
            let (now, most) = (bytes("VmRSS"), bytes("VmHWM"));
            let told = format!("{:.0} MB, at most {:.0} MB", now / 1e6, most / 1e6);
            table.row("  memory of the whole process", &told, "under 1 GB", most < 1e9);
            instants(&film, &mut table);
            playing(&film, false, &mut table);
            playing(&film, true, &mut table);
            looking(&film);
        }
    }
    if table.missed {
        std::process::exit(1);
    }
}
