//! Documents as RON files: `(format: 1, items: […])`.

use serde::{Deserialize, Serialize};

use super::Document;

/// The version of the format that is written.
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{line}:{column}: {message}")]
    Syntax { line: usize, column: usize, message: String },
    #[error("the file has format {found}, this program reads formats up to {newest}: open it with a newer version")]
    Newer { found: u32, newest: u32 },
}

#[derive(Serialize, Deserialize)]
struct File<D> {
    format: u32,
    items: D,
}

/// The document as a readable RON file.
pub fn to_ron(doc: &Document) -> String {
    let pretty = ron::ser::PrettyConfig::new().depth_limit(5).new_line("\n").indentor("  ");
    ron::ser::to_string_pretty(&File { format: FORMAT, items: doc }, pretty).unwrap_or_default() + "\n"
}

/// Reads a RON file.
///
/// # Errors
/// It is no RON, no document, or of a newer format.
pub fn from_ron(text: &str) -> Result<Document, Error> {
    let file: File<Document> = ron::from_str(text).map_err(|error| Error::Syntax {
        line: error.span.start.line,
        column: error.span.start.col,
        message: error.code.to_string(),
    })?;
    if file.format > FORMAT {
        return Err(Error::Newer { found: file.format, newest: FORMAT });
    }
    Ok(file.items)
}
