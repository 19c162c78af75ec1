//! Data folders that refuse: read-only, unreadable, full. The program says so, exits with 2, and loses nothing.

#![cfg(all(feature = "run", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HELLO: &str = "play t/1/hello {\n  snap s\n  call c = demo/1/echo\n  pass p\n  s -> c -> p\n}\n";
/// Goes round until the disk is full, with 2 kB a round.
const LONG: &str = "play t/1/long {
  snap s
  call c = demo/1/echo  with ({n: ball.n + 1, pad: ball.pad})
  fan-out turn one
  pass p
  s -> c -> turn
  turn -> p when (ball.n > 100000)
  turn -> c otherwise
}
";

/// A folder that everybody may enter, with the program and two plays.
struct Place {
    dir: tempfile::TempDir,
    program: PathBuf,
    is_root: bool,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        chmod(dir.path(), 0o755);
        fs::write(dir.path().join("hello.play"), HELLO).unwrap();
        fs::write(dir.path().join("long.play"), LONG).unwrap();
        // Root may do everything, and only root may write here now.
        let probe = dir.path().join("probe");
        fs::create_dir(&probe).unwrap();
        chmod(&probe, 0o555);
        let is_root = fs::write(probe.join("file"), "").is_ok();
        let mut program = assert_cmd::cargo::cargo_bin("chalktalk");
        if is_root {
            // Others may not see the folder that it was built in.
            let copy = dir.path().join("chalktalk");
            fs::copy(&program, &copy).unwrap();
            program = copy;
        }
        Self { dir, program, is_root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// As an ordinary user.
    fn run(&self, args: &[&str], default_data: &str) -> Done {
        let mut command = Command::new(&self.program);
        command.current_dir(self.dir.path()).args(args).env("CHALKTALK_DATA", self.path(default_data));
        if self.is_root {
            command.uid(65_534).gid(65_534);
        }
        Done::of(&command.output().unwrap())
    }

    /// As the one who owns the folders.
    fn owner(&self, args: &[&str]) -> Done {
        Done::of(&Command::new(&self.program).current_dir(self.dir.path()).args(args).output().unwrap())
    }
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[derive(Debug)]
struct Done {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Done {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    #[track_caller]
    fn is(&self, code: i32, stdout: &str, stderr: &str) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), stdout), "{self:#?}");
        assert!(self.stderr.contains(stderr), "{self:#?}");
    }
}

#[test]
fn a_read_only_data_folder_is_said_and_can_be_read() {
    let place = Place::new();
    place.owner(&["run", "hello.play", "--input", "1", "--data", "data"]).is(0, "1\n", "");
    let runs = place.owner(&["runs", "--data", "data"]).stdout;
    chmod(&place.path("data/journal.db"), 0o444);
    chmod(&place.path("data/journal.db.lock"), 0o444);
    chmod(&place.path("data"), 0o555);
    let hello = ["run", "hello.play", "--input", "2"];
    let denied = "data/journal.db may not be written: allow it, or give another folder with --data DIR\n";
    place.run(&[&hello[..], &["--data", "data"]].concat(), "none").is(2, "", denied);
    place.run(&[&hello[..], &["--data", "data/new"]].concat(), "none").is(
        2,
        "",
        "data/new/journal.db may not be written",
    );
    // The default folder is done without.
    let unrecorded = place.run(&hello, "data");
    unrecorded.is(0, "2\n", "runs are not recorded: the journal ");
    assert!(unrecorded.stderr.ends_with(denied), "{unrecorded:?}");
    place.run(&["runs", "--data", "data"], "none").is(0, &runs, "");
    assert_eq!(place.run(&["show", "last"], "data").code, Some(0));

    // Nothing can be read either.
    chmod(&place.path("data"), 0o000);
    let unread = "data/journal.db may not be read: allow it, or give another folder with --data DIR\n";
    if !place.is_root {
        assert!(fs::read_dir(place.path("data")).is_err());
    }
    place.run(&["runs", "--data", "data"], "none").is(2, "", unread);
    place.run(&["runs"], "data").is(2, "", unread);
    place.run(&["replay", "last"], "data").is(2, "", unread);
    chmod(&place.path("data"), 0o755);
    chmod(&place.path("data/journal.db"), 0o000);
    place.run(&["runs"], "data").is(2, "", unread);
    chmod(&place.path("data/journal.db"), 0o644);
    assert_eq!(place.owner(&["runs", "--data", "data"]).stdout, runs, "nothing was changed");
}

/// Runs a script where `$1` is a disk of 1 MB, made in a namespace of its own. `None` where the system gives none.
fn on_a_small_disk(place: &Place, script: &str) -> Option<Done> {
    let disk = place.path("disk");
    fs::create_dir(&disk).unwrap();
    let script = format!("mount -t tmpfs -o size=1m tmpfs \"$1\" || exit 99\n{script}");
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &script, "sh"]).arg(disk).arg(&place.program).current_dir(place.dir.path());
    let done = Done::of(&command.output().ok()?);
    let is_given = done.code != Some(99) && !done.stderr.starts_with("unshare:");
    if !is_given {
        let mut out = std::io::stderr();
        drop(std::io::Write::write_all(
            &mut out,
            format!("skipped: no disk can be mounted here: {}", done.stderr).as_bytes(),
        ));
    }
    is_given.then_some(done)
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_run_is_said_and_loses_nothing() {
    let place = Place::new();
    let pad = "x".repeat(2000);
    fs::write(place.path("input.json"), format!("{{\"n\": 0, \"pad\": \"{pad}\"}}")).unwrap();
    let script = "
        head -c 200000 /dev/zero > \"$1/fill\"
        \"$2\" run long.play --input @input.json --events kept.jsonl --data \"$1\"; echo \"run: $?\"
        \"$2\" replay last --format json --data \"$1\" | cmp - kept.jsonl; echo \"same: $?\"
        rm \"$1/fill\"
        \"$2\" run hello.play --input 3 --data \"$1\"; echo \"run: $?\"
        \"$2\" runs --data \"$1\" | awk '{print $2}'; echo \"runs: $?\"";
    let Some(done) = on_a_small_disk(&place, script) else { return };
    let said = "run: 2\nsame: 0\n3\nrun: 0\npassed\nrunning\nruns: 0\n";
    done.is(0, said, " is left unfinished: the disk of the journal ");
    assert!(done.stderr.ends_with("is full: free some space; nothing that was kept is lost\n"), "{done:?}");
    assert!(fs::read_to_string(place.path("kept.jsonl")).unwrap().lines().count() > 50);
}

#[test]
fn a_full_disk_is_said_before_a_run_starts() {
    let place = Place::new();
    let script = "
        head -c 2000000 /dev/zero > \"$1/fill\" 2>/dev/null
        \"$2\" run hello.play --input 1 --data \"$1\"; echo \"run: $?\"
        CHALKTALK_DATA=\"$1\" \"$2\" run hello.play --input 2; echo \"run: $?\"";
    let Some(done) = on_a_small_disk(&place, script) else { return };
    done.is(0, "run: 2\n2\nrun: 0\n", "is full: free some space");
    assert!(
        done.stderr.contains("error: cannot record runs in ") && done.stderr.contains("\nruns are not recorded: "),
        "{done:?}"
    );
}

#[test]
fn a_server_on_a_full_disk_refuses_new_runs_and_goes_on_with_the_others() {
    let place = Place::new();
    let waits = "play t/1/waits {\n  snap a\n  wait-for-signal b \"go\"\n  pass c with (signal)\n  a -> b -> c\n}\n";
    fs::write(place.path("waits.play"), waits).unwrap();
    fs::write(place.path("input.json"), format!("\"{}\"", "x".repeat(50_000))).unwrap();
    let script = "
        \"$2\" serve hello.play waits.play --listen 127.0.0.1:0 --data \"$1\" > url 2> served & server=$!
        until grep -q listening url; do sleep 0.1; done
        url=$(sed 's/listening on //' url)
        \"$2\" run t/1/waits --server $url > waited & waiting=$!
        until \"$2\" runs --server $url | grep -q running; do sleep 0.1; done
        run=$(\"$2\" runs --server $url | cut -d ' ' -f 1)
        head -c 300000 /dev/zero > \"$1/fill\"
        others=''; i=0
        until grep -qs 'is full: free some space' refused.*; do
          i=$((i + 1)); [ $i -lt 100 ] || break
          \"$2\" run t/1/hello --input @input.json --server $url > /dev/null 2> refused.$i & others=\"$others $!\"
          sleep 0.1
        done
        cat refused.* | grep -q 'is full: free some space'; echo \"refused: $?\"
        \"$2\" signal --id s $run go 7 --server $url 2> /dev/null
        \"$2\" runs --server $url | grep $run | grep -c running
        rm \"$1/fill\"
        until \"$2\" run t/1/hello --input 3 --server $url 2> /dev/null; do sleep 0.2; done
        until \"$2\" signal --id s $run go 7 --server $url 2> /dev/null || [ -s waited ]; do sleep 0.2; done
        wait $waiting; echo \"waited: $? $(cat waited)\"
        wait $others
        \"$2\" runs --server $url | grep -c running
        kill -TERM $server; wait $server; echo \"served: $?\"";
    let Some(done) = on_a_small_disk(&place, script) else { return };
    done.is(0, "refused: 0\n1\n3\nwaited: 0 7\n0\nserved: 0\n", "");
}
