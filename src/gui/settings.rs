//! How the person likes the window, kept in the data folder: never in a play's file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::dock::Arranged;
use super::theme::Look;
use crate::files::{self, Over};

const FILE_NAME: &str = "window.ron";
const MAX_RECENT: usize = 12;
const MAX_BOOKMARKS: usize = 200;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub look: Look,
    /// Of the whole window; 1 is as designed.
    pub text_scale: f32,
    pub reduced_motion: bool,
    pub minimap: bool,
    pub hides_notes: bool,
    pub arranged: Arranged,
    /// Files, the last one first.
    pub recent: Vec<PathBuf>,
    /// Those that were open, in the order of the tabs.
    pub open: Vec<PathBuf>,
    /// Named places by file, or by coordinate where there is no file.
    pub bookmarks: BTreeMap<String, Vec<Bookmark>>,
}

/// A place of a play: where the view stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bookmark {
    pub name: String,
    /// The play of the file.
    pub play: String,
    pub x: f32,
    pub y: f32,
    pub zoom: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            look: Look::default(),
            text_scale: 1.0,
            reduced_motion: false,
            minimap: true,
            hides_notes: false,
            arranged: Arranged::default(),
            recent: Vec::new(),
            open: Vec::new(),
            bookmarks: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// The defaults, with a word why, where the file cannot be understood. The word is for the person.
    pub fn load(data: &Path) -> (Self, Option<String>) {
        let path = data.join(FILE_NAME);
        if !path.exists() {
            return (Self::default(), None);
        }
        let passed_over = |why: String| {
            let text = format!("the window starts as new: its settings in '{}' {why}", path.display());
            (Self::default(), Some(text))
        };
        match files::load_text(&path) {
            Ok((text, _)) => match ron::from_str::<Self>(&text) {
                Ok(settings) => (settings.sound(), None),
                Err(error) => passed_over(format!("cannot be understood ({error}) and are written anew")),
            },
            Err(error) => passed_over(format!("cannot be read: {error}")),
        }
    }

    /// # Errors
    /// The data folder cannot be written to.
    pub fn save(&self, data: &Path) -> Result<(), files::Error> {
        let text = ron::ser::to_string_pretty(self, ron::ser::PrettyConfig::default()).unwrap_or_default();
        if std::fs::create_dir_all(data).is_err() {
            // What follows says why.
        }
        files::save(&data.join(FILE_NAME), &text, Over::Anything).map(drop)
    }

    fn sound(mut self) -> Self {
        if !(0.5..=3.0).contains(&self.text_scale) {
            self.text_scale = 1.0;
        }
        if !self.arranged.is_whole() {
            self.arranged = Arranged::default();
        }
        self.recent.truncate(MAX_RECENT);
        for list in self.bookmarks.values_mut() {
            list.retain(|mark| mark.x.is_finite() && mark.y.is_finite() && mark.zoom > 0.0 && mark.zoom.is_finite());
        }
        self
    }

    pub fn opened(&mut self, path: &Path) {
        if self.recent.first().is_some_and(|first| first == path) {
            return;
        }
        self.recent.retain(|other| other != path);
        self.recent.insert(0, path.to_owned());
        self.recent.truncate(MAX_RECENT);
    }

    /// One of the same name and play moves.
    pub fn mark(&mut self, key: &str, mark: Bookmark) {
        let list = self.bookmarks.entry(key.to_owned()).or_default();
        list.retain(|other| other.name != mark.name || other.play != mark.play);
        if list.len() < MAX_BOOKMARKS {
            list.push(mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_broken_ones_are_passed_over_with_a_word() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        assert_eq!(Settings::load(&data), (Settings::default(), None));
        let mut settings = Settings { look: Look::Light, text_scale: 1.5, ..Settings::default() };
        settings.opened(Path::new("/a.play"));
        let mark = Bookmark { name: "here".into(), play: "a/1/b".into(), x: 1.0, y: 2.0, zoom: 0.5 };
        settings.mark("/a.play", mark);
        settings.save(&data).expect("it can be written");
        assert_eq!(Settings::load(&data), (settings, None));
        for broken in ["(look: Purple)", "\u{0}", "(text_scale: \"x\")", ""] {
            std::fs::write(data.join(FILE_NAME), broken).expect("it can be written");
            let (read, word) = Settings::load(&data);
            assert_eq!(read, Settings::default());
            assert!(word.is_some_and(|word| word.contains("window.ron")), "{broken}");
        }
        std::fs::write(data.join(FILE_NAME), "(text_scale: 99.0, arranged: Pane(Field))").expect("it can be written");
        assert_eq!(Settings::load(&data), (Settings::default(), None), "what cannot be is left out");
    }
}
