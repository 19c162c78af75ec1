//! RON files: what is read is written and read as the same, and as text too.

use chalktalk::lang::{parse, print};
use chalktalk::play::ron::{from_ron, to_ron};

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(doc) = from_ron(&text) else { return };
    assert_eq!(from_ron(&to_ron(&doc)).as_ref(), Ok(&doc));
    let printed = print(&doc);
    assert_eq!(parse(printed.as_str()).doc, doc, "printed as:\n{printed}");
}
