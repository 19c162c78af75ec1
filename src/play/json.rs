//! Documents as JSON: the same shape and format version as RON.

use serde::Deserialize;

use super::Document;
use super::ron::{Error, FORMAT, File, checked, format_of};

/// The document as readable JSON.
pub fn to_json(doc: &Document) -> String {
    serde_json::to_string_pretty(&File { format: format_of(doc), items: doc }).unwrap_or_default() + "\n"
}

/// Reads a JSON file.
///
/// # Errors
/// It is no JSON, no document, of a newer format, or holds what no text can say.
pub fn from_json(text: &str) -> Result<Document, Error> {
    #[derive(Deserialize)]
    struct Head {
        format: u32,
    }
    // A newer format may hold what this version cannot read.
    if let Ok(Head { format }) = serde_json::from_str(text)
        && format > FORMAT
    {
        return Err(Error::Newer { found: format, newest: FORMAT });
    }
    match serde_json::from_str::<File<Document>>(text) {
        Ok(file) => checked(file.items),
        Err(error) => {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
            Err(Error::Syntax { line: error.line(), column: error.column(), message })
        }
    }
}
