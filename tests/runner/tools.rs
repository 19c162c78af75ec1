//! The workers in other languages, and the Rust example, as commands.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

#[path = "../support/example.rs"]
mod example;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Language {
    Python,
    JavaScript,
    Rust,
}

/// The commands that run workers; what they need is made at the first use, which takes a while.
pub struct Tools {
    pub python: String,
    node: String,
    rust: String,
}

pub fn tools() -> &'static Tools {
    static TOOLS: OnceLock<Tools> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let done = Command::new(root.join("scripts/workers.sh")).stderr(Stdio::inherit()).output().unwrap();
        assert!(done.status.success(), "scripts/workers.sh failed, see above");
        let printed = String::from_utf8(done.stdout).unwrap();
        let (python, node) = printed.trim().split_once('\n').expect("a line for each");
        Tools { python: python.to_owned(), node: node.to_owned(), rust: example::worker().display().to_string() }
    })
}

impl Language {
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "node",
            Self::Rust => "rust",
        }
    }

    /// With the option `--listen` (port 0: any, which its first line tells) or `--pull`, and that address.
    pub fn command(self, option: &str, address: &str) -> Command {
        let words = self.words(option, address);
        let mut command = Command::new(&words[0]);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(&words[1..]);
        command
    }

    /// For a shell that starts it in the package's folder.
    pub fn words(self, option: &str, address: &str) -> Vec<String> {
        let tools = tools();
        let program = match self {
            Self::Python => vec![tools.python.as_str(), "assets/workers/python/worker.py"],
            Self::JavaScript => vec![tools.node.as_str(), "assets/workers/node/worker.js"],
            Self::Rust => vec![tools.rust.as_str()],
        };
        program.into_iter().chain([option, address]).map(str::to_owned).collect()
    }
}
