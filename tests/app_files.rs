//! Saving under fire: a program that is killed while it saves, a folder and a disk that refuse.
//!
//! The program under test is this very test program, started again with a variable that makes `child` do the work.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![cfg(unix)]

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use chalktalk::files::{self, Error, Over};

const TASK: &str = "CHALKTALK_SAVE_TASK";
const OLD_LINE: &str = "// the old text, line after line\n";
const NEW_LINE: &str = "// the new text\n";

/// Large enough that a save takes longer than starting to wait for it.
fn text_of(line: &str) -> String {
    line.repeat(200_000)
}

fn child(task: &str, path: &Path, exe: &Path) -> Command {
    let mut command = Command::new(exe);
    command.args(["--exact", "child_does_its_task", "--nocapture"]).env(TASK, format!("{task} {}", path.display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn this_exe() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// Does nothing in the test run itself.
#[test]
fn child_does_its_task() {
    let Ok(task) = std::env::var(TASK) else { return };
    let (task, path) = task.split_once(' ').unwrap();
    let path = Path::new(path);
    match task {
        "save-for-ever" => loop {
            files::save(path, &text_of(NEW_LINE), Over::Anything).unwrap();
            files::save(path, &text_of(OLD_LINE), Over::Anything).unwrap();
        },
        "save-denied" => {
            let error = files::save(path, "new", Over::Anything).unwrap_err();
            assert!(matches!(error, Error::Denied { .. }), "{error}");
        }
        "save-full" => {
            let error = files::save(path, &text_of(NEW_LINE), Over::Anything).unwrap_err();
            assert!(matches!(error, Error::Full { .. }), "{error}");
        }
        other => panic!("no task {other}"),
    }
}

#[test]
fn a_kill_leaves_the_old_or_the_new_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.play");
    let (old, new) = (text_of(OLD_LINE), text_of(NEW_LINE));
    fs::write(&path, &old).unwrap();
    let (mut n_old, mut n_new, mut n_midway) = (0, 0, 0);
    for round in 0..40u32 {
        let mut saving = child("save-for-ever", &path, &this_exe()).spawn().unwrap();
        // The kill comes after a number of looks at the folder, so at another moment of a save each time.
        let mut looks = 0;
        while looks < 20 + round * 37 % 101 {
            looks += u32::from(fs::read_dir(folder.path()).unwrap().count() > 1);
            assert!(saving.try_wait().unwrap().is_none(), "the child ended by itself");
        }
        saving.kill().unwrap();
        saving.wait().unwrap();
        let found = fs::read_to_string(&path).unwrap();
        assert!(found == old || found == new, "round {round}: {} bytes of neither text", found.len());
        if found == old {
            n_old += 1;
        } else {
            n_new += 1;
        }
        // A killed program cannot clean up; what it leaves is never the file itself, and the next save clears it away
        // once it is a minute old.
        for entry in fs::read_dir(folder.path()).unwrap() {
            let left = entry.unwrap().path();
            if left != path {
                n_midway += 1;
                let two_minutes_ago = SystemTime::now() - Duration::from_mins(2);
                fs::File::options().write(true).open(left).unwrap().set_modified(two_minutes_ago).unwrap();
            }
        }
        files::save(&path, &old, Over::Anything).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "round {round}: something is left over");
    }
    assert!(n_midway > 0, "no kill came in the middle of a save ({n_old} old, {n_new} new)");
}

#[test]
fn a_read_only_folder_is_named_and_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::write(locked.join("a.ron"), "old").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    // Nobody is allowed everything, but for root: then the child is somebody else, who may not see our own build folder.
    let exe = folder.path().join("child");
    fs::copy(this_exe(), &exe).unwrap();
    let may_all = fs::write(locked.join("probe"), "").is_ok();
    let mut saving = child("save-denied", &locked.join("a.ron"), &exe);
    if may_all {
        fs::remove_file(locked.join("probe")).unwrap();
        saving.uid(65_534).current_dir(folder.path());
    }
    let output = saving.output().unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(locked.join("a.ron")).unwrap(), "old");
    assert_eq!(fs::read_dir(&locked).unwrap().count(), 1, "a temporary file was left behind");
}

/// A limit on the size of files stands for the full disk: the write fails half-way in the same place.
#[test]
fn a_full_disk_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ron");
    fs::write(&path, "old").unwrap();
    let direct = child("save-full", &path, &this_exe());
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"])
        .arg(direct.get_program())
        .args(direct.get_args());
    limited.envs(direct.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let output = limited.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file was left behind");
}
