//! Pictures of plays: well-formed whatever the play says, read by the tools that they are for, and the same as before.
//!
//! `BLESS=1 cargo test --test diagram` draws docs/examples.md and its pictures anew.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![cfg(feature = "png")]

#[expect(dead_code, reason = "shared with the round trips")]
mod support;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chalktalk::app::examples::{EXAMPLES, Example, TOUR};
use chalktalk::base::RunMicros;
use chalktalk::diagram::{Form, Options, Subject, dot, draw, mermaid, note, png, svg};
use chalktalk::event::Recorded;
use chalktalk::look::Look;
use chalktalk::play::{Graph, Play};
use chalktalk::replay::{Film, View};
use chalktalk::scene::{Binding, Geometry, Instant};
use proptest::prelude::*;
use resvg::usvg::roxmltree::{self, Node};
use support::Tape;

const INTRO: &str = "# Examples

The plays of `plays/`, each of which teaches one thing. The welcome page of the window (`F1`) opens them too, and
`chalktalk run plays/NAME.play` runs one.

This page is made by the program: `BLESS=1 cargo test --test diagram`. A picture of your own play comes from
`chalktalk convert my.play my.svg`.
";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn plays(text: &str) -> Vec<Play> {
    let source = chalktalk::lang::parse(text);
    source.doc.plays().map(|(_, play)| play.clone()).collect()
}

/// A play with what is made of it once.
struct Drawn {
    play: Play,
    graph: Graph,
    geometry: Geometry,
}

impl Drawn {
    fn new(play: &Play) -> Self {
        let graph = Graph::new(play);
        let geometry = Geometry::new(play, &graph);
        Self { play: play.clone(), graph, geometry }
    }

    fn subject(&self) -> Subject<'_> {
        Subject { play: &self.play, graph: &self.graph, geometry: &self.geometry }
    }

    /// Nodes and wires that no collapsed frame hides.
    fn n_shown(&self) -> usize {
        let geometry = &self.geometry;
        let nodes = (0..).zip(geometry.cards()).filter(|(node, _)| !geometry.is_hidden(*node)).count();
        nodes + (0..).zip(geometry.wires()).filter(|(wire, _)| !geometry.is_hidden_wire(*wire)).count()
    }

    fn svg(&self, options: &Options) -> String {
        svg(&self.subject(), None, options)
    }

    /// With the state of a run.
    fn with<T>(&self, view: &View, time: RunMicros, make: impl FnOnce(&Subject<'_>, Instant<'_>) -> T) -> T {
        let mut binding = Binding::default();
        binding.update(&self.geometry, &self.graph, view);
        make(&self.subject(), Instant { view, binding: &binding, time })
    }
}

fn checkout() -> Drawn {
    Drawn::new(&plays(&std::fs::read_to_string(root().join("plays/checkout.play")).unwrap())[0])
}

/// A real run of the sample, as `chalktalk run --events` wrote it.
fn film() -> Film {
    let text = std::fs::read_to_string(root().join("tests/diagram/checkout.jsonl")).unwrap();
    let events: Vec<Recorded> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (film, bad) = Film::from_events(events);
    assert_eq!(bad, None);
    film
}

/// The title that a node's or a wire's group begins with.
fn titles(svg: &str) -> Vec<String> {
    let doc = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
    let is_title = |node: &Node<'_, '_>| node.has_tag_name("title");
    doc.descendants().filter(is_title).map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

/// All that a person reads in it.
fn texts(svg: &str) -> Vec<String> {
    let doc = roxmltree::Document::parse(svg).unwrap();
    let is_text = |node: &Node<'_, '_>| node.has_tag_name("text");
    doc.descendants().filter(is_text).map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

fn pictures_of(example: &Example) -> Vec<(String, Play)> {
    let plays = plays(example.text);
    let several = plays.len() > 1;
    let name =
        |play: &Play| if several { format!("{}-{}", example.name, play.coord.method) } else { example.name.to_owned() };
    plays.into_iter().map(|play| (name(&play), play)).collect()
}

#[test]
fn the_page_of_examples_shows_the_plays_as_they_are() {
    let bless = std::env::var_os("BLESS").is_some();
    let folder = root().join("docs/examples");
    let mut page = INTRO.to_owned();
    let mut stale = Vec::new();
    let mut names = Vec::new();
    let mut keep = |name: String, svg: &str| {
        let path = folder.join(&name);
        if bless {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, svg).unwrap();
        }
        if std::fs::read_to_string(&path).unwrap_or_default() != svg {
            stale.push(name.clone());
        }
        assert!(svg.len() < 40_000, "{name} has {} bytes: a page of such is slow", svg.len());
        names.push(name);
    };
    let options = Options { look: Look::Light, ..Options::default() };
    for example in EXAMPLES.iter().chain([&TOUR]) {
        let name = example.name;
        write!(page, "\n## {name}\n\n{}: [`plays/{name}.play`](../plays/{name}.play)\n", example.teaches).unwrap();
        for (picture, play) in pictures_of(example) {
            let svg = Drawn::new(&play).svg(&options);
            keep(format!("{picture}.svg"), &svg);
            write!(page, "\n![{}](examples/{picture}.svg)\n", play.coord).unwrap();
        }
    }
    let (drawn, film) = (checkout(), film());
    let time = RunMicros::from_ms(700);
    let run = drawn.with(&film.view_at_time(time), time, |subject, run| {
        svg(subject, Some(run), &Options { note: note(&run), ..Options::default() })
    });
    keep("checkout-run.svg".to_owned(), &run);
    page.push_str("\nA run of it, 0.7 s after its start: `chalktalk convert … --run last --at 700ms --theme dark`\n");
    page.push_str("\n![A run of the checkout](examples/checkout-run.svg)\n");

    let path = root().join("docs/examples.md");
    if bless {
        std::fs::write(&path, &page).unwrap();
    }
    let hint = "BLESS=1 cargo test --test diagram, then look at them";
    assert!(stale.is_empty(), "these pictures are of plays as they were: {stale:?}; {hint}");
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), page, "{hint}");
    let mut found: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    names.sort();
    assert_eq!(found, names, "docs/examples holds what the page shows");
}

#[test]
fn every_node_and_wire_has_a_title_and_every_text_fits_its_card() {
    let drawn = checkout();
    let svg = drawn.svg(&Options::default());
    let titles = titles(&svg);
    for title in [
        "Checkout (shop/1.2/checkout)",
        "call charge, payments 95% | 5%",
        "wait-for-signal approve, \"manager-approved\", waits up to 1 h",
        "both to approve, when (ball.charge.total > 100)",
        "validate to refused, on error",
    ] {
        assert!(titles.iter().any(|found| found == title), "{title}: {titles:#?}");
    }
    assert_eq!(titles.len(), 1 + drawn.graph.n_nodes() + drawn.graph.wires().len());
    let texts = texts(&svg);
    for text in ["charge", "payments 95% | 5%", "otherwise", "on timeout", "waits up to 1 h"] {
        assert!(texts.iter().any(|found| found == text), "{text}: {texts:?}");
    }
}

#[test]
fn a_part_is_those_nodes_and_the_wires_between_them() {
    let drawn = checkout();
    let only = ["split", "charge", "both"].map(|id| drawn.graph.find(id).unwrap());
    let whole = drawn.svg(&Options::default());
    let part = drawn.svg(&Options { only: Some(only.to_vec()), ..Options::default() });
    let titles = titles(&part);
    assert_eq!(titles.len(), 1 + 3 + 2, "{titles:?}");
    assert!(titles.contains(&"split to charge".to_owned()) && titles.contains(&"charge to both".to_owned()));
    assert!(width(&part) < width(&whole) / 1.5, "the picture is cut to the part");
    let text = mermaid(&drawn.subject(), None, &Options { only: Some(only.to_vec()), ..Options::default() });
    assert_eq!(text.matches("-->").count(), 2, "{text}");
}

fn width(svg: &str) -> f32 {
    roxmltree::Document::parse(svg).unwrap().root_element().attribute("width").unwrap().parse().unwrap()
}

/// Every state that the run gets to is told by a word, and by a sign or a line of its own beside the colour.
#[test]
fn the_state_of_a_run_is_told_by_more_than_colour() {
    let (drawn, film) = (checkout(), film());
    let mut seen = std::collections::BTreeSet::new();
    for step in 0..=40 {
        let time = RunMicros(film.end().0 * step / 40);
        let view = film.view_at_time(time);
        let (picture, text, graph) = drawn.with(&view, time, |subject, run| {
            let options = Options { note: note(&run), ..Options::default() };
            (
                svg(subject, Some(run), &options),
                mermaid(subject, Some(run), &options),
                dot(subject, Some(run), &options),
            )
        });
        let titles = titles(&picture);
        for (word, sign, letter) in [
            (", done", "#done\"", '✓'),
            (", waiting for a signal", "#waiting\"", '⧗'),
            (", waiting for others", "#waiting\"", '⧗'),
            (", running", "<circle", '▶'),
        ] {
            if titles.iter().any(|title| title.contains(word)) {
                seen.insert(word);
                assert!(picture.contains(sign), "{word} has a sign at {time:?}");
                assert!(text.contains(letter) && graph.contains(letter), "{word}: {text}{graph}");
            }
        }
        let taken = titles.iter().filter(|title| title.contains(" to ") && title.contains(" ball")).count();
        let solid = picture.lines().filter(|line| line.starts_with("<path stroke=") && line.contains("<title>"));
        let solid = solid.filter(|line| !line.contains("stroke-dasharray")).count();
        assert_eq!(solid, taken, "wires that were taken are the ones without dashes, at {time:?}");
        assert!(picture.contains("after its start: "), "{picture}");
    }
    assert!(seen.len() >= 3, "{seen:?}");
}

#[test]
fn a_png_is_the_svg_in_two_pixels_a_unit_and_always_the_same() {
    let drawn = checkout();
    let svg = drawn.svg(&Options { look: Look::Light, ..Options::default() });
    let bytes = png(&svg).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let doc = roxmltree::Document::parse(&svg).unwrap();
    let units = |name: &str| doc.root_element().attribute(name).unwrap().parse::<u32>().unwrap();
    assert_eq!((number(16), number(20)), (2 * units("width"), 2 * units("height")));
    assert_eq!(png(&svg).unwrap(), bytes);
}

#[test]
fn plays_of_no_nodes_and_at_the_edges_of_the_world_have_pictures() {
    let far = "play a/1/far {\n  snap a\n  pass b\n  a -> b\n  layout { a -2000000000 -2000000000, b 2000000000 2000000000 }\n}\n";
    for text in ["play a/1/empty {\n}\n", far] {
        let drawn = Drawn::new(&plays(text)[0]);
        for form in Form::ALL {
            let bytes = draw(*form, &drawn.subject(), None, &Options::default()).unwrap();
            assert!(!bytes.is_empty() && bytes.len() < 1 << 20, "{form:?} of {text}");
        }
    }
}

/// What graphviz says to these graphs, `None` where it is not installed.
fn graphviz(graphs: &str) -> Option<Result<String, String>> {
    let child =
        Command::new("dot").arg("-Tplain").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: graphviz is not installed, so nothing has read the DOT");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let graphs = graphs.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(graphs.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Some(if output.status.success() && err.is_empty() { Ok(out.into_owned()) } else { Err(err.into_owned()) })
}

#[test]
fn graphviz_reads_every_name_and_label_as_it_was_meant() {
    let odd = "play a/1/odd \"say \\\"hi\\\" \\\\N & <b>\" {\n  snap node \"a \\\\ b\\\"\"\n  call digraph = edge/1/graph\n  pass größe \"数 &amp;\"\n  node -> digraph -> größe\n}\n";
    let mut graphs = String::new();
    let mut n_nodes = 0;
    let examples = EXAMPLES.iter().flat_map(|example| plays(example.text));
    for play in examples.chain(plays(odd)) {
        let drawn = Drawn::new(&play);
        n_nodes += drawn.graph.n_nodes();
        graphs.push_str(&dot(&drawn.subject(), None, &Options::default()));
    }
    let Some(read) = graphviz(&graphs) else { return };
    let read = read.unwrap_or_else(|error| panic!("{error}\n{graphs}"));
    assert_eq!(read.lines().filter(|line| line.starts_with("node ")).count(), n_nodes, "{read}");
    assert!(read.contains("a \\\\ b\\\""), "{read}");
}

#[test]
fn mermaid_gets_nothing_that_it_could_misread() {
    let text = mermaid(&checkout().subject(), None, &Options::default());
    for line in [
        "flowchart LR",
        "  accTitle: Checkout (shop/1.2/checkout)",
        "  n0([\"order\"])",
        "  n3[\"charge<br/>payments 95% | 5%\"]",
        "  n7>\"approve<br/>#34;manager-approved#34;<br/>waits up to 1 h\"]",
        "  n6 -->|\"when (ball.charge.total #62; 100)\"| n7",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

/// Each line is a statement of few forms, with no quote inside its quotes.
fn assert_mermaid(text: &str) -> Result<(), TestCaseError> {
    for line in text.lines().skip(1) {
        let line = line.trim();
        if line.starts_with("acc") {
            continue;
        }
        prop_assert_eq!(line.matches('"').count() % 2, 0, "{}", line);
        let inside = line.split('"').nth(1).unwrap_or_default();
        prop_assert!(!inside.replace("<br/>", "").contains(['<', '>', '`']), "{}", line);
        prop_assert!(line.starts_with('n'), "{}", line);
        prop_assert!(!line.contains(|c: char| c.is_control()), "{}", line);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn pictures_of_any_play_are_well_formed(tape in proptest::collection::vec(any::<u16>(), 0..400), look in 0usize..3) {
        let doc = Tape::new(&tape).document();
        for (_, play) in doc.plays() {
            let drawn = Drawn::new(play);
            let options = Options { look: Look::ALL[look], note: "say \"<&>\"".to_owned(), ..Options::default() };
            let svg = drawn.svg(&options);
            let doc = roxmltree::Document::parse(&svg);
            prop_assert!(doc.is_ok(), "{:?}\n{}", doc.err(), svg);
            prop_assert_eq!(titles(&svg).len(), 1 + drawn.n_shown());
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf\""));
            assert_mermaid(&mermaid(&drawn.subject(), None, &options))?;
        }
    }
}

#[test]
fn graphviz_reads_random_plays() {
    let mut graphs = String::new();
    for seed in 0..60u64 {
        let tape: Vec<u16> = (0..300u64).map(|i| ((seed * 7919 + i * i * 31 + i * 104_729) % 65_521) as u16).collect();
        for (_, play) in Tape::new(&tape).document().plays() {
            graphs.push_str(&dot(&Drawn::new(play).subject(), None, &Options::default()));
        }
    }
    assert!(graphs.len() > 10_000);
    if let Some(Err(error)) = graphviz(&graphs) {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("graphs.dot");
        std::fs::write(&path, graphs).unwrap();
        panic!("{error}\nsee {}", path.display());
    }
}
