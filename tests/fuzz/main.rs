//! Any bytes in, and never a panic: the kept corpus, and bytes made from it, through every way in. See `targets`.
//!
//! `scripts/fuzz.sh` looks for longer and keeps what it finds in `tests/fuzz/corpus`.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod targets;

use std::panic;
use std::path::Path;
use std::sync::{Mutex, Once};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Of threads that nobody waits for.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // Those of tests end their tests.
            if !std::thread::current().name().is_some_and(|name| name.starts_with("any_")) {
                PANICS.lock().unwrap().push(info.to_string());
            }
            before(info);
        }));
    });
}

fn files(folder: &str, found: &mut Vec<Vec<u8>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    found.extend(paths.iter().filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap()));
}

/// A change of some bytes: where, of a thousandth; how many are taken out; what is put in.
type Change = (u16, u8, Vec<u8>);

fn apply(mut bytes: Vec<u8>, changes: &[Change], other: &[u8]) -> Vec<u8> {
    for (at, n_out, put) in changes {
        let at = (usize::from(*at) * bytes.len() / 1000).min(bytes.len());
        let end = (at + usize::from(*n_out % 16)).min(bytes.len());
        // Now and then a piece of another one.
        let piece = if n_out % 5 == 0 { &other[other.len().min(at)..other.len().min(at + 40)] } else { put };
        bytes.splice(at..end, piece.iter().copied());
    }
    bytes
}

/// So many cases, unless the variable `CASES` says more.
fn check(folders: &[&str], n_cases: u32, run: fn(&[u8])) {
    note_panics();
    let mut corpus = Vec::new();
    folders.iter().for_each(|folder| files(folder, &mut corpus));
    let sound = |bytes: &[u8]| {
        run(bytes);
        let panics = PANICS.lock().unwrap().clone();
        assert!(panics.is_empty(), "{panics:?} at {}", bytes.escape_ascii());
    };
    corpus.iter().for_each(|bytes| sound(bytes));
    let byte = prop_oneof![any::<u8>(), proptest::sample::select(b" \n{}()[]\"'\\/.,:;|=<>-0919e\0\xff".to_vec())];
    let changes = proptest::collection::vec((0..1000_u16, any::<u8>(), proptest::collection::vec(byte, 0..6)), 0..5);
    let n_cases = std::env::var("CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(n_cases);
    let config =
        ProptestConfig { failure_persistence: None, max_shrink_iters: 500, ..ProptestConfig::with_cases(n_cases) };
    let n = corpus.len();
    let cases = (0..n, 0..n, changes);
    let done = TestRunner::new(config).run(&cases, |(one, other, changes)| {
        sound(&apply(corpus[one].clone(), &changes, &corpus[other]));
        Ok(())
    });
    done.unwrap();
}

#[test]
fn any_text_of_a_play() {
    check(&["tests/fuzz/corpus/play", "plays", "tests/lang/ok", "tests/lang/err"], 1000, targets::play::run);
}

#[test]
fn any_ron() {
    check(&["tests/fuzz/corpus/ron", "plays"], 1000, targets::ron::run);
}

#[test]
fn any_expression() {
    check(&["tests/fuzz/corpus/expr"], 4000, targets::expr::run);
}

#[test]
fn any_record_of_a_run() {
    check(&["tests/fuzz/corpus/events"], 1000, targets::events::run);
}

#[test]
fn any_journal() {
    check(&["tests/fuzz/corpus/journal"], 300, targets::journal::run);
}

#[test]
fn any_message() {
    check(&["tests/fuzz/corpus/grpc"], 300, targets::grpc::run);
}
