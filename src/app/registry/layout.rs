use super::Entry;

/// Arranging, frames, levels, export.
pub const ENTRIES: &[Entry] = &[];
