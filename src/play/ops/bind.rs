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
    let splice = match found.body.iter().position(|line| is_same(&line.kind, &bind)) {
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

/// Another statement at the place of one.
///
/// # Errors
/// There is no such formation or statement, or another one of the formation binds the same.
pub fn rebind(doc: &Document, formation: &SmolStr, stmt: usize, bind: Bind) -> Edits {
    let (item, found) = find(doc, formation)?;
    let Some(old) = found.body.get(stmt) else {
        return Err(Refusal::BadValue("that binding is gone: select it again".to_owned()));
    };
    let twin = |(i, line): (usize, &Line<Bind>)| i != stmt && is_same(&line.kind, &bind);
    if found.body.iter().enumerate().any(twin) {
        let what = match &bind {
            Bind::To(binding) => format!("{}/{}", binding.image, binding.version),
            Bind::Role(role, _) => format!("role {role}"),
            Bind::Comment(text) | Bind::Bad(text) => text.clone(),
        };
        return Err(Refusal::BadValue(format!("{what} is bound in another line already: change that one")));
    }
    if old.kind == bind {
        return Ok(Vec::new());
    }
    let splice = Splice::replace(stmt, Line { kind: bind, ..old.clone() });
    Ok(vec![Edit::Formation { item, splice }])
}

/// Whether both say where the same is.
fn is_same(one: &Bind, other: &Bind) -> bool {
    match (one, other) {
        (Bind::To(one), Bind::To(other)) => one.image == other.image && one.version == other.version,
        (Bind::Role(one, _), Bind::Role(other, _)) => one == other,
        _ => false,
    }
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
