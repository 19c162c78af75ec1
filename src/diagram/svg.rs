mod around;

use std::fmt::{Arguments, Write};

use super::words::{self, fitted};
use super::xml::{Num, Text};
use super::{Options, Part, Subject};
use crate::look::card::{
    BALL, BAR, CORNER, DETAIL_DOWN, FOOT_DOWN, FOOT_GROUND, FOOT_WIDTH, ICON, ICON_LEFT, LACES, PORT, PORT_LINE,
    SPINNER, STATE, STATE_RIGHT, TEXT_RIGHT, TITLE_DOWN, TITLE_LEFT, ball_outline,
};
use crate::look::fonts::Font;
use crate::look::{Icon, Look, Mark, Rgba, Tokens, size};
use crate::scene::{
    BallMark, Card, ChipKind, Cubic, Instant, Kind, Motion, NodeMark, Point, Rect, StateKind, WirePath, WireState,
};

/// Around all that is drawn, in units.
const MARGIN: f32 = 24.0;
/// What a picture of nothing measures.
const LEAST: Point = Point::new(240.0, 96.0);
/// Room for the note below.
const NOTE_H: f32 = 28.0;
/// From the middle of a line of text to its baseline, as a part of the font's size. Both families have it there.
const BASELINE: f32 = 0.362;

const PROPORTIONAL: &str = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";
const MONO: &str = "'JetBrains Mono', 'Cascadia Mono', Menlo, Consolas, monospace";

/// The picture as an SVG that looks like the canvas: texts are texts, and every node and wire has a title that says what
/// it is and, with a run, how it is. Well-formed whatever the play says.
pub fn svg(subject: &Subject<'_>, run: Option<Instant<'_>>, options: &Options) -> String {
    let part = Part::new(subject, run, options);
    let mut drawing = Drawing {
        subject,
        part: &part,
        tokens: options.look.tokens(),
        look: id_of(options.look),
        out: String::new(),
        bounds: Rect::NOTHING,
        icons: Vec::new(),
        has_balls: false,
    };
    drawing.frames();
    drawing.wires();
    drawing.notes(options.only.is_none());
    drawing.cards();
    drawing.chips();
    drawing.balls();
    drawing.framed(options)
}

struct Drawing<'a> {
    subject: &'a Subject<'a>,
    part: &'a Part,
    tokens: &'static Tokens<Rgba>,
    /// Ends the ids of what has colours: pictures of several looks may stand on one page.
    look: &'static str,
    out: String,
    /// Of what was drawn.
    bounds: Rect,
    /// Those that were used, to be defined once.
    icons: Vec<Icon>,
    has_balls: bool,
}

impl Drawing<'_> {
    fn add(&mut self, what: Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.out.write_fmt(what);
        self.out.push('\n');
    }

    /// All of it, with what can only be said once it is drawn.
    fn framed(self, options: &Options) -> String {
        let tokens = self.tokens;
        let mut bounds = self.bounds;
        if bounds.is_nothing() {
            bounds = Rect::at(Point::ZERO, LEAST);
        }
        let mut bounds = bounds.grown(MARGIN);
        let note_at = Point::new(bounds.min.x + MARGIN, bounds.max.y + NOTE_H / 2.0 - MARGIN / 2.0);
        if !options.note.is_empty() {
            bounds.max.y += NOTE_H;
            let width = Font::Inter.width(&options.note, size::SMALL) + 2.0 * MARGIN;
            bounds.max.x = bounds.max.x.max(bounds.min.x + width);
        }
        let (x, y) = (bounds.min.x.floor(), bounds.min.y.floor());
        let (w, h) = ((bounds.max.x - x).ceil(), (bounds.max.y - y).ceil());
        let (x, y, w, h) = (Num(x), Num(y), Num(w), Num(h));
        let mut out = String::new();
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"{x} {y} {w} {h}\" \
             role=\"graphics-document\" aria-roledescription=\"flow of a play\" font-family=\"{PROPORTIONAL}\" \
             font-size=\"{}\">",
            size::TITLE
        );
        let _ = writeln!(out, "<title>{}</title>", Text(&words::title(self.subject.play)));
        if !options.note.is_empty() {
            let _ = writeln!(out, "<desc>{}</desc>", Text(&options.note));
        }
        out.push_str("<defs>\n");
        field_pattern(&mut out, tokens, self.look);
        for icon in &self.icons {
            icon_definition(&mut out, *icon);
        }
        if self.has_balls {
            ball_definition(&mut out, tokens, self.look);
        }
        out.push_str("</defs>\n");
        let _ = writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"{}\"/>", tokens.field);
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"url(#field-{})\"/>",
            self.look
        );
        out.push_str(&self.out);
        if !options.note.is_empty() {
            let (x, y) = (Num(note_at.x), Num(note_at.y + BASELINE * size::SMALL));
            let (size, fill, note) = (size::SMALL, tokens.muted, Text(&options.note));
            let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" fill=\"{fill}\">{note}</text>");
        }
        out.push_str("</svg>\n");
        out
    }

    /// The quiet ones first, so that what happened lies on top.
    fn wires(&mut self) {
        let mut marks = self.part.frame.wires.iter().peekable();
        let mut wires: Vec<(WireState, u32, u32)> = Vec::with_capacity(self.part.visible.wires.len());
        for &wire in &self.part.visible.wires {
            let mark = marks.next_if(|mark| mark.wire == wire);
            wires.push(mark.map_or((WireState::Idle, 0, wire), |mark| (mark.state, mark.n, wire)));
        }
        let order = [WireState::Idle, WireState::Done, WireState::Hot];
        self.out.push_str("<g fill=\"none\" stroke-linejoin=\"round\">\n");
        for state in order {
            let (color, width) = match state {
                WireState::Idle | WireState::Missed => (self.tokens.wire, 1.7),
                WireState::Done => (self.tokens.ok, 2.2),
                WireState::Hot => (self.tokens.accent, 2.6),
            };
            for (_, n_balls, wire) in wires.iter().filter(|wire| wire.0 == state) {
                let path = self.subject.geometry.wire(*wire);
                let is_error = path.chip.as_ref().is_some_and(|chip| chip.kind == ChipKind::Error);
                let color = if is_error && state == WireState::Done { self.tokens.error } else { color };
                // Where a run is shown, a wire that nobody took is told by its dashes too.
                let dashes =
                    if state == WireState::Idle && self.part.has_run { " stroke-dasharray=\"5 4\"" } else { "" };
                let title = words::wire(self.subject, *wire, *n_balls);
                self.bounds.add_rect(&path.bounds.grown(2.0));
                self.add(format_args!(
                    "<path stroke=\"{color}\" stroke-width=\"{}\"{dashes} d=\"{}\"><title>{}</title></path>",
                    Num(width),
                    line_of(path),
                    Text(&title)
                ));
            }
        }
        self.out.push_str("</g>\n");
    }

    fn cards(&mut self) {
        for mark in &self.part.frame.nodes {
            let card = self.subject.geometry.card(mark.node);
            self.card(card, mark);
        }
    }

    /// With its top-left corner as the origin.
    fn card(&mut self, card: &Card, mark: &NodeMark) {
        let tokens = self.tokens;
        let (rect, state) = (card.rect, mark.state);
        self.bounds.add_rect(&rect.grown(PORT));
        let title = words::node(self.subject, mark.node, Some(mark));
        let (left, top) = (Num(rect.min.x), Num(rect.min.y));
        self.add(format_args!("<g role=\"img\" transform=\"translate({left} {top})\"><title>{}</title>", Text(&title)));
        let (w, h) = (rect.width(), rect.height());
        for behind in [7.0, 3.5].into_iter().filter(|_| card.n_held > 0) {
            self.add(format_args!("<g transform=\"translate({behind} {behind})\">"));
            self.frame(w, h, 1.0, tokens.card_line, Some(tokens.field.mixed(tokens.card, 0.6)));
            self.add(format_args!("</g>"));
        }
        self.shadow(w, h);
        let line = if state == StateKind::Failed { tokens.error } else { tokens.card_line };
        self.frame(w, h, 1.0, line, Some(tokens.card));
        // A collapsed frame is no node of its first node's kind.
        let (sign, color) = match card.n_held {
            0 => (Icon::of_kind(card.kind), tokens.of_kind(card.kind)),
            _ => (Icon::Frame, tokens.muted),
        };
        self.bar(h, color);
        if state == StateKind::Running {
            self.frame(w, h, 1.4, tokens.card.mixed(tokens.accent, 0.8), None);
        }
        let middle = if card.kind.is_wide() { TITLE_DOWN } else { h / 2.0 };
        self.icon(sign, ICON_LEFT + ICON / 2.0, middle, ICON + 2.0, color);
        let right = if state == StateKind::Idle { TEXT_RIGHT } else { STATE_RIGHT + 11.0 };
        let at = Point::new(TITLE_LEFT, middle);
        self.text(&card.title, Font::Semibold, size::TITLE, at, w - right - TITLE_LEFT, tokens.text);
        let detail = words::detail(card, Some(mark));
        if !detail.is_empty() {
            let at = Point::new(TITLE_LEFT, DETAIL_DOWN);
            self.text(detail, Font::Mono, size::CAPTION, at, w - TEXT_RIGHT - TITLE_LEFT, tokens.muted);
        }
        self.sign(state, mark.progress, Point::new(w - STATE_RIGHT, middle));
        for (has, x) in [(card.has_port_in, 0.0), (card.has_port_out, w)] {
            if has {
                let (x, y, line) = (Num(x), Num(h / 2.0), tokens.card_line.mixed(tokens.text, PORT_LINE));
                let fill = tokens.field;
                self.add(format_args!(
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"{PORT}\" fill=\"{fill}\" stroke=\"{line}\" stroke-width=\"1.6\"/>"
                ));
            }
        }
        self.foot(card, mark);
        self.add(format_args!("</g>"));
    }

    /// A soft edge by two layers: a blur would be slow to draw, and some programs cannot.
    fn shadow(&mut self, w: f32, h: f32) {
        let alpha = f32::from(self.tokens.shadow.a) / 255.0;
        if alpha <= 0.0 {
            return;
        }
        for (grow, part) in [(2.0, 0.35), (0.5, 0.5)] {
            let (x, y, w, h) = (Num(-grow), Num(2.0 - grow), Num(w + 2.0 * grow), Num(h + 2.0 * grow));
            let (radius, alpha) = (Num(CORNER + grow), alpha * part);
            self.add(format_args!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{radius}\" fill-opacity=\"{alpha:.2}\"/>"
            ));
        }
    }

    /// The card's edge, its stroke inside.
    fn frame(&mut self, w: f32, h: f32, stroke: f32, line: Rgba, fill: Option<Rgba>) {
        let fill = fill.map_or_else(|| "none".to_owned(), |fill| fill.to_string());
        let (at, w, h, radius) = (Num(stroke / 2.0), Num(w - stroke), Num(h - stroke), Num(CORNER - stroke / 2.0));
        self.add(format_args!(
            "<rect x=\"{at}\" y=\"{at}\" width=\"{w}\" height=\"{h}\" rx=\"{radius}\" fill=\"{fill}\" stroke=\"{line}\" \
             stroke-width=\"{}\"/>",
            Num(stroke)
        ));
    }

    /// The left edge in the kind's colour, following the rounded corners.
    fn bar(&mut self, h: f32, color: Rgba) {
        // Where the edge of the bar meets the arc of the corner.
        let inner = CORNER - BAR;
        let down = CORNER - (CORNER * CORNER - inner * inner).sqrt();
        let (bar, r) = (Num(BAR), Num(CORNER));
        let (from, low, to) = (Num(down), Num(h - CORNER), Num(h - down));
        self.add(format_args!(
            "<path fill=\"{color}\" d=\"M{bar} {from}A{r} {r} 0 0 0 0 {r}V{low}A{r} {r} 0 0 0 {bar} {to}Z\"/>"
        ));
    }

    fn icon(&mut self, icon: Icon, x: f32, y: f32, side: f32, color: Rgba) {
        if !self.icons.contains(&icon) {
            self.icons.push(icon);
        }
        let (left, top, scale) = (Num(x - side / 2.0), Num(y - side / 2.0), side / 24.0);
        self.add(format_args!(
            "<use href=\"#{}\" transform=\"translate({left} {top}) scale({scale:.3})\" color=\"{color}\"/>",
            name_of(icon)
        ));
    }

    /// From its left end on, around the height of `at`.
    fn text(&mut self, text: &str, font: Font, points: f32, at: Point, room: f32, color: Rgba) {
        let text = fitted(text, font, points, room);
        let cut = match font {
            Font::Inter => String::new(),
            Font::Semibold => " font-weight=\"600\"".to_owned(),
            Font::Mono => format!(" font-family=\"{MONO}\" font-size=\"{points}\""),
        };
        let (x, y) = (Num(at.x), Num(at.y + BASELINE * points));
        self.add(format_args!("<text x=\"{x}\" y=\"{y}\"{cut} fill=\"{color}\">{}</text>", Text(&text)));
    }

    /// Tick, ring, hourglass or cross, with how much of a known time has gone by around it.
    fn sign(&mut self, state: StateKind, progress: Option<f32>, at: Point) {
        let tokens = self.tokens;
        let color = tokens.of_state(state);
        match (state, Icon::of_state(state)) {
            (StateKind::Idle, _) => {}
            (_, None) => {
                self.ring(at, STATE * 0.42, STATE / 8.0, tokens.card_line, 1.0);
                self.ring(at, STATE * 0.42, STATE / 8.0, color, SPINNER);
            }
            (_, Some(icon)) => {
                let mut side = if icon == Icon::Stop { STATE * 0.8 } else { STATE };
                if let (Icon::Hourglass, Some(progress)) = (icon, progress) {
                    self.ring(at, STATE * 0.8, STATE / 10.0, tokens.card_line, 1.0);
                    self.ring(at, STATE * 0.8, STATE / 5.0, tokens.card.mixed(color, 0.8), progress);
                    side = STATE * 0.88;
                }
                self.icon(icon, at.x, at.y, side, color);
            }
        }
    }

    /// Part of a circle, in turns, clockwise from the top.
    fn ring(&mut self, at: Point, radius: f32, width: f32, color: Rgba, part: f32) {
        let (r, width) = (Num(radius), Num(width));
        let look = format_args!("fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"");
        if part >= 1.0 {
            let (x, y) = (Num(at.x), Num(at.y));
            let _ = writeln!(self.out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" {look}/>");
        } else if part > 0.0 {
            let angle = part * std::f32::consts::TAU;
            let end = at + Point::new(angle.sin(), -angle.cos()) * radius;
            let (x, y, far) = (Num(at.x), Num(at.y - radius), u8::from(part > 0.5));
            let (to_x, to_y) = (Num(end.x), Num(end.y));
            let _ = writeln!(self.out, "<path d=\"M{x} {y}A{r} {r} 0 {far} 1 {to_x} {to_y}\" {look}/>");
        }
    }

    /// The line under the card, on a ground of its own: wires that pass must not make it unreadable.
    fn foot(&mut self, card: &Card, mark: &NodeMark) {
        // XML would make one space of two.
        let text = words::foot(card, Some(mark)).replace("  ", " \u{a0}");
        let text = fitted(&text, Font::Inter, size::FOOT, FOOT_WIDTH);
        if text.is_empty() {
            return;
        }
        let color =
            if mark.caption.text.is_empty() { self.tokens.muted } else { self.tokens.of_tone(mark.caption.tone) };
        let middle = Point::new(card.rect.width() / 2.0, card.rect.height() + FOOT_DOWN);
        let room = Point::new(Font::Inter.width(&text, size::FOOT) + 6.0, size::FOOT * 1.25);
        let ground = Rect::centred(middle, room);
        self.bounds.add_rect(&ground.moved(card.rect.min));
        let (x, y, w, h) = (Num(ground.min.x), Num(ground.min.y), Num(room.x), Num(room.y));
        let field = self.tokens.field;
        self.add(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"4\" fill=\"{field}\" fill-opacity=\"{FOOT_GROUND}\"/>"
        ));
        let (x, y) = (Num(middle.x), Num(middle.y + BASELINE * size::FOOT));
        self.add(format_args!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"{}\" fill=\"{color}\">{}</text>",
            size::FOOT,
            Text(&text)
        ));
    }

    fn chips(&mut self) {
        let tokens = self.tokens;
        for &wire in &self.part.visible.wires {
            let Some(chip) = &self.subject.geometry.wire(wire).chip else { continue };
            let rect = chip.rect;
            let text = fitted(&chip.text, Font::Mono, size::CAPTION, rect.width() - 10.0);
            let (x, y) = (Num(rect.min.x + 0.5), Num(rect.min.y + 0.5));
            let (w, h, r) = (Num(rect.width() - 1.0), Num(rect.height() - 1.0), Num(rect.height() / 2.0 - 0.5));
            let (fill, line) = (tokens.panel2, tokens.card_line);
            self.add(format_args!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{r}\" fill=\"{fill}\" stroke=\"{line}\"/>"
            ));
            let middle = rect.centre();
            let (x, y) = (Num(middle.x), Num(middle.y + BASELINE * size::CAPTION));
            self.add(format_args!(
                "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" font-family=\"{MONO}\" font-size=\"{}\" fill=\"{}\">{}</text>",
                size::CAPTION,
                tokens.of_chip(chip.kind),
                Text(&text)
            ));
        }
    }

    fn balls(&mut self) {
        let shown = |ball: &&BallMark| ball.motion != Motion::Held;
        for ball in self.part.frame.balls.iter().filter(shown) {
            self.has_balls = true;
            self.bounds.add_rect(&Rect::centred(ball.at, Point::new(BALL, BALL) * 1.6));
            let (x, y, turn) = (Num(ball.at.x), Num(ball.at.y), Num(ball.heading.to_degrees()));
            let look = self.look;
            self.add(format_args!("<use href=\"#ball-{look}\" transform=\"translate({x} {y}) rotate({turn})\"/>"));
        }
    }
}

fn line_of(path: &WirePath) -> String {
    let mut line = String::new();
    let mut at = None;
    for curve in &path.curves {
        let Cubic { points: [a, b, c, d] } = curve;
        if at != Some(*a) {
            let _ = write!(line, "M{} {}", Num(a.x), Num(a.y));
        }
        if curve.is_straight() {
            let _ = write!(line, "L{} {}", Num(d.x), Num(d.y));
        } else {
            let [b, c, d] = [b, c, d].map(|point| format!("{} {}", Num(point.x), Num(point.y)));
            let _ = write!(line, "C{b} {c} {d}");
        }
        at = Some(*d);
    }
    line
}

/// Yard lines and hash marks, as on the canvas at life size.
fn field_pattern(out: &mut String, tokens: &Tokens<Rgba>, look: &str) {
    let strong = tokens.yard.mixed(tokens.hash, 0.75);
    let (yard, hash) = (tokens.yard, tokens.hash);
    let _ = writeln!(out, "<pattern id=\"field-{look}\" width=\"320\" height=\"256\" patternUnits=\"userSpaceOnUse\">");
    let _ = writeln!(out, "<path stroke=\"{yard}\" d=\"M64.5 0V256M128.5 0V256M192.5 0V256M256.5 0V256\"/>");
    let _ = writeln!(out, "<path stroke=\"{strong}\" d=\"M.5 0V256\"/>");
    let _ = writeln!(out, "<path stroke=\"{hash}\" d=\"M32.5 0V8M96.5 0V8M160.5 0V8M224.5 0V8M288.5 0V8\"/>");
    out.push_str("</pattern>\n");
}

const fn id_of(look: Look) -> &'static str {
    match look {
        Look::Dark => "dark",
        Look::Light => "light",
        Look::Contrast => "contrast",
    }
}

const fn name_of(icon: Icon) -> &'static str {
    match icon {
        Icon::Snap => Kind::Snap.keyword(),
        Icon::Call => Kind::Call.keyword(),
        Icon::FanOut => Kind::FanOut.keyword(),
        Icon::FanIn => Kind::FanIn.keyword(),
        Icon::Signal => Kind::WaitForSignal.keyword(),
        Icon::Worker => Kind::WaitForWorker.keyword(),
        Icon::Pass => Kind::Pass.keyword(),
        Icon::Tick => "done",
        Icon::Cross => "failed",
        Icon::Hourglass => "waiting",
        Icon::Stop => "cancelled",
        Icon::Frame => "frame",
        _ => "icon",
    }
}

fn icon_definition(out: &mut String, icon: Icon) {
    let _ = write!(out, "<g id=\"{}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.9\">", name_of(icon));
    let mut path = String::new();
    let mut solid = String::new();
    let points = |path: &mut String, points: &[[f32; 2]]| {
        for (i, [x, y]) in points.iter().enumerate() {
            let _ = write!(path, "{}{x} {y}", if i == 0 { 'M' } else { 'L' });
        }
    };
    let circle = |path: &mut String, x: f32, y: f32, r: f32| {
        let (left, across, back) = (Num(x - r), Num(2.0 * r), Num(-2.0 * r));
        let _ = write!(path, "M{left} {y}a{r} {r} 0 1 0 {across} 0a{r} {r} 0 1 0 {back} 0Z");
    };
    for mark in icon.marks() {
        match mark {
            Mark::Line(line) => points(&mut path, line),
            Mark::Fill(area) => {
                points(&mut solid, area);
                solid.push('Z');
            }
            Mark::Ring(x, y, r) => circle(&mut path, *x, *y, *r),
            Mark::Dot(x, y, r) => circle(&mut solid, *x, *y, *r),
            Mark::Curve([a, b, c, d]) => {
                let _ = write!(path, "M{} {}C{} {} {} {} {} {}", a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1]);
            }
            Mark::Box(x, y, w, h, r) => {
                let r = f32::from(*r);
                let (across, down) = (w - 2.0 * r, h - 2.0 * r);
                let (back, up, across, down) = (Num(-across), Num(-down), Num(across), Num(down));
                let arc = |dx: f32, dy: f32| format!("a{r} {r} 0 0 1 {dx} {dy}");
                let _ = write!(path, "M{} {y}h{across}{}v{down}{}", x + r, arc(r, r), arc(-r, r));
                let _ = write!(path, "h{back}{}v{up}{}Z", arc(-r, -r), arc(r, -r));
            }
        }
    }
    if !path.is_empty() {
        let _ = write!(out, "<path d=\"{path}\"/>");
    }
    if !solid.is_empty() {
        let _ = write!(out, "<path fill=\"currentColor\" stroke=\"none\" d=\"{solid}\"/>");
    }
    out.push_str("</g>\n");
}

fn ball_definition(out: &mut String, tokens: &Tokens<Rgba>, look: &str) {
    let half = BALL / 2.0;
    let (glow_x, glow_y) = (Num(half * 1.55), Num(half * 1.55 * 0.84));
    let mut outline = String::new();
    for (i, (x, y)) in ball_outline().enumerate() {
        let _ = write!(outline, "{}{} {}", if i == 0 { 'M' } else { 'L' }, Num(x * half), Num(y * half));
    }
    let mut laces = String::new();
    for [(x, y), (to_x, to_y)] in LACES {
        let _ = write!(laces, "M{} {}L{} {}", Num(x * half), Num(y * half), Num(to_x * half), Num(to_y * half));
    }
    let Tokens { accent, ball, lace, .. } = tokens;
    let _ = write!(
        out,
        "<g id=\"ball-{look}\"><ellipse rx=\"{glow_x}\" ry=\"{glow_y}\" fill=\"{accent}\" fill-opacity=\"0.24\"/>"
    );
    let _ = write!(out, "<path fill=\"{ball}\" d=\"{outline}Z\"/>");
    let _ = writeln!(out, "<path stroke=\"{lace}\" stroke-width=\"{}\" d=\"{laces}\"/></g>", Num(BALL / 16.0));
}
