//! Formations: bindings and roles, and whether they cover what the plays of the file need.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::fixes::SOME_TARGET;
use super::{Report, nodes};
use crate::base::{Coord, Span, VersionKind, best_version, version_kind};
use crate::diag::Diagnostic;
use crate::lang::{Part, nearest};
use crate::play::{Bind, Binding, Document, Formation, Play, Stmt, Target, TargetRef, Via};

/// What one formation offers.
struct Offer<'s> {
    item: usize,
    formation: &'s Formation,
    /// Bindings by image, in the order of the text.
    bindings: FxHashMap<&'s str, Vec<&'s Binding>>,
    roles: FxHashSet<&'s str>,
}

/// What one play asks for: the first place of each.
#[derive(Default)]
struct Need<'s> {
    /// By image and version.
    targets: FxHashMap<(&'s str, &'s str), Span>,
    roles: FxHashMap<&'s str, Span>,
}

pub(super) fn check(report: &mut Report<'_>) {
    let doc = &report.source.doc;
    let known: FxHashSet<&str> = doc.plays().flat_map(|(_, play)| role_names(play)).collect();
    let mut offers = Vec::new();
    for (item, formation) in doc.formations() {
        let mut offer = Offer { item, formation, bindings: FxHashMap::default(), roles: FxHashSet::default() };
        for (stmt, line) in formation.body.iter().enumerate() {
            match &line.kind {
                Bind::To(binding) => {
                    binding_alone(item, stmt, binding, &offer, report);
                    offer.bindings.entry(binding.image.as_str()).or_default().push(binding);
                }
                Bind::Role(name, target) => {
                    role_alone(item, stmt, name, target, &known, report);
                    if !offer.roles.insert(name) {
                        let span = report.span(item, stmt, Part::Id);
                        let message = format!("the role '{name}' is filled twice");
                        let found = Diagnostic::error("F006", span, message).help("remove one of the two lines");
                        report.add(found.fix_if("remove this line", report.without_line(item, stmt)));
                    }
                }
                Bind::Comment(_) | Bind::Bad(_) => {}
            }
        }
        // A line that could not be read may be the very one that is missed.
        if !formation.body.iter().any(|line| matches!(line.kind, Bind::Bad(_))) {
            own_roles_covered(&offer, report);
            offers.push(offer);
        }
    }
    if offers.is_empty() {
        return;
    }
    let needs: Vec<Need<'_>> = doc.plays().map(|(item, play)| Need::of(item, play, report)).collect();
    for need in &needs {
        let meant: Vec<&Offer<'_>> = offers.iter().filter(|offer| offer.is_for(need)).collect();
        // A formation that serves nothing of a play is for another play, unless there is no other formation.
        let meant = if meant.is_empty() { offers.iter().take(1).collect() } else { meant };
        for offer in meant {
            covered(offer, need, report);
        }
    }
}

fn role_names(play: &Play) -> impl Iterator<Item = &str> {
    play.body.iter().filter_map(|line| match &line.kind {
        Stmt::Role(name) => Some(name.as_str()),
        _ => None,
    })
}

impl<'s> Need<'s> {
    fn of(item: usize, play: &'s Play, report: &Report<'_>) -> Self {
        let mut need = Self::default();
        for (stmt, line) in play.body.iter().enumerate() {
            match &line.kind {
                Stmt::Role(name) => {
                    need.roles.entry(name).or_insert_with(|| report.span(item, stmt, Part::Id));
                }
                Stmt::Node(node) => {
                    for (i, to) in (0..).zip(node.kind.target().into_iter().flat_map(Target::refs)) {
                        if let TargetRef::Coord(coord) = to
                            && !is_play(&report.source.doc, coord)
                        {
                            let key = (coord.image.as_str(), coord.version.as_str());
                            need.targets.entry(key).or_insert_with(|| report.span(item, stmt, Part::Target(i)));
                        }
                    }
                }
                _ => {}
            }
        }
        need
    }
}

/// A play of the same document is called without a binding.
fn is_play(doc: &Document, target: &Coord) -> bool {
    doc.plays()
        .map(|(_, play)| &play.coord)
        .filter(|play| play.image == target.image && play.method == target.method)
        .any(|play| {
            play.version == target.version
                || matches!(version_kind(&target.version), Ok(VersionKind::Requirement(requirement))
                        if best_version(&requirement, [play.version.as_str()].into_iter()).is_some())
        })
}

impl Offer<'_> {
    fn covers(&self, image: &str, version: &str) -> bool {
        self.bindings.get(image).is_some_and(|bindings| {
            bindings.iter().any(|binding| {
                binding.version == "*"
                    || binding.version == version
                    || matches!(version_kind(version), Ok(VersionKind::Requirement(requirement))
                        if best_version(&requirement, [binding.version.as_str()].into_iter()).is_some())
            })
        })
    }

    fn is_for(&self, need: &Need<'_>) -> bool {
        need.roles.keys().any(|role| self.roles.contains(role))
            || need.targets.keys().any(|(image, _)| self.bindings.contains_key(image))
            || (need.roles.is_empty() && need.targets.is_empty())
    }
}

fn covered(offer: &Offer<'_>, need: &Need<'_>, report: &mut Report<'_>) {
    let name = &offer.formation.name;
    #[expect(clippy::iter_over_hash_type, reason = "findings are sorted by their place")]
    for ((image, version), &span) in &need.targets {
        if !offer.covers(image, version) {
            let found = uncovered(image, version, offer, span, report);
            report.add(found);
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "findings are sorted by their place")]
    for (role, &span) in &need.roles {
        if !offer.roles.contains(role) {
            let message = format!("formation '{name}' does not fill the role '{role}'");
            let help = format!("add 'role {role} = image/version/method' to the formation");
            let found = Diagnostic::error("F002", span, message).help(help);
            let mut lines = vec![format!("role {role} = {SOME_TARGET}")];
            if !offer.covers("demo", "1") {
                lines.push("demo/* builtin".to_owned());
            }
            let add = report.last_line(offer.item, offer.formation.body.len(), &lines.join("\n  "));
            report.add(found.fix_if(format!("add 'role {role} = {SOME_TARGET}' to '{name}'"), add));
        }
    }
}

fn uncovered(image: &str, version: &str, offer: &Offer<'_>, span: Span, report: &Report<'_>) -> Diagnostic {
    let name = &offer.formation.name;
    let message = format!("formation '{name}' has no binding for {image}/{version}");
    let found = Diagnostic::error("F001", span, message);
    let found = match nearest(image, offer.bindings.keys().copied().filter(|known| *known != image)) {
        Some(meant) if !offer.bindings.contains_key(image) => {
            let written = Span::new(span.start, span.start + u32::try_from(image.len()).unwrap_or(0));
            found.help(format!("did you mean '{meant}'?")).fix_at(format!("change it to '{meant}'"), written, meant)
        }
        _ => found.help(format!("add a line to the formation, as in '{image}/* builtin'")),
    };
    let line = format!("{image}/* builtin");
    let add = report.last_line(offer.item, offer.formation.body.len(), &line);
    found.fix_if(format!("add '{line}' to '{name}'"), add)
}

/// The targets that fill roles need bindings too.
fn own_roles_covered(offer: &Offer<'_>, report: &mut Report<'_>) {
    for (stmt, line) in offer.formation.body.iter().enumerate() {
        let Bind::Role(_, target) = &line.kind else { continue };
        for (i, to) in (0..).zip(target.refs()) {
            if let TargetRef::Coord(coord) = to
                && !offer.covers(&coord.image, &coord.version)
                && !is_play(&report.source.doc, coord)
            {
                let span = report.span(offer.item, stmt, Part::Target(i));
                let found = uncovered(&coord.image, &coord.version, offer, span, report);
                report.add(found);
            }
        }
    }
}

fn binding_alone(item: usize, stmt: usize, binding: &Binding, before: &Offer<'_>, report: &mut Report<'_>) {
    let earlier = before.bindings.get(binding.image.as_str()).into_iter().flatten();
    if let Some(first) = earlier.into_iter().find(|first| first.version == "*" || first.version == binding.version) {
        let pattern = format!("{}/{}", binding.image, binding.version);
        let message = format!("{pattern} is already bound by {}/{} above", first.image, first.version);
        let help = "the first line that matches is taken: remove this one, or move it up";
        let found = Diagnostic::warning("F005", report.span(item, stmt, Part::Pattern), message).help(help);
        report.add(found.fix_if("remove this line", report.without_line(item, stmt)));
    }
    let (Via::Service(addresses) | Via::Reflect(addresses)) = &binding.via else { return };
    for address in addresses {
        if let Some(problem) = bad_address(address) {
            let help = "write it as \"http://host:port\"; {image} and {version} are filled in";
            let span = report.span(item, stmt, Part::Via);
            let mut found = Diagnostic::error("F008", span, problem).help(help);
            let quoted = format!("\"{address}\"");
            let at = report.source.text.get(span.range()).and_then(|via| via.find(&quoted));
            if let (Some(at), false) = (at, address.is_empty() || address.contains("://")) {
                let start = span.start + u32::try_from(at + 1).unwrap_or(0);
                found = found.fix_at("put http:// before it", Span::at(start), "http://");
            }
            report.add(found);
        }
    }
}

fn bad_address(address: &str) -> Option<String> {
    let rest = address.strip_prefix("http://").or_else(|| address.strip_prefix("https://"));
    let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
        return Some(format!("'{address}' is no address of a gRPC server"));
    };
    let plain = rest.replace("{image}", "").replace("{version}", "");
    plain.contains(['{', '}', ' ']).then(|| format!("'{address}' has something in braces that is not filled in"))
}

fn role_alone(
    item: usize,
    stmt: usize,
    name: &SmolStr,
    target: &Target,
    known: &FxHashSet<&str>,
    report: &mut Report<'_>,
) {
    if !known.contains(name.as_str()) {
        let message = format!("no play of this file has a role '{name}'");
        let found = Diagnostic::warning("F003", report.span(item, stmt, Part::Id), message);
        let found = match nearest(name, known.iter().copied()) {
            Some(meant) => found.meant(meant),
            None => found.help(format!("add 'role {name}' to the play that needs it, or remove this line")),
        };
        report.add(found.fix_if("remove this line", report.without_line(item, stmt)));
    }
    for (i, to) in (0..).zip(target.refs()) {
        if let TargetRef::Role(other) = to {
            let message = format!("a role is filled by a target, and '{other}' is a role");
            let span = report.span(item, stmt, Part::Target(i));
            report.add(Diagnostic::error("F007", span, message).help("write image/version/method"));
        }
    }
    nodes::mix(item, stmt, target, report);
}
