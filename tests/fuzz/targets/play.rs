//! The text of a play: what is printed reads as the same document, and is printed the same again.

use chalktalk::check::check;
use chalktalk::lang::{parse, print};
use chalktalk::plan::Plan;

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let source = parse(text.as_ref());
    assert_eq!(source.text, text);
    for found in check(&source) {
        assert!(text.get(found.span.range()).is_some(), "{found:?} does not fit");
    }
    let printed = print(&source.doc);
    let again = parse(printed.as_str());
    assert_eq!(again.doc, source.doc, "printed as:\n{printed}");
    assert_eq!(print(&again.doc), printed, "fmt of fmt");
    for (_, play) in source.doc.plays() {
        drop(Plan::compile(play, None));
    }
}
