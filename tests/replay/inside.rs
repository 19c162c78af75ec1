//! Payloads as trees, what has changed in them, and the table of events.

use std::collections::BTreeSet;

use chalktalk::base::BallId;
use chalktalk::event::{Event, Headers};
use chalktalk::replay::{Changed, EventKind, Film, Filter, Listing, diff, lines};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Pen, random_run, steps};

fn paths(value: &Value, turned: &[&str], query: &str) -> Vec<String> {
    let turned: BTreeSet<String> = turned.iter().map(|path| (*path).to_owned()).collect();
    lines(value, &turned, query)
        .into_iter()
        .map(|line| format!("{}{}", line.path, if line.found { " !" } else { "" }))
        .collect()
}

#[test]
fn a_tree_is_open_at_the_top_and_turns_by_hand() {
    let value = json!({"a": {"b": {"c": 1}}, "list": (0..40).collect::<Vec<_>>()});
    assert_eq!(paths(&value, &[], ""), ["", ".a", ".a.b", ".list"]);
    assert_eq!(paths(&value, &[".a.b", ".a"], ""), ["", ".a", ".list"]);
    assert_eq!(paths(&value, &[".a.b"], ""), ["", ".a", ".a.b", ".a.b.c", ".list"]);
    assert_eq!(paths(&value, &[".list"], "").len(), 44);
    assert_eq!(paths(&json!(5), &[], ""), [""]);
}

#[test]
fn what_is_looked_for_is_shown_with_what_it_is_in() {
    let value = json!({"to": {"city": "Bonn", "zip": 53113}, "items": [{"name": "Ball"}, {"name": "net"}]});
    assert_eq!(paths(&value, &[], "bonn"), ["", ".to", ".to.city !"]);
    assert_eq!(paths(&value, &[], "BALL"), ["", ".items", ".items[0]", ".items[0].name !"]);
    assert_eq!(paths(&value, &[], "531"), ["", ".to", ".to.zip !"]);
    // A name that is found shows all that it holds.
    assert_eq!(paths(&value, &[], "to"), ["", ".to !", ".to.city", ".to.zip"]);
    assert_eq!(paths(&value, &[], "nothing"), [""]);
}

#[test]
fn a_diff_names_the_deepest_parts_that_differ() {
    let old = json!({"a": 1, "gone": true, "in": {"x": [1, 2, 3]}});
    let new = json!({"a": 2, "in": {"x": [1, 5]}, "new": null});
    let found: Vec<String> = diff(&old, &new)
        .into_iter()
        .map(|(path, change)| match change {
            Changed::Added(value) => format!("+{path} {value}"),
            Changed::Removed(value) => format!("-{path} {value}"),
            Changed::Other(old, new) => format!("{path} {old}>{new}"),
        })
        .collect();
    assert_eq!(found, [".a 1>2", "-.gone true", ".in.x[1] 2>5", "-.in.x[2] 3", "+.new null"]);
    assert_eq!(diff(&json!([1]), &json!({})).len(), 1);
}

#[test]
fn a_ball_says_what_it_carried_at_the_hop_before_and_which_headers() {
    let mut pen = Pen::started();
    if let Some(Event::Started(started)) = pen.events.first_mut().map(|first| &mut first.event) {
        started.headers = Headers::new([("tenant".to_owned(), "a".to_owned())]).unwrap();
    }
    pen.snap(0, "order").hop(0, "order", "charge").call(0, "charge", 1);
    let headers = Headers::new([("receipt".to_owned(), "7".to_owned())]).unwrap();
    let payload = json!({"total": 5}).into();
    pen.write(Event::Answered { ball: BallId(0), node: "charge".into(), attempt: 1, payload, headers });
    pen.hop(0, "charge", "done");
    let view = pen.view();
    let ball = view.ball(BallId(0)).unwrap();
    let names = |headers: &Headers| headers.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&ball.headers), ["receipt", "tenant"]);
    assert_eq!((ball.came_with.clone(), ball.before.clone()), (Some(json!({"total": 5}).into()), Some(super::json(0))));
    let carried = view.wire(&super::wire("charge", "done")).unwrap().last.clone().unwrap();
    assert_eq!((carried.ball, carried.payload.clone()), (BallId(0), json!({"total": 5}).into()));
    assert_eq!((carried.before.clone(), names(&carried.headers).len()), (Some(super::json(0)), 2));
    assert_eq!(names(&view.node("charge").unwrap().attempts[0].headers), ["receipt"]);

    // All that a fan-out makes of it has them too, and what is joined has those of all.
    pen.split(0, "done", 1, &[(1, "a"), (2, "b")]).join(&[1, 2], "in", 1, 3);
    let view = pen.view();
    assert_eq!(names(&view.ball(BallId(3)).unwrap().headers), ["receipt", "tenant"]);
}

fn listed(film: &Film, filter: Filter, at_once: usize) -> Vec<usize> {
    let mut listing = Listing::new(filter);
    while !listing.look(film, at_once) {}
    (0..listing.len()).filter_map(|line| listing.event(line)).collect()
}

#[test]
fn a_filter_looks_at_node_kind_words_and_payloads() {
    let mut pen = Pen::started();
    pen.snap(0, "order").hop(0, "order", "charge").call(0, "charge", 1).fail(0, "charge", false);
    let payload = json!({"deep": [{"City": "Köln"}]}).into();
    pen.write(Event::Signalled { id: "s".into(), name: "go".into(), key: None, payload });
    let film = pen.film();
    let text = |text: &str| Filter { text: text.into(), ..Filter::default() };
    assert_eq!(listed(&film, Filter::default(), 2), [0, 1, 2, 3, 4, 5]);
    assert_eq!(listed(&film, text("köln"), 2), [5]);
    assert_eq!(listed(&film, text(" CALLS shop/2.1.0 "), 2), [3]);
    assert_eq!(listed(&film, Filter { node: Some("order".into()), ..Filter::default() }, 2), [1, 2]);
    let both = Filter { node: Some("charge".into()), kind: Some(EventKind::Error), ..Filter::default() };
    assert_eq!(listed(&film, both, 2), [4]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Looking little by little finds what looking at once finds, and lines and events go to and fro.
    #[test]
    fn a_listing_is_the_filter_over_all_events(steps in steps(300), kind in 0usize..9, at_once in 1usize..50) {
        let events = random_run(&steps);
        let (film, _) = Film::from_events(events.clone());
        let filter = Filter { kind: EventKind::ALL.get(kind).copied(), ..Filter::default() };
        let wanted: Vec<usize> =
            (0..events.len()).filter(|n| filter.lets_through(&events[*n])).collect();
        let mut listing = Listing::new(filter);
        while !listing.look(&film, at_once) {}
        prop_assert_eq!(listing.len(), wanted.len());
        for (line, seq) in wanted.iter().enumerate() {
            prop_assert_eq!(listing.event(line), Some(*seq));
            prop_assert_eq!(listing.line_at(seq + 1), Some(line));
        }
        prop_assert_eq!(listing.event(wanted.len()), None);
    }
}
