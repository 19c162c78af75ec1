//! The chain of visits that the end of a run had to wait for, on plays whose answer is known.

use chalktalk::base::BallId;
use chalktalk::event::{Event, Outcome};
use chalktalk::replay::Film;

use super::{Pen, ms};

/// Each leg as `node FROM..TO`, in milliseconds.
fn path(film: &Film) -> Vec<String> {
    let legs = film.critical_path();
    for pair in legs.windows(2) {
        assert_eq!(pair[0].to, pair[1].from, "one leg begins where the one before ends: {legs:?}");
    }
    legs.iter().map(|leg| format!("{} {}..{}", leg.node, leg.from.0 / 1000, leg.to.0 / 1000)).collect()
}

/// `order` fans out to `charge` and `reserve`, each called, and joined again.
fn fork() -> Pen {
    let mut pen = Pen::started();
    pen.snap(0, "order").wait_ms(10).hop(0, "order", "split").split(0, "split", 1, &[(1, "charge"), (2, "reserve")]);
    pen.call(1, "charge", 1).call(2, "reserve", 1);
    pen
}

#[test]
fn a_run_in_a_row_is_its_own_critical_path() {
    let mut pen = Pen::started();
    pen.snap(0, "order").hop(0, "order", "charge").call(0, "charge", 1).wait_ms(40).answer(0, "charge", 1);
    pen.hop(0, "charge", "shipped").pass(0, "shipped");
    assert_eq!(path(&pen.film()), ["order 0..0", "charge 0..40", "shipped 40..40"]);
}

#[test]
fn a_join_waits_for_the_last_that_came() {
    let mut pen = fork();
    pen.wait_ms(30).answer(1, "charge", 1).hop(1, "charge", "both").waiting(1, "both", 1);
    pen.wait_ms(100).answer(2, "reserve", 1).hop(2, "reserve", "both").waiting(2, "both", 1);
    pen.join(&[1, 2], "both", 1, 3).hop(3, "both", "shipped").pass(3, "shipped");
    assert_eq!(
        path(&pen.film()),
        ["order 0..10", "split 10..10", "reserve 10..140", "both 140..140", "shipped 140..140"]
    );
}

#[test]
fn of_a_race_the_winner_counts_and_who_was_taken_out_does_not() {
    let mut pen = fork();
    pen.wait_ms(30).answer(1, "charge", 1).hop(1, "charge", "first").waiting(1, "first", 1);
    pen.join(&[1], "first", 1, 3).cancel(2, "reserve").wait_ms(5).hop(3, "first", "shipped").pass(3, "shipped");
    assert_eq!(path(&pen.film()), ["order 0..10", "split 10..10", "charge 10..40", "first 40..45", "shipped 45..45"]);
}

#[test]
fn a_join_that_is_late_waited_for_the_clock_of_the_first() {
    let mut pen = fork();
    pen.wait_ms(30).answer(1, "charge", 1).hop(1, "charge", "both").waiting(1, "both", 1);
    pen.wait_ms(20).hop(2, "reserve", "both").waiting(2, "both", 1).wait_ms(500);
    pen.join(&[1, 2], "both", 1, 3).fail(3, "both", true).hop(3, "both", "sorry").pass(3, "sorry");
    assert_eq!(path(&pen.film()), ["order 0..10", "split 10..10", "charge 10..40", "both 40..560", "sorry 560..560"]);
}

#[test]
fn a_run_that_fails_at_a_node_waited_for_that_node() {
    let mut pen = fork();
    pen.wait_ms(70).fail(2, "reserve", false).cancel(1, "charge");
    let failure = chalktalk::event::Failure::new(chalktalk::event::Code::Internal, "x");
    pen.write(Event::Finished { outcome: Outcome::Failed { node: Some("reserve".into()), failure } });
    assert_eq!(path(&pen.film()), ["order 0..10", "split 10..10", "reserve 10..80"]);
}

#[test]
fn a_run_that_is_ended_from_outside_had_waited_for_what_had_gone_on_longest() {
    let mut pen = fork();
    pen.wait_ms(50).answer(1, "charge", 1).hop(1, "charge", "pack").call(1, "pack", 1).wait_ms(40);
    pen.write(Event::CancelAsked { reason: "enough".into() }).cancel(1, "pack").cancel(2, "reserve");
    pen.write(Event::Finished { outcome: Outcome::Cancelled { reason: "enough".into() } });
    assert_eq!(path(&pen.film()), ["order 0..10", "split 10..10", "reserve 10..100"]);
}

#[test]
fn an_empty_list_is_joined_right_after_its_split() {
    let mut pen = Pen::started();
    pen.snap(0, "list").wait_ms(5).split(0, "list", 1, &[]).join(&[], "in", 1, 1).hop(1, "in", "done").pass(1, "done");
    assert_eq!(path(&pen.film()), ["list 0..5", "in 5..5", "done 5..5"]);
}

#[test]
fn a_run_that_goes_on_shows_the_way_to_its_last_event() {
    let mut film = fork().film();
    film.heard_until(ms(90));
    assert_eq!(path(&film), ["order 0..10", "split 10..10", "reserve 10..90"]);
    assert_eq!(film.critical_path()[2].ball, BallId(2));
    assert!(Film::new().critical_path().is_empty());
}
