//! The slider: what it shows, where it jumps, what it cuts out, and both ways of playing.

use chalktalk::base::RunMicros;
use chalktalk::event::{Event, ParkedOn};
use chalktalk::replay::{
    BarKind, EventKind, Film, Found, GAP_LEFT_MICROS, Jump, NeedsRepaint, Playback, Track, View, WaitKind,
};
use proptest::prelude::*;

use super::{Pen, fold, ms, random_run, steps, unsound_run};
use chalktalk::base::BallId;

/// A call that fails and is answered the second time, then an hour's wait for a signal.
fn slow() -> Pen {
    let mut pen = Pen::started();
    pen.snap(0, "order").wait_ms(20).hop(0, "order", "charge").call(0, "charge", 1).wait_ms(80);
    pen.fail(0, "charge", false).call(0, "charge", 2).wait_ms(100).answer(0, "charge", 2).hop(0, "charge", "approve");
    let on = ParkedOn::Signal { name: "yes".into(), key: None };
    pen.write(Event::Parked { ball: BallId(0), node: "approve".into(), on, until: None });
    pen.wait_ms(3_600_000);
    pen.write(Event::Signalled { id: "s".into(), name: "yes".into(), key: None, payload: super::json(5) });
    pen.write(Event::SignalUsed { ball: BallId(0), node: "approve".into(), id: "s".into() });
    pen.hop(0, "approve", "done").pass(0, "done");
    pen
}

#[test]
fn a_person_jumps_by_number_time_error_and_node() {
    let film = slow().film();
    let hour = 3_600_200;
    for (text, from, wanted) in [
        ("#0", 5, Ok(Found::Events(1))),
        (" 4 ", 0, Ok(Found::Events(5))),
        ("#99", 0, Err("this run has no event 99: its last one is 13")),
        ("12.5s", 0, Ok(Found::Time(ms(12_500)))),
        ("300ms", 0, Ok(Found::Time(ms(300)))),
        ("1m 30s", 0, Ok(Found::Time(ms(90_000)))),
        ("1:04.2", 0, Ok(Found::Time(ms(64_200)))),
        ("0:59:59", 0, Ok(Found::Time(ms(hour - 1200)))),
        ("2h", 0, Err("this run is only 3600.")),
        ("error", 0, Ok(Found::Events(5))),
        ("error", 5, Err("no error comes after this")),
        ("previous error", 14, Ok(Found::Events(5))),
        ("previous error", 5, Err("there is no error before this")),
        ("approve", 0, Ok(Found::Events(8))),
        ("approve", 8, Ok(Found::Events(9))),
        ("approve", 14, Err("nothing more happens at approve")),
        ("nowhere", 0, Err("'nowhere' is no time as 12.4s")),
        ("-3", 0, Err("'-3' is no time")),
        ("9999999999999h", 0, Err("'9999999999999h' is no time")),
        ("", 0, Err("write a time")),
    ] {
        let found = Jump::parse(text, &film).and_then(|jump| film.find(&jump, from));
        match (&found, wanted) {
            (Ok(found), Ok(wanted)) => assert_eq!(*found, wanted, "{text}"),
            (Err(said), Err(wanted)) => assert!(said.starts_with(wanted), "{text}: {said}"),
            (found, wanted) => panic!("{text}: {found:?} and not {wanted:?}"),
        }
    }
    let back = film.find(&Jump::PreviousAt("charge".into()), 8);
    assert_eq!(back, Ok(Found::Events(7)), "the event that the playhead stands on is not the one before it");
    assert!(Jump::parse("#0", &Film::new()).and_then(|jump| Film::new().find(&jump, 0)).is_err());
}

#[test]
fn an_hour_of_waiting_is_cut_out_and_marked() {
    let film = slow().film();
    let [gap] = film.gaps() else { panic!("one gap: {:?}", film.gaps()) };
    assert_eq!(gap.from, film.settled_at(9));
    assert_eq!(gap.to, ms(3_600_200 - 100));
    let axis = film.axis(true);
    assert_eq!(axis.cuts().len(), 1);
    let length = axis.place(film.end().as_secs_f64() * 1e6);
    assert!(length < 3e6, "an hour is {length} us on the axis");
    assert!((axis.place(300_000.0) - 300_000.0).abs() < 1e-6, "before a cut places are times");
    let whole = film.axis(false);
    assert!((whole.place(3.6e9) - 3.6e9).abs() < 1e-6 && whole.cuts().is_empty());

    let (mut playback, mut n_frames) = (Playback::new(), 0);
    playback.fold(true);
    playback.play(&film);
    while playback.update(1.0 / 60.0, &film) == NeedsRepaint::Yes {
        n_frames += 1;
        assert!(n_frames < 300, "at its own speed an hour goes by in seconds");
    }
    assert_eq!(playback.time(), film.end());
}

#[test]
fn playing_backwards_ends_at_the_start_and_forwards_begins_there() {
    let film = slow().film();
    let (mut playback, mut view) = (Playback::new(), View::default());
    playback.toggle_backwards(&film);
    assert!(playback.is_reversed() && playback.time() == film.end(), "from the end, where it stood at the start");
    playback.fold(true);
    let mut last = film.events().len();
    while playback.update(0.05, &film) == NeedsRepaint::Yes && playback.is_playing() {
        playback.bring(&mut view, &film);
        assert!(playback.n_events() <= last);
        assert_eq!(view, film.view_at_time(playback.time()));
        last = playback.n_events();
    }
    assert_eq!((playback.n_events(), playback.time()), (0, ms(0)));
    playback.toggle(&film);
    assert!(playback.is_playing() && !playback.is_reversed());
    playback.toggle_backwards(&film);
    playback.toggle_backwards(&film);
    assert!(!playback.is_playing(), "the same key holds it");
}

#[test]
fn the_speed_goes_up_and_down_by_steps() {
    let mut playback = Playback::new();
    let mut speeds = vec![playback.speed()];
    for _ in 0..9 {
        playback.faster();
        speeds.push(playback.speed());
    }
    assert_eq!(speeds, [1.0, 2.0, 5.0, 10.0, 100.0, 1000.0, 1000.0, 1000.0, 1000.0, 1000.0]);
    for _ in 0..20 {
        playback.slower();
    }
    assert!((playback.speed() - 0.1).abs() < 1e-6);
}

#[test]
fn columns_say_what_happened_and_who_waited() {
    let film = slow().film();
    let n = |column: &chalktalk::replay::Column, kind: EventKind| column.n[kind as usize];
    let columns = film.columns(&[0, 50, 150, 300, 3_600_000, 3_600_201].map(ms));
    let errors: Vec<u32> = columns.iter().map(|column| n(column, EventKind::Error)).collect();
    assert_eq!(errors, [0, 1, 0, 0, 0]);
    let all: Vec<u32> = columns.iter().map(chalktalk::replay::Column::n_events).collect();
    assert_eq!(all, [4, 2, 3, 0, 5]);
    let waits: Vec<u32> = columns.iter().map(|column| column.waiting[WaitKind::Signal as usize]).collect();
    assert_eq!(waits, [0, 0, 1, 1, 1]);
}

/// A row with a bar of `length` every `every` milliseconds, the third of them failed.
fn row(every: u64, length: u64) -> Track {
    let mut pen = Pen::started();
    for n in 0..9 {
        pen.at = n * every * 1000;
        pen.snap(0, "a").call(0, "a", 1).wait_ms(length);
        if n == 3 {
            pen.fail(0, "a", false)
        } else {
            pen.answer(0, "a", 1)
        };
    }
    pen.film().tracks()[0].clone()
}

#[test]
fn bars_that_are_less_than_a_dot_apart_are_one_and_an_error_among_them_is_seen() {
    let row = row(10, 1);
    let fine = row.stretches(ms(0), ms(1000), 500);
    assert_eq!(fine.len(), 9);
    let coarse = row.stretches(ms(0), ms(1000), 20_000);
    assert_eq!(coarse.iter().map(|stretch| stretch.n).collect::<Vec<_>>(), [9]);
    assert_eq!((coarse[0].start, coarse[0].end), (ms(0), Some(ms(81))));
    assert!(matches!(coarse[0].bar.kind, BarKind::AttemptFailed { .. }));
    assert_eq!(row.stretches(ms(25), ms(45), 500).len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_axis_and_its_inverse_agree(steps in steps(200), folded: bool, at in 0.0f64..1.0) {
        let (film, _) = Film::from_events(random_run(&steps));
        let axis = film.axis(folded);
        let time = at * film.end().as_secs_f64() * 1e6;
        let place = axis.place(time);
        prop_assert!((axis.time(place) - time).abs() < 1.0, "{} {}", axis.time(place), time);
        prop_assert!(axis.place(time + 1000.0) >= place);
        for gap in axis.cuts() {
            let (from, to) = (axis.place(gap.from.as_secs_f64() * 1e6), axis.place(gap.to.as_secs_f64() * 1e6));
            prop_assert!((to - from - RunMicros(GAP_LEFT_MICROS).as_secs_f64() * 1e6).abs() < 1.0, "{from} {to}");
        }
    }

    /// Whatever the columns are, each event is in one, and each ball that waits is seen.
    #[test]
    fn columns_lose_no_event(steps in steps(400), edges in proptest::collection::vec(any::<u32>(), 1..40)) {
        for events in [random_run(&steps), unsound_run(&steps)] {
            let (film, _) = Film::from_events(events.clone());
            let end = film.until().0;
            let mut edges: Vec<RunMicros> = edges.iter().map(|edge| RunMicros(u64::from(*edge) % (end + 1))).collect();
            edges.extend([RunMicros(0), RunMicros(end + 1)]);
            edges.sort_unstable();
            let columns = film.columns(&edges);
            for (column, pair) in columns.iter().zip(edges.windows(2)) {
                let inside = events.iter().filter(|event| event.at >= pair[0] && event.at < pair[1]);
                prop_assert_eq!(column.n_events() as usize, inside.clone().count());
                let n_errors = inside.filter(|event| EventKind::of(&event.event) == EventKind::Error).count();
                prop_assert_eq!(column.n[EventKind::Error as usize] as usize, n_errors);
                let view = film.view_at_time(pair[0]);
                let parked = view.waits_for_signal().count();
                prop_assert!(column.waiting[WaitKind::Signal as usize] as usize >= parked);
            }
        }
    }

    /// Scrubbing is exact: in whatever order instants are looked at, each shows what the fold from the start shows.
    #[test]
    fn the_same_instant_gives_the_same_picture(steps in steps(1500), times in proptest::collection::vec(0.0f64..1.1, 20)) {
        let events = random_run(&steps);
        let (film, _) = Film::from_events(events.clone());
        let (mut playback, mut view) = (Playback::new(), View::default());
        for at in times {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time of the run")]
            let time = RunMicros((film.end().as_secs_f64() * at * 1e6) as u64);
            playback.seek(time, &film);
            playback.bring(&mut view, &film);
            let folded = fold(&events[..film.n_events_at(time)]);
            prop_assert_eq!(&view, &folded);
            prop_assert_eq!(playback.shown_time(), time.min(film.end()));
        }
    }
}
