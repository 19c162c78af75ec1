//! What real runs look like.

use super::*;

/// A run of the play with this seed, to its end or until nothing more can happen.
fn run(doc: &Document, play: &Play, seed: u64, faults: Faults) -> Option<Vec<Recorded>> {
    let formation = choose_formation(doc, None).ok().flatten();
    let plan = Arc::new(Plan::compile(play, formation).ok()?);
    let input = serde_json::json!({"order_id": "o1", "total": 120, "n": 3, "items": [1, 2, 3], "name": "Ada"});
    let mut sim = Sim::start(plan, input, seed, faults).ok()?;
    sim.run_out(2000);
    Some(sim.journal)
}

pub fn runs() -> Vec<(String, Play, Vec<Recorded>)> {
    let mut runs = Vec::new();
    for (name, doc) in samples() {
        for (_, play) in doc.plays() {
            for seed in 0..12 {
                let faults = if seed % 2 == 0 { Faults::NONE } else { Faults::MANY };
                if let Some(events) = run(&doc, play, seed, faults) {
                    runs.push((format!("{name}, seed {seed}"), play.clone(), events));
                }
            }
        }
    }
    assert!(runs.len() > 40, "{}", runs.len());
    runs
}

#[test]
fn a_real_run_is_seen_whole_and_leaves_no_ball_behind() {
    for (name, _, events) in runs() {
        let (film, bad) = Film::from_events(events.clone());
        assert_eq!(bad, None, "{name}");
        let mut folded = View::default();
        for (n, event) in (1..).zip(&events) {
            folded.apply(event);
            assert_eq!(film.view_at(n), folded, "{name}, {n} events");
        }
        let counts = folded.counts();
        if film.is_finished() {
            assert_eq!(counts.balls_in_play, 0, "{name}");
            assert!(folded.nodes().iter().all(|node| node.here.is_empty() && !node.state.is_busy()), "{name}");
            assert!(film.tracks().iter().flat_map(|track| &track.bars).all(|bar| bar.end.is_some()), "{name}");
        }
        for track in film.tracks() {
            assert!(track.bars.is_sorted_by_key(|bar| bar.start), "{name}");
        }
    }
}

#[test]
fn every_instant_of_a_real_run_is_a_picture_and_always_the_same() {
    for (name, play, events) in runs() {
        let graph = Graph::new(&play);
        let geometry = Geometry::new(&play, &graph);
        let room = geometry.bounds().grown(40.0);
        let (film, _) = Film::from_events(events);
        let (mut live, mut binding, mut kept) = (View::default(), Binding::default(), Frame::default());
        let visible = see(&geometry);
        let end = film.end().0;
        for step in 0..60 {
            let time = RunMicros(end * step / 59);
            film.seek(&mut live, film.n_events_at(time));
            binding.update(&geometry, &graph, &live);
            kept.build(&geometry, Some(Instant { view: &live, binding: &binding, time }), &visible, Lod::Full);
            let fresh = frame(&geometry, &graph, &film.view_at_time(time), time);
            assert_eq!(kept.nodes, fresh.nodes, "{name} at {time:?}");
            assert_eq!(kept.balls, fresh.balls, "{name} at {time:?}");
            assert_eq!(kept.wires, fresh.wires, "{name} at {time:?}");
            for ball in &fresh.balls {
                assert!(room.holds(ball.at), "{name}: {ball:?}");
                if let (Motion::Gliding, Some(wire)) = (ball.motion, ball.wire) {
                    assert!(geometry.wire(wire).distance(ball.at) < 0.5, "{name}: {ball:?}");
                    let mark = fresh.wires.iter().find(|mark| mark.wire == wire).unwrap();
                    assert_eq!(mark.state, WireState::Hot, "{name}");
                }
            }
            if time.0 == end && film.is_finished() {
                assert!(!fresh.is_moving && fresh.balls.is_empty(), "{name}: {:?}", fresh.balls);
            }
        }
    }
}

#[test]
fn the_sample_says_under_each_card_what_happens() {
    let text = std::fs::read_to_string("plays/checkout.play").unwrap();
    let (play, graph) = play_of(&text);
    let geometry = Geometry::new(&play, &graph);
    let mut idle = Frame::default();
    idle.build(&geometry, None, &see(&geometry), Lod::Full);
    let of = |frame: &Frame, id: &str| {
        let mark = &frame.nodes[graph.find(id).unwrap() as usize];
        (mark.state, mark.caption.text.clone(), mark.caption.tone)
    };
    assert_eq!(of(&idle, "approve"), (StateKind::Idle, "waits up to 1 h".into(), Tone::Quiet));
    assert_eq!(of(&idle, "shipped"), (StateKind::Idle, "courier".into(), Tone::Quiet));

    // The same shape without expressions, which the simulator's answers would not meet.
    let text = "play a/1/b {\nsnap order\ncall validate = x/1/v timeout 2s retry 3 backoff 100ms..5s\nfan-out split\n\
        call charge = x/1/c\ncall reserve = x/1/r retry 3\ncall gift = x/1/g\nfan-in both all timeout 10s\n\
        wait-for-signal approve \"yes\" timeout 1h\nwait-for-worker pack = x/1/p\npass shipped\n\
        order -> validate -> split -> { charge, reserve, gift } -> both -> approve -> pack -> shipped\n}\n";
    let (play, graph) = play_of(text);
    let geometry = Geometry::new(&play, &graph);
    let of = |frame: &Frame, id: &str| {
        let mark = &frame.nodes[graph.find(id).unwrap() as usize];
        (mark.state, mark.caption.text.clone(), mark.caption.tone)
    };
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..40 {
        let doc = read(text);
        let events = run(&doc, &play, seed, Faults::MANY).unwrap();
        let mut view = View::default();
        for event in &events {
            view.apply(event);
            // Late enough for all glides to be over.
            let frame = frame(&geometry, &graph, &view, view.settled_at());
            for id in ["validate", "reserve", "both", "approve", "pack"] {
                let (state, text, tone) = of(&frame, id);
                match state {
                    StateKind::Running => assert_eq!(tone, Tone::Running),
                    StateKind::BackingOff => {
                        assert!(text.starts_with("attempt ") && text.contains(" of 4 in "), "{text}");
                    }
                    StateKind::WaitingForOthers => {
                        let (here, rest) = text.split_once(" of ").unwrap();
                        let (of, others) = rest.split_once(", waiting for ").unwrap_or((rest, ""));
                        let (here, of): (u32, u32) = (here.parse().unwrap(), of.parse().unwrap());
                        assert!(here <= of && of <= 3 && (here == of) == others.is_empty(), "{text}");
                    }
                    StateKind::WaitingForSignal => assert!(text.ends_with(" of 1 h"), "{text}"),
                    StateKind::WaitingForWorker => assert_eq!(tone, Tone::Worker),
                    StateKind::Failed => assert_eq!(tone, Tone::Failed),
                    _ => {}
                }
                seen.insert(format!("{state:?}"));
            }
        }
    }
    for state in ["Running", "BackingOff", "WaitingForOthers", "WaitingForSignal", "WaitingForWorker", "Done", "Failed"]
    {
        assert!(seen.contains(state), "no run showed {state}: {seen:?}");
    }
}

#[test]
fn a_run_is_shown_over_a_changed_play_without_what_is_not_there() {
    let (play, graph) = play_of("play a/1/b {\nsnap order\npass end\norder -> end\n}\n");
    let geometry = Geometry::new(&play, &graph);
    let text = std::fs::read_to_string("plays/checkout.play").unwrap();
    let (old, _) = play_of(&text);
    let events = run(&read(&text), &old, 1, Faults::NONE).unwrap();
    let (film, _) = Film::from_events(events);
    let frame = frame(&geometry, &graph, film.latest(), film.end());
    let order = graph.find("order").unwrap();
    assert_eq!(frame.nodes[order as usize].state, StateKind::Done);
    assert_eq!(frame.nodes[graph.find("end").unwrap() as usize].state, StateKind::Idle);
    assert!(frame.balls.is_empty());
    assert!(film.latest().node(&NodeId::new("validate")).is_some());
}
