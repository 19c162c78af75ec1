//! Whether this machine can show a window: asked before the window library is, which panics where it should not.

use std::path::{Path, PathBuf};

/// The window cannot open. The message says what to install or which command to use instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set; start chalktalk in a desktop session, or use \
         `chalktalk run FILE` in a terminal"
    )]
    NoDisplay,
    #[error(
        "the window needs {libraries}; on Debian or Ubuntu: apt-get install {packages}; without a window, use \
         `chalktalk run FILE`"
    )]
    MissingLibraries { libraries: String, packages: String },
    #[error(
        "the window could not be opened: {0}; on a machine without a graphics driver, apt-get install libegl1 \
         libgl1-mesa-dri helps; without a window, use `chalktalk run FILE`"
    )]
    Window(String),
}

/// A shared library and the Debian package that has it.
type Need = (&'static str, &'static str);

const X11: &[Need] = &[
    ("libX11.so.6", "libx11-6"),
    ("libXcursor.so.1", "libxcursor1"),
    ("libXi.so.6", "libxi6"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
];
const WAYLAND: &[Need] = &[("libwayland-client.so.0", "libwayland-client0"), ("libxkbcommon.so.0", "libxkbcommon0")];

/// What the window library will look for, in the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Display {
    Wayland,
    X11,
}

/// # Errors
/// There is no display, or a library that the window needs is not on this machine.
pub fn check() -> Result<(), Error> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let display = match (set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET"), set("DISPLAY")) {
        (true, _) => Display::Wayland,
        (false, true) => Display::X11,
        (false, false) => return Err(Error::NoDisplay),
    };
    let needs = if display == Display::Wayland { WAYLAND } else { X11 };
    // Where the loader keeps no cache (musl, NixOS) libraries are found in ways that we do not know: do not refuse.
    let Ok(cache) = std::fs::read("/etc/ld.so.cache") else { return Ok(()) };
    missing(needs, &|name| in_cache(&cache, name) || in_folders(name))
}

fn missing(needs: &[Need], present: &dyn Fn(&str) -> bool) -> Result<(), Error> {
    let missing: Vec<&Need> = needs.iter().filter(|(library, _)| !present(library)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = |part: fn(&Need) -> &'static str, between: &str| {
        missing.iter().map(|need| part(need)).collect::<Vec<_>>().join(between)
    };
    Err(Error::MissingLibraries { libraries: list(|need| need.0, ", "), packages: list(|need| need.1, " ") })
}

/// The cache lists names that end in a zero byte.
fn in_cache(cache: &[u8], name: &str) -> bool {
    let wanted: Vec<u8> = name.bytes().chain([0]).collect();
    cache.windows(wanted.len()).any(|window| window == wanted)
}

fn in_folders(name: &str) -> bool {
    let own = std::env::var_os("LD_LIBRARY_PATH");
    let own = own.iter().flat_map(|paths| std::env::split_paths(paths).collect::<Vec<PathBuf>>());
    let usual = ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from);
    own.chain(usual).any(|folder: PathBuf| Path::new(&folder).join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_packages_of_what_is_missing() {
        let error = missing(X11, &|name| !name.starts_with("libXi") && !name.contains("xkb")).unwrap_err().to_string();
        assert!(error.contains("apt-get install libxi6 libxkbcommon-x11-0;"), "{error}");
        assert!(error.contains("chalktalk run"), "{error}");
        assert!(missing(X11, &|_| true).is_ok());
    }

    #[test]
    fn a_name_in_the_cache_is_a_whole_name() {
        let cache = b"glibc-ld.so.cache1.1\0libxkbcommon-x11.so.0\0/usr/lib/libxkbcommon-x11.so.0\0";
        assert!(in_cache(cache, "libxkbcommon-x11.so.0"));
        assert!(!in_cache(cache, "libxkbcommon-x11.so"));
        assert!(!in_cache(cache, "libXi.so.6"));
    }
}
