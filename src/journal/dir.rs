use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The journal's name in a data folder.
pub const FILE_NAME: &str = "journal.db";

/// The data folder of this person: `$CHALKTALK_DATA`, else `$XDG_DATA_HOME/chalktalk`, else `~/.local/share/chalktalk`.
///
/// `None` if not even a home is known.
pub fn default_dir() -> Option<PathBuf> {
    dir_from(|name| env::var_os(name))
}

fn dir_from(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    path("CHALKTALK_DATA")
        // The XDG specification: a relative path there is to be ignored.
        .or_else(|| path("XDG_DATA_HOME").filter(|dir| dir.is_absolute()).map(|dir| dir.join("chalktalk")))
        .or_else(|| path("HOME").map(|home| home.join(".local/share/chalktalk")))
}

/// The journal file for a path that a person gave: a folder, or the file.
pub(super) fn file_of(path: &Path) -> PathBuf {
    let is_file = path.is_file() || (!path.is_dir() && path.extension().is_some_and(|ext| ext == "db"));
    if is_file { path.to_owned() } else { path.join(FILE_NAME) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_setting_wins() {
        let check = |vars: &[(&str, &str)], expected: Option<&str>| {
            let found = dir_from(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into()));
            assert_eq!(found.as_deref(), expected.map(Path::new), "{vars:?}");
        };
        check(&[("CHALKTALK_DATA", "d"), ("XDG_DATA_HOME", "/x"), ("HOME", "/h")], Some("d"));
        check(&[("CHALKTALK_DATA", ""), ("XDG_DATA_HOME", "/x"), ("HOME", "/h")], Some("/x/chalktalk"));
        check(&[("XDG_DATA_HOME", "x"), ("HOME", "/h")], Some("/h/.local/share/chalktalk"));
        check(&[], None);
    }
}
