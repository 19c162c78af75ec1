use smol_str::SmolStr;

use super::{Edits, Refusal};
use crate::play::doc::{Bind, Document, Formation, Item, Line, is_name};
use crate::play::{Edit, Splice};

/// A new, empty formation at the end of the file.
///
/// # Errors
/// It is no name, or taken.
pub fn add_formation(doc: &Document, name: &str) -> Edits {
    let name = name.trim();
    if !is_name(name) {
        return Err(Refusal::BadName(name.to_owned()));
    }
    if find(doc, name).is_ok() {
        return Err(Refusal::Taken(name.to_owned()));
    }
    let formation = Formation { name: name.into(), body: Vec::new() };
    Ok(vec![Edit::Items(Splice::insert(doc.items.len(), Line::after_blank(Item::Formation(formation))))])
}

/// Takes the place of the statement for the same image and version or the same role, or comes after the last one.
///
/// # Errors
/// There is no such formation.
pub fn bind(doc: &Document, formation: &SmolStr, bind: Bind) -> Edits {
    let (item, found) = find(doc, formation)?;
    let same = |old: &Bind| match (old, &bind) {
        (Bind::To(old), Bind::To(new)) => old.image == new.image && old.version == new.version,
        (Bind::Role(old, _), Bind::Role(new, _)) => old == new,
        _ => false,
    };
    let splice = match found.body.iter().position(|line| same(&line.kind)) {
        Some(at) if found.body[at].kind == bind => return Ok(Vec::new()),
        Some(at) => Splice::replace(at, Line { kind: bind, ..found.body[at].clone() }),
        None => {
            // A later `*` must not hide behind this one, nor this one behind it: the first that matches is the one.
            let takes_all = |line: &Line<Bind>| matches!(&line.kind, Bind::To(old) if old.version == "*");
            let hides = |line: &Line<Bind>| match (&line.kind, &bind) {
                (Bind::To(old), Bind::To(new)) => takes_all(line) && old.image == new.image,
                _ => false,
            };
            let at = found.body.iter().position(hides).unwrap_or(found.body.len());
            Splice::insert(at, Line::new(bind))
        }
    };
    Ok(vec![Edit::Formation { item, splice }])
}

/// # Errors
/// There is no such formation or statement.
pub fn remove_bind(doc: &Document, formation: &SmolStr, stmt: usize) -> Edits {
    let (item, found) = find(doc, formation)?;
    if stmt >= found.body.len() {
        return Err(Refusal::BadValue("that binding is gone: select it again".to_owned()));
    }
    Ok(vec![Edit::Formation { item, splice: Splice::remove(stmt) }])
}

fn find<'d>(doc: &'d Document, name: &str) -> Result<(usize, &'d Formation), Refusal> {
    let mut found = doc.formations().filter(|(_, formation)| formation.name == name);
    found.next().ok_or_else(|| Refusal::NoFormation(name.to_owned()))
}
