//! The file as a tree: plays, their nodes in the order of the flow, the wires out of each, and the formations. What the
//! canvas shows as a picture can be read here from top to bottom, by eye, ear or keyboard.

use egui::{Align2, Rect, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use rustc_hash::FxHashSet;

use crate::app::{Command, Editor, wire_name};
use crate::base::NodeId;
use crate::gui::canvas::{kind_color, kind_icon};
use crate::gui::icons::Icon;
use crate::gui::theme::{self, Theme, size};
use crate::gui::widgets::{elided, text_at};
use crate::play::{Document, Graph, Play, When};
use crate::scene::Kind;

const ROW: f32 = 24.0;

/// View memory: which plays are folded.
#[derive(Debug, Default)]
pub struct OutlinePanel {
    closed: FxHashSet<usize>,
    rows: Vec<Row>,
    built_for: Option<u64>,
}

#[derive(Debug)]
struct Row {
    depth: u8,
    /// As it is read aloud.
    name: String,
    text: String,
    detail: String,
    what: What,
    command: Option<Command>,
    item: usize,
    node: Option<NodeId>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Play,
    Node(Kind),
    Wire,
    /// The open ones of its nodes follow, one step deeper.
    Frame,
    Note,
    Formation,
}

impl OutlinePanel {
    pub fn ui(&mut self, ui: &mut Ui, editor: &Editor, out: &mut Vec<Command>) {
        let session = editor.session();
        if self.built_for != Some(session.revision()) {
            self.built_for = Some(session.revision());
            self.rows = rows(session.doc(), editor.current());
        }
        let selected = session.selection().single_node();
        let shown: Vec<usize> = (0..self.rows.len())
            .filter(|n| self.rows[*n].depth == 0 || !self.closed.contains(&self.rows[*n].item))
            .collect();
        ui.add_space(8.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        let area = ScrollArea::vertical().id_salt("outline").auto_shrink(false);
        area.show_rows(ui, ROW, shown.len(), |ui, range| {
            for n in &shown[range] {
                let row = &self.rows[*n];
                let open = (row.what == What::Play).then(|| !self.closed.contains(&row.item));
                let is_selected = row.node.is_some()
                    && row.node.as_ref() == selected
                    && row.what != What::Wire
                    && session.item() == Some(row.item);
                let response = row_ui(ui, row, open, is_selected);
                if response.double_clicked() || (response.clicked() && row.command.is_none()) {
                    if !self.closed.remove(&row.item) {
                        self.closed.insert(row.item);
                    }
                } else if response.clicked() {
                    out.extend(row.command.clone());
                }
            }
        });
    }
}

fn rows(doc: &Document, session: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for (item, play) in doc.plays() {
        let title = play.title.as_deref().unwrap_or_default();
        rows.push(Row {
            depth: 0,
            name: format!("play {} {title}", play.coord).trim_end().to_owned(),
            text: play.coord.to_string(),
            detail: title.to_owned(),
            what: What::Play,
            command: Some(Command::ShowPlay(item)),
            item,
            node: None,
        });
        nodes(play, item, session, &mut rows);
    }
    for (item, formation) in doc.formations() {
        rows.push(Row {
            depth: 0,
            name: format!("formation {}", formation.name),
            text: formation.name.to_string(),
            detail: "formation".to_owned(),
            what: What::Formation,
            command: Some(Command::SetFormation(Some(formation.name.clone()))),
            item,
            node: None,
        });
    }
    rows
}

/// From the starts on along the wires; what cannot be reached comes last.
fn nodes(play: &Play, item: usize, session: usize, rows: &mut Vec<Row>) {
    let graph = Graph::new(play);
    let n_nodes = u32::try_from(graph.n_nodes()).unwrap_or(u32::MAX);
    let mut seen = vec![false; graph.n_nodes()];
    let mut order = Vec::new();
    let starts = (0..n_nodes).filter(|n| graph.is_entry(play, *n)).chain(0..n_nodes);
    for start in starts {
        let mut todo = std::collections::VecDeque::from([start]);
        while let Some(n) = todo.pop_front() {
            if std::mem::replace(&mut seen[n as usize], true) {
                continue;
            }
            order.push(n);
            todo.extend(graph.out(n).iter().map(|wire| graph.wire(*wire).to));
        }
    }
    let mut tree = Tree { play, graph: &graph, item, session, told: vec![false; play.frames().count()] };
    tree.nodes(&order, None, 1, rows);
    for note in crate::play::notes(play) {
        rows.push(Row {
            depth: 1,
            name: format!("note {}", note.name.text.replace('\n', " ")),
            text: "note".to_owned(),
            detail: note.name.first_line().to_owned(),
            what: What::Note,
            command: Some(Command::Select(crate::app::Selection::note(note.name))),
            item,
            node: None,
        });
    }
}

/// The nodes of a play, those of a frame below its title.
struct Tree<'p> {
    play: &'p Play,
    graph: &'p Graph,
    item: usize,
    session: usize,
    /// Frames that are there already.
    told: Vec<bool>,
}

impl Tree<'_> {
    /// Those of `order`, all of which lie in the frame `within`. Frames come where their first node does.
    fn nodes(&mut self, order: &[u32], within: Option<usize>, depth: u8, rows: &mut Vec<Row>) {
        let (play, graph) = (self.play, self.graph);
        let id = |n: u32| &graph.node(play, n).id;
        let frames: Vec<&crate::play::Frame> = play.frames().collect();
        let size = within.map_or(usize::MAX, |f| frames[f].nodes.len());
        let mut done: FxHashSet<u32> = FxHashSet::default();
        for &n in order {
            if done.contains(&n) {
                continue;
            }
            let is_in =
                |f: &usize| !self.told[*f] && frames[*f].nodes.len() <= size && frames[*f].nodes.contains(id(n));
            let frame = (0..frames.len()).filter(is_in).max_by_key(|f| frames[*f].nodes.len());
            let Some(f) = frame.filter(|_| depth < 12) else {
                self.node(n, depth, rows);
                continue;
            };
            let inside: FxHashSet<&NodeId> = frames[f].nodes.iter().collect();
            let held: Vec<u32> =
                order.iter().copied().filter(|n| !done.contains(n) && inside.contains(id(*n))).collect();
            done.extend(&held);
            self.told[f] = true;
            let title = &frames[f].title;
            let state = if frames[f].collapsed { "collapsed" } else { "" };
            rows.push(Row {
                depth,
                name: format!("frame {title} {state}").trim_end().to_owned(),
                text: title.clone(),
                detail: state.to_owned(),
                what: What::Frame,
                command: Some(Command::Select(crate::app::Selection::frame(title.clone()))),
                item: self.item,
                node: None,
            });
            self.nodes(&held, Some(f), depth + 1, rows);
        }
    }

    /// A node and its wires.
    fn node(&self, n: u32, depth: u8, rows: &mut Vec<Row>) {
        let Self { play, graph, item, session, .. } = *self;
        let node = graph.node(play, n);
        let go = |id: &NodeId| Some(Command::GoTo { session, item, node: id.clone() });
        let target = node.kind.target().map(ToString::to_string).unwrap_or_default();
        let title = node.options.title.as_deref().unwrap_or_default();
        let detail = if target.is_empty() { title.to_owned() } else { target };
        rows.push(Row {
            depth,
            name: format!("{} {} {detail}", node.kind.keyword(), node.id).trim_end().to_owned(),
            text: node.id.to_string(),
            detail,
            what: What::Node(Kind::of(&node.kind)),
            command: go(&node.id),
            item,
            node: Some(node.id.clone()),
        });
        for wire in graph.out(n) {
            let to = &graph.node(play, graph.wire(*wire).to).id;
            let when = condition(graph.when(play, *wire));
            let name = wire_name(play, graph, *wire);
            rows.push(Row {
                depth: depth + 1,
                name: format!("wire from {} to {to} {when}", node.id).trim_end().to_owned(),
                text: format!("→ {to}"),
                detail: when,
                what: What::Wire,
                command: Some(Command::Select(crate::app::Selection::wire(name))),
                item,
                node: Some(node.id.clone()),
            });
        }
    }
}

fn condition(when: &When) -> String {
    match when {
        When::Always => String::new(),
        When::If(expr) => format!("when ({})", expr.0),
        When::Otherwise => "otherwise".to_owned(),
        When::Error => "on error".to_owned(),
        When::Timeout => "on timeout".to_owned(),
    }
}

fn row_ui(ui: &mut Ui, row: &Row, open: Option<bool>, selected: bool) -> egui::Response {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| {
        let state = match open {
            Some(true) => ", unfolded",
            Some(false) => ", folded",
            None => "",
        };
        WidgetInfo::selected(Role::TreeItem, true, selected, format!("{}{state}", row.name))
    });
    if selected || response.hovered() {
        ui.painter().rect_filled(rect.shrink2(vec2(8.0, 1.0)), 6.0, if selected { theme.row } else { theme.panel2 });
    }
    if response.has_focus() {
        let ring = egui::Stroke::new(1.5, theme.accent);
        ui.painter().rect_stroke(rect.shrink2(vec2(8.0, 1.0)), 6.0, ring, egui::StrokeKind::Inside);
    }
    let (icon, tint) = match row.what {
        What::Play => (if open == Some(false) { Icon::Right } else { Icon::Down }, theme.muted),
        What::Node(kind) => (kind_icon(kind), kind_color(theme, kind)),
        What::Wire => (Icon::Forward, theme.faint),
        What::Frame => (Icon::Frame, theme.muted),
        What::Note => (Icon::Look, theme.faint),
        What::Formation => (Icon::Tree, theme.muted),
    };
    let left = rect.left() + 20.0 + f32::from(row.depth) * 18.0;
    let y = rect.center().y;
    if !matches!(row.what, What::Wire | What::Note) {
        icon.paint(ui.painter(), Rect::from_center_size(pos2(left + 6.0, y), Vec2::splat(13.0)), tint);
    }
    let (font, color) = match row.what {
        What::Wire | What::Note => (theme::small(), theme.muted),
        What::Play => (theme::mono(size::SMALL), theme.text),
        _ => (theme::body(), theme.text),
    };
    let drawn = text_at(ui, pos2(left + 20.0, y), Align2::LEFT_CENTER, row.text.as_str(), font, color);
    let room = rect.right() - 16.0 - drawn.right() - 12.0;
    if room > 24.0 {
        let detail = elided(ui, &row.detail, theme::mono(size::CAPTION), theme.muted, room);
        ui.painter().galley(pos2(drawn.right() + 12.0, y - detail.size().y / 2.0), detail, theme.muted);
    }
    response
}
