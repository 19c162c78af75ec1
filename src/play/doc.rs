use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;

use super::scenario::Scenario;
use crate::base::{Coord, Dur, NodeId};

/// Longer texts are not read. In bytes.
pub const MAX_TEXT: usize = 64 << 20;
/// Files with more items, statements and comments are not read.
pub const MAX_LINES: usize = 500_000;
/// How many names a group of a wire, groups a wire, and targets a mix may have at most.
pub const MAX_GROUP: usize = 65_535;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document {
    pub items: Vec<Line<Item>>,
}

impl Document {
    /// How many items it has, and lines in them.
    pub fn n_lines(&self) -> usize {
        let body = |line: &Line<Item>| match &line.kind {
            Item::Play(play) => play.body.len(),
            Item::Formation(formation) => formation.body.len(),
            Item::Comment(_) | Item::Bad(_) => 0,
        };
        self.items.iter().map(|line| 1 + body(line)).sum()
    }

    /// Whether a layout holds more than places of nodes.
    pub(super) fn has_notes_or_frames(&self) -> bool {
        let bodies = self.items.iter().filter_map(|line| match &line.kind {
            Item::Play(play) => Some(&play.body),
            _ => None,
        });
        bodies.flatten().any(|line| match &line.kind {
            Stmt::Layout(entries) => entries.iter().any(|entry| entry.place().is_none()),
            _ => false,
        })
    }
}

/// One statement or comment, with what stands around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line<T> {
    /// At least one empty line stands before it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub blank: bool,
    pub kind: T,
    /// The comment after it on its last line, as in [`Item::Comment`]. Never on a comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl<T> Line<T> {
    pub const fn new(kind: T) -> Self {
        Self { blank: false, kind, note: None }
    }

    pub const fn after_blank(kind: T) -> Self {
        Self { blank: true, kind, note: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Item {
    /// Without its two slashes, one space after them, and the spaces at its end.
    Comment(String),
    Play(Play),
    Formation(Formation),
    /// Text that could not be read, word for word.
    Bad(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Play {
    pub coord: Coord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Bounds the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Dur>,
    pub body: Vec<Line<Stmt>>,
}

impl Play {
    /// The frames of its layouts, in the order of the text.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        let layouts = self.body.iter().filter_map(|line| match &line.kind {
            Stmt::Layout(entries) => Some(entries),
            _ => None,
        });
        layouts.flatten().filter_map(Entry::frame)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stmt {
    /// As in [`Item::Comment`].
    Comment(String),
    Role(SmolStr),
    Node(Node),
    Wire(Wire),
    Layout(Vec<Entry>),
    Scenario(Scenario),
    /// Text that could not be read, word for word.
    Bad(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    pub kind: NodeKind,
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeKind {
    Snap,
    Call(Target),
    FanOut(Spread),
    FanIn(Policy),
    /// The signal's name.
    WaitForSignal(String),
    WaitForWorker(Target),
    Pass(Option<Target>),
}

impl NodeKind {
    /// The keyword that starts its statement.
    pub const fn keyword(&self) -> &'static str {
        match self {
            Self::Snap => "snap",
            Self::Call(_) => "call",
            Self::FanOut(_) => "fan-out",
            Self::FanIn(_) => "fan-in",
            Self::WaitForSignal(_) => "wait-for-signal",
            Self::WaitForWorker(_) => "wait-for-worker",
            Self::Pass(_) => "pass",
        }
    }

    pub const fn target(&self) -> Option<&Target> {
        match self {
            Self::Call(target) | Self::WaitForWorker(target) | Self::Pass(Some(target)) => Some(target),
            _ => None,
        }
    }
}

/// Which wires of a fan-out carry a ball on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spread {
    /// A copy along every wire whose guard holds.
    All,
    /// Only the first wire whose guard holds.
    One,
    /// One ball for each element of a list.
    Each(Expr),
}

/// When a fan-in goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Policy {
    All,
    Any,
    Count(u32),
}

/// Where a ball is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    One(TargetRef),
    /// At least one; the percentages should add up to 100.
    Mix(Vec<Share>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetRef {
    /// A role of the play, filled by a formation.
    Role(SmolStr),
    Coord(Coord),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub to: TargetRef,
    pub percent: u32,
}

impl Target {
    /// Every place that the ball may be sent to.
    pub fn refs(&self) -> impl Iterator<Item = &TargetRef> {
        let (one, mix) = match self {
            Self::One(to) => (Some(to), &[][..]),
            Self::Mix(shares) => (None, shares.as_slice()),
        };
        one.into_iter().chain(mix.iter().map(|share| &share.to))
    }
}

/// What may follow any node. Defaults to nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Shapes what is sent to a target; without a target, the ball that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<Expr>,
    /// Which signals or balls belong together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Expr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Dur>,
    /// More attempts after the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<u32>,
    /// The first wait and the longest wait between attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<(Dur, Dur)>,
}

impl Options {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The source of a CEL expression, without the parentheses around it and the spaces just inside them.
///
/// Never empty. Outside of its strings and comments, parentheses and braces are balanced. One that ends with a comment
/// keeps the newline after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expr(pub String);

/// `from -> hops[0].to -> hops[1].to …`: every node of a group is wired to every node of the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// At least one.
    pub from: Vec<NodeId>,
    /// At least one.
    pub hops: Vec<Hop>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// At least one.
    pub to: Vec<NodeId>,
    /// Holds for the wires into `to`, not for those after it.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
}

/// Which balls a wire carries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    #[default]
    Always,
    If(Expr),
    Otherwise,
    Error,
    Timeout,
}

impl When {
    pub const fn is_always(&self) -> bool {
        matches!(self, Self::Always)
    }
}

/// Where the top-left corner of a node stands on the canvas, in units of the canvas, y downwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub id: NodeId,
    pub x: i32,
    pub y: i32,
}

/// An entry of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Node(Place),
    Note(NotePlace),
    Frame(Frame),
}

impl Entry {
    /// The place of a node, if it is one.
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::Node(place) => Some(place),
            Self::Note(_) | Self::Frame(_) => None,
        }
    }

    pub const fn frame(&self) -> Option<&Frame> {
        match self {
            Self::Frame(frame) => Some(frame),
            Self::Node(_) | Self::Note(_) => None,
        }
    }

    /// Whether it speaks of the node.
    pub fn names(&self, id: &NodeId) -> bool {
        match self {
            Self::Node(place) => place.id == *id,
            Self::Note(_) => false,
            Self::Frame(frame) => frame.nodes.contains(id),
        }
    }
}

/// Where a note stands: as in [`Place`].
///
/// A note is a comment, and has no name: it is known by its first line. Of several that begin alike the first has the
/// first such entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePlace {
    pub note: String,
    pub x: i32,
    pub y: i32,
}

/// A titled rectangle around nodes. Where it stands follows from where they do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    #[serde(rename = "frame")]
    pub title: String,
    /// Shown as one card.
    #[serde(default, skip_serializing_if = "is_false")]
    pub collapsed: bool,
    pub nodes: Vec<NodeId>,
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Node(place) => place.serialize(serializer),
            Self::Note(place) => place.serialize(serializer),
            Self::Frame(frame) => frame.serialize(serializer),
        }
    }
}

/// They are told apart by their fields, so that a layout of places alone is what it was before there were others.
impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "Place")]
        struct Fields {
            #[serde(default, deserialize_with = "some")]
            id: Option<NodeId>,
            #[serde(default, deserialize_with = "some")]
            note: Option<String>,
            #[serde(default, deserialize_with = "some")]
            frame: Option<String>,
            #[serde(default, deserialize_with = "some")]
            x: Option<i32>,
            #[serde(default, deserialize_with = "some")]
            y: Option<i32>,
            #[serde(default)]
            collapsed: bool,
            #[serde(default, deserialize_with = "some")]
            nodes: Option<Vec<NodeId>>,
        }
        let fields = Fields::deserialize(deserializer)?;
        let both = (fields.x, fields.y);
        match (fields.id, fields.note, fields.frame, fields.nodes, both) {
            (Some(id), None, None, None, (Some(x), Some(y))) => Ok(Self::Node(Place { id, x, y })),
            (None, Some(note), None, None, (Some(x), Some(y))) => Ok(Self::Note(NotePlace { note, x, y })),
            (None, None, Some(title), Some(nodes), (None, None)) => {
                Ok(Self::Frame(Frame { title, collapsed: fields.collapsed, nodes }))
            }
            _ => Err(de::Error::custom("an entry of a layout has id, x and y, or note, x and y, or frame and nodes")),
        }
    }
}

/// A field that is there, without the `Some` that RON wants around an optional one.
fn some<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formation {
    pub name: SmolStr,
    pub body: Vec<Line<Bind>>,
}

impl Formation {
    /// Its lines that bind an image, in order.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.body.iter().filter_map(|line| match &line.kind {
            Bind::To(binding) => Some(binding),
            _ => None,
        })
    }

    /// The line that a target goes by: the first that serves it.
    pub fn binding(&self, image: &str, version: &str) -> Option<&Binding> {
        self.bindings().find(|binding| binding.covers(image, version))
    }

    /// The commands of its processes, as they are written, each once.
    pub fn commands(&self) -> BTreeSet<&str> {
        let commands = self.bindings().filter_map(|binding| match &binding.via {
            Via::Process(command) => Some(command.as_str()),
            _ => None,
        });
        commands.collect()
    }
}

/// A statement of a formation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bind {
    /// As in [`Item::Comment`].
    Comment(String),
    To(Binding),
    Role(SmolStr, Target),
    /// Text that could not be read, word for word.
    Bad(String),
}

/// Which physical flow serves the versions of an image. The first binding of a formation that matches is the one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub image: SmolStr,
    /// Exact, or `*` for all.
    pub version: SmolStr,
    pub via: Via,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Via {
    /// Addresses; `{image}` and `{version}` are filled in. At least one.
    Service(Vec<String>),
    Pod {
        port: u16,
        container: Option<String>,
    },
    /// A command that starts a worker.
    Process(String),
    /// Workers that come and ask.
    Pull,
    Builtin,
    /// gRPC servers that never heard of Chalktalk. At least one.
    Reflect(Vec<String>),
}

impl Via {
    /// The keyword of its line.
    pub const fn keyword(&self) -> &'static str {
        match self {
            Self::Service(_) => "service",
            Self::Pod { .. } => "pod",
            Self::Process(_) => "process",
            Self::Pull => "pull",
            Self::Builtin => "builtin",
            Self::Reflect(_) => "reflect",
        }
    }
}

/// An address of a formation for one target: `{image}` and `{version}` filled in.
///
/// In the host's name they are labels of DNS, which hold no dots: `2.1` becomes `2-1`.
pub fn address_for(address: &str, to: &Coord) -> String {
    let fill = |text: &str, image: &str, version: &str| text.replace("{image}", image).replace("{version}", version);
    let label = |text: &str| -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        text.chars().map(plain).collect()
    };
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find([':', '/']).map_or(address.len(), |at| start + at);
    let (scheme, host, rest) = (&address[..start], &address[start..end], &address[end..]);
    let host = fill(host, &label(&to.image), &label(&to.version));
    format!("{scheme}{host}{}", fill(rest, &to.image, &to.version))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(value: &bool) -> bool {
    !value
}

/// A role's or node's name: a letter or `_`, then letters, digits and `_`; `-` only between them.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

impl fmt::Display for TargetRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(name) => f.write_str(name),
            Self::Coord(coord) => coord.fmt(f),
        }
    }
}

impl FromStr for TargetRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            text.parse().map(Self::Coord).map_err(|error: crate::base::BadCoord| error.to_string())
        } else if is_name(text) {
            Ok(Self::Role(text.into()))
        } else {
            Err(format!("'{text}' is not a target: write image/version/method or a role"))
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(to) => to.fmt(f),
            Self::Mix(shares) => {
                for (i, share) in shares.iter().enumerate() {
                    let bar = if i == 0 { "" } else { " | " };
                    write!(f, "{bar}{} {}%", share.to, share.percent)?;
                }
                Ok(())
            }
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.contains(['|', '%']) {
            return text.trim().parse().map(Self::One);
        }
        let share = |part: &str| -> Result<Share, String> {
            let (to, percent) = part.trim().rsplit_once(' ').ok_or_else(|| format!("'{part}' has no percentage"))?;
            let percent = percent
                .strip_suffix('%')
                .and_then(|number| number.parse().ok())
                .ok_or_else(|| format!("'{percent}' is not a percentage"))?;
            Ok(Share { to: to.trim().parse()?, percent })
        };
        text.split('|').map(share).collect::<Result<_, _>>().map(Self::Mix)
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Binding {
    /// Whether the binding serves that version of that image.
    pub fn covers(&self, image: &str, version: &str) -> bool {
        self.image == image && (self.version == "*" || self.version == version)
    }
}
