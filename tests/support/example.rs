//! The Rust example, built as the test was that asks for it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The example's program. Building it takes a while at the first use.
pub fn worker() -> PathBuf {
    let folder = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR"))).args(["build", "--quiet", "--example", "worker"]);
    if !cfg!(feature = "gui") {
        build.args(["--no-default-features", "--features", "run"]);
    }
    build.args((!cfg!(debug_assertions)).then_some("--release"));
    // What cargo tells a test about its package makes ring build itself anew, and all that stands on it.
    for (name, _) in std::env::vars_os() {
        let word = name.to_string_lossy();
        if word.starts_with("CARGO_PKG_") || word.starts_with("CARGO_MANIFEST_") || word == "OUT_DIR" {
            build.env_remove(name);
        }
    }
    assert!(build.status().unwrap().success(), "the example worker is built");
    folder.join("examples/worker")
}
