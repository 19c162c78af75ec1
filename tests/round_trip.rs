//! Text, document and RON hold the same; edits change only what they touch.

use chalktalk::lang::{parse, print};
use chalktalk::play::ron::{from_ron, to_ron};

#[test]
fn the_sample_reads_without_complaint_and_prints_as_it_is() {
    let text = include_str!("../plays/checkout.play");
    let source = parse(text);
    assert_eq!(source.diagnostics, []);
    assert_eq!(print(&source.doc), text);
    assert_eq!(from_ron(&to_ron(&source.doc)), Ok(source.doc));
}
