use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn reads_back_what_it_wrote() {
    let folder = folder();
    let path = folder.path().join("a.play");
    let stamp = save(&path, "play a/1/b {\r\n}\n", Over::Nothing).unwrap();
    let loaded = load(&path).unwrap();
    assert_eq!(loaded.text, "play a/1/b {\r\n}\n");
    assert_eq!(loaded.format, Format::Play);
    assert_eq!(loaded.stamp, stamp);
    assert!(!is_changed(&path, &stamp).unwrap());
    assert_eq!(names_in(folder.path()), ["a.play"]);
}

#[test]
fn refuses_what_is_no_play() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("bad.play"), b"play a\nb \xff c").unwrap();
    fs::create_dir(at("folder.ron")).unwrap();
    File::create(at("large.ron")).unwrap().set_len(100_000_000).unwrap();
    fs::write(at("notes.txt"), "hello").unwrap();
    let cases = [
        ("bad.play", "byte 9, in line 2"),
        ("folder.ron", "is a folder: name a file in it"),
        ("large.ron", "larger than 32 MB"),
        ("notes.txt", "neither a .play nor a .ron file"),
        ("missing.play", "there is no '"),
        ("none", "neither a .play nor a .ron file"),
    ];
    for (name, says) in cases {
        let message = load(&at(name)).unwrap_err().to_string();
        assert!(message.contains(says) && message.contains(name), "{name}: {message}");
    }
    assert!(matches!(load_text(Path::new("/dev/zero")), Err(Error::TooLarge { .. })), "a device has no end");
}

#[test]
fn never_overwrites_what_another_program_wrote() {
    let folder = folder();
    let path = folder.path().join("a.ron");
    let stamp = save(&path, "one", Over::Nothing).unwrap();
    assert!(matches!(save(&path, "two", Over::Nothing), Err(Error::Exists { .. })));

    // The same length within the same tick of the clock is found all the same.
    fs::write(&path, "six").unwrap();
    assert!(matches!(save(&path, "two", Over::Same(&stamp)), Err(Error::Changed { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "six");
    let later = stamp.modified.unwrap() + std::time::Duration::from_secs(5);
    File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
    assert!(is_changed(&path, &stamp).unwrap());

    // Touched, but it says the same.
    fs::write(&path, "one").unwrap();
    File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
    assert!(!is_changed(&path, &stamp).unwrap());
    let stamp = save(&path, "two", Over::Same(&stamp)).unwrap();

    fs::write(&path, "longer").unwrap();
    assert!(is_changed(&path, &stamp).unwrap());
    let stamp = save(&path, "three", Over::Anything).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "three");

    fs::remove_file(&path).unwrap();
    assert!(is_changed(&path, &stamp).unwrap());
    save(&path, "four", Over::Same(&stamp)).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "four");
}

#[test]
fn clears_away_what_a_killed_program_left_and_nothing_else() {
    let folder = folder();
    let put = |name: &str, age_secs: u64| {
        let file = File::create(folder.path().join(name)).unwrap();
        file.set_modified(SystemTime::now() - std::time::Duration::from_secs(age_secs)).unwrap();
        file
    };
    put(".chalktalk-left00.tmp", 3600);
    put(".chalktalk-young0.tmp", 5);
    put(".chalktalk-my.txt.tmp", 3600);
    put(".chalktalk-longer0.tmp", 3600);
    put("chalktalk-mine00.tmp", 3600);
    fs::create_dir(folder.path().join(".chalktalk-folder.tmp")).unwrap();
    let held = put(".chalktalk-held00.tmp", 3600);
    held.lock().unwrap();
    let others = [
        ".chalktalk-folder.tmp",
        ".chalktalk-longer0.tmp",
        ".chalktalk-my.txt.tmp",
        ".chalktalk-young0.tmp",
        "a.play",
        "chalktalk-mine00.tmp",
    ];
    save(&folder.path().join("a.play"), "", Over::Nothing).unwrap();
    let mut expected = [&[".chalktalk-held00.tmp"], &others[..]].concat();
    expected.sort_unstable();
    assert_eq!(names_in(folder.path()), expected);
    drop(held);
    save(&folder.path().join("a.play"), "", Over::Anything).unwrap();
    assert_eq!(names_in(folder.path()), others);
}

#[cfg(unix)]
#[test]
fn keeps_permissions_and_follows_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("deep")).unwrap();
    fs::write(at("deep/real.ron"), "old").unwrap();
    fs::set_permissions(at("deep/real.ron"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("deep/real.ron", at("link.ron")).unwrap();
    symlink("link.ron", at("links.ron")).unwrap();
    symlink("deep/new.ron", at("dangling.ron")).unwrap();
    symlink("circle.ron", at("circle.ron")).unwrap();

    save(&at("links.ron"), "new", Over::Anything).unwrap();
    assert_eq!(fs::read_to_string(at("deep/real.ron")).unwrap(), "new");
    assert_eq!(fs::metadata(at("deep/real.ron")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(at("links.ron")).unwrap().is_symlink());

    save(&at("dangling.ron"), "new", Over::Nothing).unwrap();
    assert_eq!(fs::read_to_string(at("deep/new.ron")).unwrap(), "new");
    fs::write(at("other"), "").unwrap();
    let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode();
    assert_eq!(mode("deep/new.ron"), mode("other"), "a new file is as open as any other new file");

    assert!(save(&at("circle.ron"), "new", Over::Anything).is_err());
    assert_eq!(names_in(&at("deep")), ["new.ron", "real.ron"]);
}

#[test]
fn says_what_to_do_when_it_cannot_write() {
    let folder = folder();
    let path = folder.path().join("a.ron");
    fs::write(&path, "old").unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let refused = |path: PathBuf| save(&path, "new", Over::Anything).unwrap_err().to_string();
    assert!(refused(path.clone()).contains("is read-only: make it writable, or save under another name"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert!(refused(folder.path().to_owned()).contains("is a folder"));
    let missing = refused(folder.path().join("no/such/b.ron"));
    assert!(missing.contains("no/such': check the name and the folder"), "{missing}");
    if cfg!(target_os = "linux") {
        let full = refused("/dev/full".into());
        assert!(full.contains("no room to write") && full.contains("free some space"), "{full}");
    }
    assert_eq!(names_in(folder.path()), ["a.ron"]);
}
