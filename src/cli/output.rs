use std::io::{self, BufWriter, IsTerminal, Write};

use anyhow::Context;

use super::args::Color;
use crate::diag::Colour;

/// Where a command says what: data to stdout, messages to stderr.
///
/// A reader that closes the pipe early (`| head`) has seen enough: nothing more is written, and nothing is wrong.
pub(super) struct Output {
    data: BufWriter<io::Stdout>,
    closed: bool,
    pub colour: Colour,
    /// Whether a person looks at the messages.
    pub watched: bool,
}

impl Output {
    pub fn new(color: Color) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let colour = match color {
            Color::Always => Colour::On,
            Color::Auto if io::stdout().is_terminal() && !plain => Colour::On,
            Color::Auto | Color::Never => Colour::Off,
        };
        let watched = io::stderr().is_terminal();
        Self { data: BufWriter::new(io::stdout()), closed: false, colour, watched }
    }

    /// # Errors
    /// Stdout cannot be written, but for a closed pipe.
    pub fn data(&mut self, text: &str) -> anyhow::Result<()> {
        if !self.closed {
            let written = self.data.write_all(text.as_bytes());
            self.judge(written)?;
        }
        Ok(())
    }

    /// Writes a line and lets it be seen at once.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn line(&mut self, line: &str) -> anyhow::Result<()> {
        self.data(line)?;
        self.data("\n")?;
        self.finish()
    }

    /// # Errors
    /// As [`Self::data`].
    pub fn finish(&mut self) -> anyhow::Result<()> {
        if !self.closed {
            let flushed = self.data.flush();
            self.judge(flushed)?;
        }
        Ok(())
    }

    fn judge(&mut self, result: io::Result<()>) -> anyhow::Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => {
                self.closed = true;
                Err(error).context("cannot write to stdout")
            }
            Ok(()) => Ok(()),
        }
    }

    #[expect(clippy::unused_self, reason = "all that a command says goes through its output")]
    /// A message. Nobody is left to tell if stderr is closed.
    pub fn say(&self, message: &str) {
        drop(writeln!(io::stderr(), "{message}"));
    }

    /// A message that only a person who looks on needs.
    pub fn progress(&self, message: &str) {
        if self.watched {
            self.say(message);
        }
    }
}
