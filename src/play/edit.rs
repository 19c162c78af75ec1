use smol_str::SmolStr;

use super::Unsound;
use super::doc::{Bind, Document, Formation, Item, Line, Play, Stmt};
use crate::base::{Coord, Dur};

/// A small change of a document. [`Document::apply`] gives its inverse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    Items(Splice<Line<Item>>),
    /// Statements of the play that is item `item`.
    Play {
        item: usize,
        splice: Splice<Line<Stmt>>,
    },
    /// Statements of the formation that is item `item`.
    Formation {
        item: usize,
        splice: Splice<Line<Bind>>,
    },
    /// What stands before the `{` of item `item`.
    Head {
        item: usize,
        head: Head,
    },
}

/// At `at`, `remove` lines go and `insert` come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice<T> {
    pub at: usize,
    pub remove: usize,
    pub insert: Vec<T>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    Play { coord: Coord, title: Option<String>, timeout: Option<Dur> },
    Formation { name: SmolStr },
}

/// The edit was made for another document, or cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("there is no item {0} of that kind")]
    NoItem(usize),
    #[error("there are no {remove} lines at {at}, only {len} in all")]
    NoLines { at: usize, remove: usize, len: usize },
    /// What is inserted would not read back as itself. [`Document::apply`] does not look.
    #[error(transparent)]
    Unsound(#[from] Unsound),
    /// Only where the text holds statements that cannot be read, or such are inserted.
    #[error("a part of the text that cannot be read stands in the way: mend it first")]
    InTheWay,
    #[error("the text would be too long")]
    TooLong,
}

impl<T> Splice<T> {
    pub fn insert(at: usize, line: T) -> Self {
        Self { at, remove: 0, insert: vec![line] }
    }

    pub const fn remove(at: usize) -> Self {
        Self { at, remove: 1, insert: Vec::new() }
    }

    pub fn replace(at: usize, line: T) -> Self {
        Self { at, remove: 1, insert: vec![line] }
    }

    /// The end of what is removed from `len` lines.
    pub(crate) fn end(&self, len: usize) -> Result<usize, EditError> {
        let end = self.at.checked_add(self.remove).filter(|&end| end <= len);
        end.ok_or(EditError::NoLines { at: self.at, remove: self.remove, len })
    }

    fn apply(self, lines: &mut Vec<T>) -> Result<Self, EditError> {
        let end = self.end(lines.len())?;
        let Self { at, insert, .. } = self;
        let n_inserted = insert.len();
        let removed = lines.splice(at..end, insert).collect();
        Ok(Self { at, remove: n_inserted, insert: removed })
    }
}

impl Document {
    /// Makes the change and gives the edit that takes it back.
    ///
    /// # Errors
    /// The edit names an item or lines that are not there; the document is then unchanged.
    pub fn apply(&mut self, edit: Edit) -> Result<Edit, EditError> {
        match edit {
            Edit::Items(splice) => splice.apply(&mut self.items).map(Edit::Items),
            Edit::Play { item, splice } => {
                let play = self.play_mut(item).ok_or(EditError::NoItem(item))?;
                splice.apply(&mut play.body).map(|splice| Edit::Play { item, splice })
            }
            Edit::Formation { item, splice } => {
                let formation = self.formation_mut(item).ok_or(EditError::NoItem(item))?;
                splice.apply(&mut formation.body).map(|splice| Edit::Formation { item, splice })
            }
            Edit::Head { item, head } => {
                let old = match (head, self.items.get_mut(item).map(|line| &mut line.kind)) {
                    (Head::Play { coord, title, timeout }, Some(Item::Play(play))) => Head::Play {
                        coord: std::mem::replace(&mut play.coord, coord),
                        title: std::mem::replace(&mut play.title, title),
                        timeout: std::mem::replace(&mut play.timeout, timeout),
                    },
                    (Head::Formation { name }, Some(Item::Formation(formation))) => {
                        Head::Formation { name: std::mem::replace(&mut formation.name, name) }
                    }
                    _ => return Err(EditError::NoItem(item)),
                };
                Ok(Edit::Head { item, head: old })
            }
        }
    }

    /// The play that is item `item`.
    pub fn play(&self, item: usize) -> Option<&Play> {
        match &self.items.get(item)?.kind {
            Item::Play(play) => Some(play),
            _ => None,
        }
    }

    /// The formation that is item `item`.
    pub fn formation(&self, item: usize) -> Option<&Formation> {
        match &self.items.get(item)?.kind {
            Item::Formation(formation) => Some(formation),
            _ => None,
        }
    }

    /// The plays with their item numbers, in the order of the file.
    pub fn plays(&self) -> impl Iterator<Item = (usize, &Play)> {
        self.items.iter().enumerate().filter_map(|(i, line)| match &line.kind {
            Item::Play(play) => Some((i, play)),
            _ => None,
        })
    }

    /// The formations with their item numbers, in the order of the file.
    pub fn formations(&self) -> impl Iterator<Item = (usize, &Formation)> {
        self.items.iter().enumerate().filter_map(|(i, line)| match &line.kind {
            Item::Formation(formation) => Some((i, formation)),
            _ => None,
        })
    }

    fn play_mut(&mut self, item: usize) -> Option<&mut Play> {
        match &mut self.items.get_mut(item)?.kind {
            Item::Play(play) => Some(play),
            _ => None,
        }
    }

    fn formation_mut(&mut self, item: usize) -> Option<&mut Formation> {
        match &mut self.items.get_mut(item)?.kind {
            Item::Formation(formation) => Some(formation),
            _ => None,
        }
    }
}
