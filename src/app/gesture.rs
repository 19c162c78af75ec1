use smol_str::SmolStr;

use super::selection::Selection;
use crate::base::NodeId;
use crate::event::WireRef;
use crate::play::ops::{NodeField, Outlet, PlayField};
use crate::play::{Bind, Node, NodeKind, NoteRef, When};

/// A change of the play, as the canvas and the inspector make it: one step of the history each.
#[derive(Clone, Debug, PartialEq)]
pub enum Gesture {
    /// A node of the kind with a fresh id, its top-left corner at `at`, wired from `from` if given. It gets selected.
    AddNode {
        kind: NodeKind,
        at: (i32, i32),
        from: Option<(NodeId, Outlet)>,
    },
    /// A node as it is, its top-left corner at `at`. It gets selected. Its id must be free.
    Insert {
        node: Box<Node>,
        at: (i32, i32),
        wired: Wired,
    },
    /// A node that is there comes onto a wire, its top-left corner to `at`.
    Splice {
        node: NodeId,
        wire: WireRef,
        at: (i32, i32),
    },
    /// Deletes nodes and leads what came to them to where they led.
    DeleteAndHeal(Vec<NodeId>),
    /// Two wires of one node lead each where the other did.
    Swap(WireRef, WireRef),
    /// Play text becomes nodes, the corner of all at `at`. They get selected.
    Paste {
        text: String,
        at: (i32, i32),
    },
    /// New top-left corners, as a step with a name.
    Place {
        name: &'static str,
        places: Vec<(NodeId, i32, i32)>,
    },
    ConnectAll {
        from: Vec<NodeId>,
        outlet: Outlet,
        to: NodeId,
    },
    /// Drag from an outlet to a node.
    Connect {
        from: NodeId,
        outlet: Outlet,
        to: NodeId,
    },
    Disconnect(WireRef),
    /// The wire leads to another node.
    RerouteHead {
        wire: WireRef,
        to: NodeId,
    },
    /// The wire comes from another node.
    RerouteTail {
        wire: WireRef,
        from: NodeId,
    },
    SetWhen {
        wire: WireRef,
        when: When,
    },
    /// Nodes go with all their wires.
    Delete {
        nodes: Vec<NodeId>,
        wires: Vec<WireRef>,
    },
    Rename {
        node: NodeId,
        to: String,
    },
    /// A property as text, as a person types it; empty takes an option away.
    SetField {
        node: NodeId,
        field: NodeField,
        text: String,
    },
    SetKind {
        node: NodeId,
        kind: NodeKind,
    },
    /// New top-left corners. A drag is one of these, on release.
    Move(Vec<(NodeId, i32, i32)>),
    /// The same by a key. One after the other without a pause are one step of the history.
    Nudge(Vec<(NodeId, i32, i32)>),
    /// The same for what the program arranged.
    Arrange(Vec<(NodeId, i32, i32)>),
    /// A comment before the statement of a node, or one that stands alone, its top-left corner at `at`.
    AddNote {
        about: Option<NodeId>,
        text: String,
        at: Option<(i32, i32)>,
    },
    /// Empty takes it away.
    SetNote {
        note: NoteRef,
        text: String,
    },
    /// A new top-left corner; `None` is beside what it is about.
    MoveNote {
        note: NoteRef,
        to: Option<(i32, i32)>,
    },
    /// A frame around nodes. It gets selected.
    AddFrame(Vec<NodeId>),
    RetitleFrame {
        title: String,
        to: String,
    },
    /// Frames become cards, or rectangles again.
    Collapse {
        titles: Vec<String>,
        collapsed: bool,
    },
    /// All that is named goes: nodes with all their wires, notes with their comments, frames without their nodes.
    Erase(Box<Selection>),
    SetPlay {
        field: PlayField,
        text: String,
    },
    AddRole(String),
    RemoveRole(SmolStr),
    /// The text of a formation's statement, as `shop/* service "http://…"` or `role courier = shipping/1/dispatch`:
    /// takes the place of the one for the same pattern or role, or is added.
    Bind {
        formation: SmolStr,
        text: String,
    },
    /// Another statement at the place of one.
    Rebind {
        formation: SmolStr,
        stmt: usize,
        bind: Bind,
    },
    Unbind {
        formation: SmolStr,
        stmt: usize,
    },
    AddFormation(String),
    /// The nodes become a play of that method, and a call to it stands in their place. It gets selected.
    Extract {
        nodes: Vec<NodeId>,
        name: String,
    },
    /// The play that the node calls comes in its place.
    Inline(NodeId),
}

/// How a new node is wired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wired {
    Alone,
    After { from: Vec<NodeId>, outlet: Outlet },
    Before(NodeId),
    On(WireRef),
}
