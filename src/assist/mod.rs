//! What an editor of the text knows about a place in it: what may be written there, what a name is, where it is
//! defined and used, what can be folded.
//!
//! Pure: from a [`Source`] and an offset to values that a pane shows, and that tests compare. Works in texts that cannot
//! be read whole, since that is what a text is while it is typed. Must never: change a text (it gives changes), report
//! problems, draw. Start reading at [`complete()`] and [`site`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod complete;
mod find;
mod fold;
mod hover;
mod names;
mod place;
mod scenario;
mod shape;
mod site;
mod vars;
mod words;

pub use complete::{Completion, Completions, Sort, complete};
pub use find::{Find, find_all, replace_all};
pub use fold::{Fold, folds};
pub use hover::{Hover, hover};
pub use names::{BadRename, definition, rename, rename_node, uses};
pub use shape::keys_of;
pub use site::{Site, site};

use crate::base::Coord;

/// What is known beyond the text: targets that answered to discovery, or that other files call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub targets: Vec<KnownTarget>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTarget {
    pub coord: Coord,
    /// Where it is known from, in a word or two: `discovered`, `demo worker`.
    pub from: String,
    /// JSON schemas of what it takes and gives, as text.
    pub input: Option<String>,
    pub output: Option<String>,
}

impl Known {
    fn find(&self, coord: &str) -> Option<&KnownTarget> {
        self.targets.iter().find(|target| target.coord.to_string() == coord)
    }
}
