use super::Coord;

/// A method that can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its version is `*` where the server has none: any will do.
    pub coord: Coord,
    /// One line, may be empty.
    pub summary: String,
    /// JSON schemas of what goes in and out, as text. Empty: anything.
    pub input_schema: String,
    pub output_schema: String,
    /// Workers that pull balls of it, if it is served by such.
    pub pulling: Option<Pulling>,
}

/// Workers without an address that serve a method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulling {
    pub workers: u64,
    /// Balls that they would take at once.
    pub ready: u64,
    /// Balls that wait for one.
    pub queued: u64,
}
