//! Real programs on two computers that have one cable between them: network namespaces with a switch in the middle.
//!
//! To pull the cable is to take one port off the switch: nobody is told, no connection is reset, nothing comes through.
//! Wants the right to make network namespaces; without it each test says so and ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use super::example;
use super::safe::Safe;

const NEAR: &str = "10.77.0.1";
const FAR: &str = "10.77.0.2";

/// Two computers, as names of their namespaces, and the switch between them.
struct Cable {
    near: String,
    far: String,
    switch: String,
}

fn ip(args: &[&str]) -> Result<(), String> {
    let done =
        Command::new("ip").args(args).output().map_err(|error| format!("ip (iproute2) cannot be started: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("ip {}: {}", args.join(" "), String::from_utf8_lossy(&done.stderr).trim()))
}

impl Cable {
    /// `None`, with a word about it, where the system gives none.
    fn lay() -> Option<Self> {
        static N: AtomicUsize = AtomicUsize::new(0);
        let name = |part: &str| format!("chalktalk-{}-{}-{part}", std::process::id(), N.load(Ordering::Relaxed));
        let cable = Self { near: name("near"), far: name("far"), switch: name("switch") };
        N.fetch_add(1, Ordering::Relaxed);
        match cable.plug_in() {
            Ok(()) => Some(cable),
            Err(why) => {
                eprintln!("skipped, there is no network namespace to be had here: {why}");
                None
            }
        }
    }

    fn plug_in(&self) -> Result<(), String> {
        for name in [&self.near, &self.far, &self.switch] {
            ip(&["netns", "add", name])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
        }
        ip(&["-n", &self.switch, "link", "add", "board", "type", "bridge"])?;
        ip(&["-n", &self.switch, "link", "set", "board", "up"])?;
        for (port, end, address) in [("near-port", &self.near, NEAR), ("far-port", &self.far, FAR)] {
            let there = ["peer", "name", "eth0", "netns", end];
            ip(&[&["-n", &self.switch, "link", "add", port, "type", "veth"][..], &there].concat())?;
            ip(&["-n", &self.switch, "link", "set", port, "up"])?;
            ip(&["-n", end, "addr", "add", &format!("{address}/24"), "dev", "eth0"])?;
            ip(&["-n", end, "link", "set", "eth0", "up"])?;
        }
        self.put_back();
        Ok(())
    }

    fn pull(&self) {
        ip(&["-n", &self.switch, "link", "set", "near-port", "nomaster"]).unwrap();
    }

    fn put_back(&self) {
        for port in ["near-port", "far-port"] {
            ip(&["-n", &self.switch, "link", "set", port, "master", "board"]).unwrap();
        }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for name in [&self.near, &self.far, &self.switch] {
            drop(ip(&["netns", "del", name]));
        }
    }
}

/// On one of the computers. Killed when it goes.
struct Program {
    process: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Program {
    fn start(computer: &str, program: &Path, args: &[&str], folder: &Path) -> Self {
        let mut command = Command::new("ip");
        // The program takes the place of `ip`: it has its process id.
        command.args(["netns", "exec", computer]).arg(program).args(args).current_dir(folder);
        command.env("CHALKTALK_DATA", folder.join(computer)).env("NO_COLOR", "1").env_remove("CHALKTALK_TOKEN");
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { process, lines, said: Vec::new() }
    }

    fn chalktalk(computer: &str, args: &[&str], folder: &Path) -> Self {
        Self::start(computer, Path::new(env!("CARGO_BIN_EXE_chalktalk")), args, folder)
    }

    /// The next line that has the words in it.
    fn until(&mut self, words: &str) -> String {
        loop {
            let line = self.lines.recv().unwrap_or_else(|_| panic!("it ended before it said {words}: {:?}", self.said));
            self.said.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Where it listens.
    fn place(&mut self) -> String {
        self.until("listening on ").replace("listening on ", "")
    }

    /// With which code it ended, and all that it said on stdout and stderr.
    fn end(mut self) -> (Option<i32>, String, String) {
        let mut stderr = String::new();
        std::io::Read::read_to_string(self.process.stderr.as_mut().unwrap(), &mut stderr).unwrap();
        self.said.extend(self.lines.iter());
        (self.process.wait().unwrap().code(), self.said.join("\n"), stderr)
    }

    /// The calls that a worker has had, by their keys, once it has ended.
    fn calls(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        let (_, said, _) = self.end();
        said.lines().filter_map(|line| line.strip_prefix("invoke ")).map(str::to_owned).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn result(stdout: &str) -> Value {
    let at = stdout.find('{').unwrap_or_default();
    serde_json::from_str(&stdout[at..]).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

/// Longer than it takes to pull a cable.
const JOB: &str = "{\"ms\": 4000}";

#[test]
fn a_cable_is_pulled_in_the_middle_of_a_call_to_a_worker() {
    let Some(cable) = Cable::lay() else { return };
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let mut worker = Program::start(&cable.far, &example::worker(), &["--listen", &format!("{FAR}:0")], folder);
    let place = worker.place();
    let play = |name: &str, retry: &str| {
        format!("play t/1/{name} {{ snap a\n call b = stock/3.0.2/slow {retry}\n pass c\n a -> b -> c }}\n")
    };
    let text = play("once", "") + &play("again", "retry 1000 backoff 100ms..500ms");
    let text = format!("{text}formation f {{ stock/* service \"http://{place}\" }}");
    std::fs::write(folder.join("p.play"), text).unwrap();
    let mut server = Program::chalktalk(&cable.near, &["serve", "p.play", "--listen", "127.0.0.1:0"], folder);
    let url = server.place();
    let run = |name: &str| Program::chalktalk(&cable.near, &["run", name, "--server", &url, "--input", JOB], folder);
    let (once, again) = (run("t/1/once"), run("t/1/again"));
    worker.until("invoke stock/3.0.2/slow");
    worker.until("invoke stock/3.0.2/slow");
    cable.pull();
    // Nobody may know whether the call was made: without `retry` it is not made again.
    let (code, _, words) = once.end();
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("UNAVAILABLE") && words.contains("stopped answering"), "{words}");
    cable.put_back();
    let (code, said, words) = again.end();
    assert_eq!((code, result(&said)), (Some(0), json!({"ms": 4000})), "{words}");
    let calls = worker.calls();
    let mut once_each = calls.clone();
    once_each.sort();
    once_each.dedup();
    assert!(calls.len() >= 3 && once_each.len() == calls.len(), "no attempt is made twice: {calls:?}");
    let first_attempts = calls.iter().filter(|key| key.ends_with(" b 1 1")).count();
    assert_eq!(first_attempts, 2, "{calls:?}");
}

/// Two quarterbacks, TLS and tokens between them: a play of the far one is called by the near one.
#[test]
fn a_cable_is_pulled_in_the_middle_of_a_play_that_runs_at_its_other_end() {
    let Some(cable) = Cable::lay() else { return };
    let safe = Safe::for_names(&[FAR]);
    let folder = safe.path("");
    let mut worker = Program::start(&cable.far, &example::worker(), &["--listen", "127.0.0.1:0"], &folder);
    let inner = "play t/1/inner { snap a\n call b = stock/3.0.2/slow\n pass c\n a -> b -> c }\n";
    let place = worker.place();
    std::fs::write(folder.join("far.play"), format!("{inner}formation f {{ stock/* service \"http://{place}\" }}"))
        .unwrap();
    let tls = ["--tls-cert", "server.pem", "--tls-key", "server.key", "--token-file", "tokens"];
    let listen = format!("{FAR}:0");
    let mut far =
        Program::chalktalk(&cable.far, &[&["serve", "far.play", "--listen", &listen][..], &tls].concat(), &folder);
    let url = far.place();
    let outer =
        "play t/2/outer { snap a\n call b = t/1/inner retry 1000 backoff 100ms..500ms\n pass c\n a -> b -> c }\n";
    std::fs::write(folder.join("near.play"), format!("{outer}formation f {{ t/1 service \"{url}\" }}")).unwrap();
    safe.keep("peers", &format!("{FAR} {}\n", Safe::TOKEN), 0o600);
    let serve = ["serve", "near.play", "--listen", "127.0.0.1:0", "--ca", "ca.pem", "--peer-tokens", "peers"];
    let mut near = Program::chalktalk(&cable.near, &serve, &folder);
    let asked = near.place();
    let run = ["run", "t/2/outer", "--server", &asked, "--input", JOB, "--events", "-"];
    let mut run = Program::chalktalk(&cable.near, &run, &folder);
    worker.until("invoke stock/3.0.2/slow");
    cable.pull();
    run.until("AttemptFailed");
    cable.put_back();
    let finished = run.until("Finished");
    assert!(finished.contains("\"Passed\""), "{finished}");
    let (code, _, words) = run.end();
    assert_eq!(code, Some(0), "{words}");
    // The next attempt found the run of the first: its worker was called once.
    let calls = worker.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
}

#[test]
fn a_cable_is_pulled_while_a_run_is_watched_and_it_is_told_to_its_end() {
    let Some(cable) = Cable::lay() else { return };
    let safe = Safe::for_names(&[FAR]);
    let folder = safe.path("");
    std::fs::write(folder.join("p.play"), super::WAITS).unwrap();
    let tls = ["--tls-cert", "server.pem", "--tls-key", "server.key", "--token-file", "tokens"];
    let listen = format!("{FAR}:0");
    let mut server =
        Program::chalktalk(&cable.far, &[&["serve", "p.play", "--listen", &listen][..], &tls].concat(), &folder);
    let url = server.place();
    let at = ["--server", url.as_str(), "--ca", "ca.pem", "--token-file", "tokens"];
    let mut run = Program::chalktalk(&cable.near, &[&["run", "t/1/waits", "--events", "-"][..], &at].concat(), &folder);
    run.until("Parked");
    cable.pull();
    // Where the server is, all goes on.
    let there = |args: &[&str]| Program::chalktalk(&cable.far, &[args, &at].concat(), &folder).end();
    let (code, _, words) = there(&["signal", "last", "go", "{\"by\": \"Ann\"}"]);
    assert_eq!(code, Some(0), "{words}");
    while !there(&["show", "last"]).1.contains("passed") {}
    cable.put_back();
    let finished = run.until("Finished");
    assert!(finished.contains("Ann"), "{finished}");
    let (code, said, words) = run.end();
    assert_eq!(code, Some(0), "{words}");
    // Each event once, in order.
    let seqs: Vec<u64> =
        said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?.get("seq")?.as_u64()).collect();
    assert_eq!(seqs, (0..seqs.len() as u64).collect::<Vec<_>>());
}
