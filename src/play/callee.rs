//! Which play of a document a target means.

use super::doc::{Bind, Document, Formation, Target, TargetRef};
use crate::base::{Coord, VersionKind, best_version, version_kind};

impl Document {
    /// The item of the play that a target leads to: the first of its places that one stands behind. A role is what
    /// `formation` says, a requirement the highest version that meets it, as where a play is run.
    ///
    /// Whether the formation binds that coordinate elsewhere is not asked: then the play is not run, but it is there.
    pub fn callee(&self, target: &Target, formation: Option<&Formation>) -> Option<usize> {
        target.refs().find_map(|to| match to {
            TargetRef::Coord(coord) => self.play_called(coord),
            TargetRef::Role(role) => {
                let filled = formation?.body.iter().find_map(|line| match &line.kind {
                    Bind::Role(name, filled) if name == role => Some(filled),
                    _ => None,
                })?;
                filled.refs().find_map(|to| match to {
                    TargetRef::Coord(coord) => self.play_called(coord),
                    TargetRef::Role(_) => None,
                })
            }
        })
    }

    /// The item of the play of that coordinate, or of the highest version that meets it.
    pub fn play_called(&self, coord: &Coord) -> Option<usize> {
        let of_method = || self.plays().filter(|(_, play)| play.coord.method == coord.method);
        let of_image = || of_method().filter(|(_, play)| play.coord.image == coord.image);
        let version = match version_kind(&coord.version).ok()? {
            VersionKind::Exact => coord.version.as_str(),
            VersionKind::Requirement(requirement) => {
                best_version(&requirement, of_image().map(|(_, play)| play.coord.version.as_str()))?
            }
        };
        of_image().find(|(_, play)| play.coord.version == version).map(|(item, _)| item)
    }
}

#[cfg(test)]
mod tests {
    use crate::lang;

    #[test]
    fn a_target_leads_to_the_play_that_a_run_would_take() {
        let text = "play a/1.2/x {\n}\nplay a/1.10/x {\n}\nplay a/2/y {\n}\nformation f {\n  role r = a/2/y\n}\n";
        let doc = lang::parse(text).doc;
        let (_, formation) = doc.formations().next().expect("it is there");
        for (target, item) in [
            ("a/1.2/x", Some(0)),
            ("a/^1/x", Some(1)),
            ("a/*/y", Some(2)),
            ("a/1.2/y", None),
            ("b/1.2/x", None),
            ("r", Some(2)),
            ("s", None),
            ("b/1/x 10% | a/1.10/x 90%", Some(1)),
        ] {
            let target = target.parse().expect("it is a target");
            assert_eq!(doc.callee(&target, Some(formation)), item, "{target}");
        }
    }
}
