//! A record of a run, an event on each line: read, folded into what is shown, and into a run that is to go on.

use std::sync::{Arc, LazyLock};

use chalktalk::base::RunMicros;
use chalktalk::engine::Run;
use chalktalk::event::{Event, Recorded};
use chalktalk::lang::parse;
use chalktalk::plan::{Plan, choose_formation};
use chalktalk::replay::Film;

/// What the kept records are of.
static PLAN: LazyLock<Arc<Plan>> = LazyLock::new(|| {
    let source = parse(include_str!("../../../plays/checkout.play"));
    let (_, play) = source.doc.plays().next().expect("the sample has a play");
    let formation = choose_formation(&source.doc, None).expect("it has a formation");
    Arc::new(Plan::compile(play, formation).expect("the sample compiles"))
});

const MAX_EVENTS: usize = 2000;

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Recorded>(line).ok());
    let events: Vec<Recorded> = lines.take(MAX_EVENTS).collect();
    for recorded in &events {
        let again = serde_json::to_string(recorded).expect("what was read can be written");
        assert_eq!(serde_json::from_str::<Recorded>(&again).ok().as_ref(), Some(recorded));
    }
    let (film, _) = Film::from_events(events.clone());
    for n in [0, 1, film.events().len() / 2, film.events().len()] {
        drop(film.view_at(n));
    }
    drop(film.view_at_time(RunMicros(film.end().0 / 2)));
    // As a runner takes up what another one left: the first says what was played, the numbers have no gaps.
    let whole = events.iter().zip(0..).take_while(|(recorded, n)| recorded.seq == *n).count();
    if whole > 0 && matches!(events[0].event, Event::Started(_)) {
        let mut run = Run::new(Arc::clone(&PLAN));
        events[..whole].iter().for_each(|recorded| run.evolve(recorded));
        run.owed();
        run.caught();
        let mut more = Vec::new();
        run.settle(run.now(), &mut more);
        run.next_deadline();
    }
}
