//! Where the panels stand: panes that can be dragged, tabbed and resized, by `egui_tiles`.
//!
//! The arrangement leaves as our own [`Arranged`] and not as the library's tree, so that a file of settings depends on
//! neither its ids nor its version.

use egui::{Id, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, WidgetText, pos2, vec2};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles, Tree,
};
use egui_tiles::{ResizeState, UiResponse};
use serde::{Deserialize, Serialize};

use super::theme::{self, Theme, size, space};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pane {
    Palette,
    /// The canvas.
    Field,
    Timeline,
    Events,
    Text,
    Inspector,
    Formation,
    Problems,
    Scenarios,
    Outline,
}

impl Pane {
    pub const ALL: [Self; 10] = [
        Self::Palette,
        Self::Field,
        Self::Timeline,
        Self::Events,
        Self::Text,
        Self::Inspector,
        Self::Formation,
        Self::Problems,
        Self::Scenarios,
        Self::Outline,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Palette => "Connectors",
            Self::Field => "Canvas",
            Self::Timeline => "Timeline",
            Self::Events => "Events",
            Self::Text => "Text",
            Self::Inspector => "Inspector",
            Self::Formation => "Targets",
            Self::Problems => "Problems",
            Self::Scenarios => "Scenarios",
            Self::Outline => "Outline",
        }
    }
}

/// An arrangement as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Arranged {
    Pane(Pane),
    Tabs(Vec<Self>, usize),
    /// Side by side, each with its width in points.
    Row(Vec<(f32, Self)>),
    /// One below the other, each with its height.
    Column(Vec<(f32, Self)>),
}

impl Default for Arranged {
    fn default() -> Self {
        let side = [Pane::Text, Pane::Inspector, Pane::Formation, Pane::Problems, Pane::Scenarios, Pane::Outline];
        let below = Self::Tabs([Pane::Timeline, Pane::Events].map(Self::Pane).to_vec(), 0);
        let middle = Self::Column(vec![(690.0, Self::Pane(Pane::Field)), (space::TIMELINE, below)]);
        Self::Row(vec![
            (space::PALETTE, Self::Pane(Pane::Palette)),
            (948.0, middle),
            (space::SIDE, Self::Tabs(side.map(Self::Pane).to_vec(), 0)),
        ])
    }
}

impl Arranged {
    /// Whether it has each pane once, and nothing that cannot be shown.
    pub fn is_whole(&self) -> bool {
        let mut found = Vec::new();
        self.panes(&mut found, 0) && found.len() == Pane::ALL.len() && Pane::ALL.iter().all(|pane| found.contains(pane))
    }

    fn panes(&self, found: &mut Vec<Pane>, depth: usize) -> bool {
        let many = |parts: &[(f32, Self)], found: &mut Vec<Pane>| {
            parts.iter().all(|(share, part)| *share > 0.0 && share.is_finite() && part.panes(found, depth + 1))
        };
        depth < 8
            && found.len() <= Pane::ALL.len()
            && match self {
                Self::Pane(pane) => {
                    found.push(*pane);
                    true
                }
                Self::Tabs(parts, _) => !parts.is_empty() && parts.iter().all(|part| part.panes(found, depth + 1)),
                Self::Row(parts) | Self::Column(parts) => !parts.is_empty() && many(parts, found),
            }
    }

    fn build(&self, tiles: &mut Tiles<Pane>) -> TileId {
        let linear = |dir, parts: &[(f32, Self)], tiles: &mut Tiles<Pane>| {
            let children: Vec<TileId> = parts.iter().map(|(_, part)| part.build(tiles)).collect();
            let mut linear = Linear::new(dir, children.clone());
            for (child, (share, _)) in children.into_iter().zip(parts) {
                linear.shares.set_share(child, *share);
            }
            tiles.insert_container(linear)
        };
        match self {
            Self::Pane(pane) => tiles.insert_pane(*pane),
            Self::Tabs(parts, active) => {
                let children: Vec<TileId> = parts.iter().map(|part| part.build(tiles)).collect();
                let mut tabs = Tabs::new(children.clone());
                if let Some(active) = children.get(*active) {
                    tabs.set_active(*active);
                }
                tiles.insert_container(tabs)
            }
            Self::Row(parts) => linear(LinearDir::Horizontal, parts, tiles),
            Self::Column(parts) => linear(LinearDir::Vertical, parts, tiles),
        }
    }

    fn of(tiles: &Tiles<Pane>, id: TileId) -> Option<Self> {
        Some(match tiles.get(id)? {
            Tile::Pane(pane) => Self::Pane(*pane),
            Tile::Container(Container::Tabs(tabs)) => {
                let active = tabs.children.iter().position(|child| tabs.is_active(*child)).unwrap_or(0);
                Self::Tabs(tabs.children.iter().filter_map(|child| Self::of(tiles, *child)).collect(), active)
            }
            Tile::Container(Container::Linear(linear)) => {
                let part = |child: &TileId| Some((linear.shares[*child].round().max(1.0), Self::of(tiles, *child)?));
                let parts = linear.children.iter().filter_map(part).collect();
                if linear.dir == LinearDir::Horizontal { Self::Row(parts) } else { Self::Column(parts) }
            }
            Tile::Container(Container::Grid(grid)) => {
                Self::Row(grid.children().filter_map(|child| Some((100.0, Self::of(tiles, *child)?))).collect())
            }
        })
    }
}

/// The panes on the screen.
pub struct Dock {
    tree: Tree<Pane>,
    size: Option<Vec2>,
}

impl Default for Dock {
    fn default() -> Self {
        Self::new(&Arranged::default())
    }
}

impl Dock {
    /// The default arrangement where `arranged` is not whole.
    pub fn new(arranged: &Arranged) -> Self {
        let mut tiles = Tiles::default();
        let default = Arranged::default();
        let root = if arranged.is_whole() { arranged } else { &default }.build(&mut tiles);
        Self { tree: Tree::new(Id::unique("dock"), root, tiles), size: None }
    }

    pub fn arranged(&self) -> Arranged {
        self.tree.root().and_then(|root| Arranged::of(&self.tree.tiles, root)).unwrap_or_default()
    }

    /// Brings a pane to the front of its tabs.
    pub fn show(&mut self, pane: Pane) {
        self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(found) if *found == pane));
    }

    pub fn is_shown(&self, pane: Pane) -> bool {
        let shown = self.tree.active_tiles();
        shown.iter().any(|id| self.tree.tiles.get_pane(id) == Some(&pane))
    }

    /// `badge` is what stands behind a tab's name.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        badge: &dyn Fn(Pane) -> Option<(String, egui::Color32)>,
        content: &mut dyn FnMut(&mut Ui, Pane),
    ) {
        let now = ui.available_size();
        if let Some(before) = self.size.replace(now)
            && before != now
        {
            self.keep_sizes();
        }
        self.count_in_points(now);
        self.tree.ui(&mut Show { badge, content }, ui);
    }

    /// When the window's size changes, the canvas takes or gives the difference, and the panels keep theirs.
    fn keep_sizes(&mut self) {
        let Some(field) = self.tree.tiles.find_pane(&Pane::Field) else { return };
        let (Some(root), Some(size)) = (self.tree.root(), self.size) else { return };
        let mut path = vec![field];
        while let Some(parent) = path.last().and_then(|last| self.tree.tiles.parent_of(*last)) {
            path.push(parent);
        }
        let mut room = size;
        for pair in path.windows(2).rev() {
            let (child, parent) = (pair[0], pair[1]);
            debug_assert!(parent != field && (parent == root || room != Vec2::ZERO), "the path leads to the root");
            let Some(Tile::Container(Container::Linear(linear))) = self.tree.tiles.get_mut(parent) else { continue };
            let whole = if linear.dir == LinearDir::Horizontal { room.x } else { room.y };
            let others: f32 = linear.children.iter().filter(|id| **id != child).map(|id| linear.shares[*id]).sum();
            let own = (whole - others).max(whole * 0.3);
            linear.shares.set_share(child, own);
            if linear.dir == LinearDir::Horizontal {
                room.x = own;
            } else {
                room.y = own;
            }
        }
    }

    /// Shares are points, so that they can be kept over a change of the window's size.
    fn count_in_points(&mut self, size: Vec2) {
        let Some(root) = self.tree.root() else { return };
        let mut todo = vec![(root, size)];
        while let Some((id, size)) = todo.pop() {
            match self.tree.tiles.get_mut(id) {
                Some(Tile::Container(Container::Linear(linear))) => {
                    let row = linear.dir == LinearDir::Horizontal;
                    let whole = if row { size.x } else { size.y };
                    let sum: f32 = linear.children.iter().map(|id| linear.shares[*id]).sum();
                    for child in linear.children.clone() {
                        let points = whole * linear.shares[child] / sum.max(1.0);
                        linear.shares.set_share(child, points);
                        todo.push((child, if row { vec2(points, size.y) } else { vec2(size.x, points) }));
                    }
                }
                Some(Tile::Container(Container::Tabs(tabs))) => {
                    todo.extend(tabs.children.iter().map(|child| (*child, size)));
                }
                _ => {}
            }
        }
    }
}

struct Show<'s> {
    badge: &'s dyn Fn(Pane) -> Option<(String, egui::Color32)>,
    content: &'s mut dyn FnMut(&mut Ui, Pane),
}

const GRIP: f32 = 18.0;

impl Behavior<Pane> for Show<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, tile: TileId, pane: &mut Pane) -> UiResponse {
        let theme = Theme::of(ui.ctx());
        let rect = ui.max_rect();
        if *pane != Pane::Field {
            ui.painter().rect_filled(rect, 0.0, theme.panel);
        }
        (self.content)(ui, *pane);
        if matches!(pane, Pane::Palette | Pane::Timeline) && grip(ui, tile, rect, *pane).drag_started() {
            return UiResponse::DragStarted;
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.name().into()
    }

    fn tab_ui(&mut self, tiles: &mut Tiles<Pane>, ui: &mut Ui, id: Id, tile: TileId, state: &TabState) -> Response {
        let theme = Theme::of(ui.ctx());
        let pane = tiles.get_pane(&tile).copied();
        let name = pane.map_or("Panels", Pane::name);
        let font = if state.active { theme::semibold(size::BODY) } else { theme::body() };
        let color = if state.active { theme.text } else { theme.muted };
        let galley = ui.painter().layout_no_wrap(name.to_owned(), font, color);
        let badge =
            pane.and_then(self.badge).map(|(text, color)| ui.painter().layout_no_wrap(text, theme::small(), color));
        let badge_width = badge.as_ref().map_or(0.0, |badge| badge.size().x + 8.0);
        let width = galley.size().x + badge_width + 18.0;
        let (_, rect) = ui.allocate_space(vec2(width, ui.available_height()));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, state.active, name));
        let (left, y) = (rect.left() + 9.0, rect.center().y);
        let text_width = galley.size().x;
        let color = if response.hovered() { theme.text } else { color };
        ui.painter().galley_with_override_text_color(pos2(left, y - galley.size().y / 2.0), galley, color);
        if let Some(badge) = badge {
            ui.painter().galley(pos2(left + text_width + 8.0, y - badge.size().y / 2.0), badge, theme.faint);
        }
        if state.active {
            let line = Rect::from_min_max(
                pos2(left, rect.bottom() - 2.5),
                pos2(left + text_width + badge_width, rect.bottom()),
            );
            ui.painter().rect_filled(line, 1.0, theme.accent);
        }
        if response.has_focus() {
            let ring = egui::Stroke::new(1.5, theme.accent);
            ui.painter().rect_stroke(rect.shrink2(vec2(4.0, 8.0)), 6.0, ring, egui::StrokeKind::Inside);
        }
        self.on_tab_button(tiles, tile, response)
    }

    fn tab_bar_height(&self, _: &egui::Style) -> f32 {
        42.0
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        visuals.panel_fill
    }

    fn resize_stroke(&self, style: &egui::Style, state: ResizeState) -> egui::Stroke {
        match state {
            ResizeState::Idle => egui::Stroke::new(1.0, style.visuals.window_stroke.color),
            ResizeState::Hovering => egui::Stroke::new(2.0, style.visuals.weak_text_color()),
            ResizeState::Dragging => egui::Stroke::new(2.0, style.visuals.text_cursor.stroke.color),
        }
    }

    fn min_size(&self) -> f32 {
        96.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: false, ..SimplificationOptions::default() }
    }
}

/// By which a panel without tabs is dragged to another place.
fn grip(ui: &Ui, tile: TileId, rect: Rect, pane: Pane) -> Response {
    let theme = Theme::of(ui.ctx());
    let grip = Rect::from_min_size(pos2(rect.center().x - GRIP, rect.top()), vec2(2.0 * GRIP, 8.0));
    let response = ui.interact(grip, Id::unique(("grip", tile)), Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Move panel {}", pane.name())));
    if response.hovered() || response.dragged() {
        for n in [-1.0, 0.0, 1.0] {
            ui.painter().circle_filled(grip.center() + vec2(n * 6.0, 0.0), 1.6, theme.muted);
        }
    }
    response.on_hover_cursor(egui::CursorIcon::Grab)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrangement_comes_back_as_it_was() {
        let moved = Arranged::Column(vec![
            (600.0, Arranged::Tabs([Pane::Field, Pane::Text, Pane::Outline].map(Arranged::Pane).to_vec(), 1)),
            (
                200.0,
                Arranged::Row(
                    [
                        Pane::Palette,
                        Pane::Timeline,
                        Pane::Events,
                        Pane::Inspector,
                        Pane::Formation,
                        Pane::Problems,
                        Pane::Scenarios,
                    ]
                    .map(|pane| (100.0, Arranged::Pane(pane)))
                    .to_vec(),
                ),
            ),
        ]);
        for arranged in [Arranged::default(), moved] {
            assert!(arranged.is_whole());
            let text = ron::to_string(&arranged).expect("it is plain data");
            let read: Arranged = ron::from_str(&text).expect("it was written so");
            assert_eq!(Dock::new(&read).arranged(), arranged);
        }
    }

    #[test]
    fn one_that_lacks_a_pane_or_has_it_twice_is_passed_over() {
        let pane = |pane| Arranged::Pane(pane);
        let twice = Arranged::Tabs(Pane::ALL.into_iter().chain([Pane::Text]).map(pane).collect(), 0);
        for bad in [Arranged::Pane(Pane::Field), Arranged::Row(Vec::new()), twice] {
            assert_eq!(Dock::new(&bad).arranged(), Arranged::default());
        }
    }
}
