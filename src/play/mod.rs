//! The document: what a `.play` or `.ron` file says, as a list of statements with their comments.
//!
//! Nothing that a person wrote is lost: a statement that could not be read is kept word for word as `Bad`. The
//! graph is an index over the document, never a second truth. All changes are [`Edit`]s, small values with inverses.
//!
//! Must never: read text, know about spans, files or runs. Start reading at [`Document`].

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod callee;
mod doc;
mod edit;
mod graph;
pub mod json;
mod notes;
pub mod ops;
pub(crate) mod raw;
pub mod ron;
mod scenario;
mod scope;
pub(crate) mod sound;
mod words;

pub use doc::{
    Bind, Binding, Document, Entry, Expr, Formation, Frame, Hop, Item, Line, Node, NodeKind, NotePlace, Options, Place,
    Play, Policy, Share, Spread, Stmt, Target, TargetRef, Via, When, Wire,
};
pub use doc::{MAX_GROUP, MAX_LINES, MAX_TEXT, address_for, is_name};
pub use edit::{Edit, EditError, Head, Splice};
pub use graph::{Edge, Graph, MAX_WIRES, WireEnd};
pub use notes::{Note, NoteAt, NoteRef, notes};
pub use scenario::{Expect, Given, Gives, Mock, Scenario, SentSignal, SignalTo, Step};
pub use scope::Scopes;
pub use sound::Unsound;
