//! What the command palette finds: commands, and the nodes, targets and lines of text of all open plays.

use std::fmt::Write as _;

use super::command::Command;
use super::editor::Editor;
use super::key::Shortcut;
use super::registry;
use super::session::Session;
use crate::play::{NodeKind, Stmt};

/// So many lines of text are listed at most: who looks for more types more.
const MAX_TEXTS: usize = 40;
/// And so many things in all.
const MAX_FOUND: usize = 200;

/// One line of the palette.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub what: What,
    pub title: String,
    /// Where it is, or what it does.
    pub detail: String,
    pub shortcut: Option<Shortcut>,
    /// A command that cannot be used now is shown greyed out.
    pub enabled: bool,
    pub command: Command,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Command,
    Node(NodeKind),
    /// A line of a play's text.
    Text,
}

/// Commands only, best first; all of them in the order of the registry for an empty `query`.
pub fn commands(editor: &Editor, query: &str) -> Vec<Found> {
    best(scored_commands(editor, query))
}

fn scored_commands(editor: &Editor, query: &str) -> Vec<(u32, Found)> {
    let mut scored = Vec::new();
    for (area, entries) in registry::areas() {
        for entry in entries {
            let title = score(query, entry.title);
            // Letters in order are in nearly every sentence, so here whole words are wanted.
            let wider = || {
                let text = format!("{} {} {area}", entry.words, entry.does).to_lowercase();
                let is_there = query.to_lowercase().split_whitespace().all(|word| text.contains(word));
                is_there.then(|| score(query, &text)).flatten().map(|score| score + 300)
            };
            let Some(score) = title.or_else(wider) else { continue };
            let command = (entry.command)();
            let enabled = editor.is_enabled(&command);
            let found = Found {
                what: What::Command,
                title: entry.title.to_owned(),
                detail: entry.does.to_owned(),
                shortcut: entry.shortcut(),
                enabled,
                command,
            };
            scored.push((score + if enabled || query.is_empty() { 0 } else { 50 }, found));
        }
    }
    scored
}

/// Nodes by id, title and target, commands, and lines of text, over all open plays.
pub fn anything(editor: &Editor, query: &str) -> Vec<Found> {
    let query = query.trim();
    let mut scored = Vec::new();
    let several = editor.sessions().len() > 1;
    for (n, session) in editor.sessions().iter().enumerate() {
        // Of two equal finds the one in the play that is shown comes first.
        let away = if n == editor.current() { 0 } else { 20 };
        nodes(session, n, several, query, away, &mut scored);
        if query.chars().count() >= 2 {
            lines(session, n, several, query, away, &mut scored);
        }
    }
    if !query.is_empty() {
        scored.extend(scored_commands(editor, query).into_iter().map(|(score, found)| (score + 20, found)));
    }
    let mut found = best(scored);
    if query.is_empty() {
        found.truncate(MAX_FOUND / 2);
        found.extend(commands(editor, ""));
    }
    found
}

fn nodes(session: &Session, n: usize, several: bool, query: &str, away: u32, out: &mut Vec<(u32, Found)>) {
    for (item, play) in session.doc().plays() {
        for line in &play.body {
            let Stmt::Node(node) = &line.kind else { continue };
            let title = node.options.title.as_deref();
            let target = node.kind.target().map(ToString::to_string);
            let named =
                [Some(node.id.as_str()), title].into_iter().flatten().filter_map(|name| score(query, name)).min();
            let by_target = || target.as_deref().and_then(|target| score(query, target)).map(|score| score + 30);
            let by_kind = || score(query, node.kind.keyword()).map(|score| score + 250);
            let Some(score) = named.or_else(by_target).or_else(by_kind) else { continue };
            let mut detail = target.unwrap_or_else(|| node.kind.keyword().to_owned());
            let _ = write!(detail, " in {}", play.coord);
            if several {
                let _ = write!(detail, ", {}", session.name());
            }
            let command = Command::GoTo { session: n, item, node: node.id.clone() };
            let what = What::Node(node.kind.clone());
            let title = match title {
                Some(title) => format!("{} “{title}”", node.id),
                None => node.id.to_string(),
            };
            out.push((score + away, Found { what, title, detail, shortcut: None, enabled: true, command }));
        }
    }
}

fn lines(session: &Session, n: usize, several: bool, query: &str, away: u32, out: &mut Vec<(u32, Found)>) {
    let wanted = query.to_lowercase();
    let mut start = 0;
    let mut n_found = 0;
    for (number, line) in session.text().split_inclusive('\n').enumerate() {
        let at = start;
        start += line.len();
        if n_found == MAX_TEXTS || !line.to_lowercase().contains(&wanted) {
            continue;
        }
        n_found += 1;
        let indent = line.len() - line.trim_start().len();
        let mut detail = format!("line {}", number + 1);
        if several {
            let _ = write!(detail, " of {}", session.name());
        }
        let command = Command::GoToText { session: n, offset: u32::try_from(at + indent).unwrap_or(u32::MAX) };
        let title = line.trim().to_owned();
        out.push((350 + away, Found { what: What::Text, title, detail, shortcut: None, enabled: true, command }));
    }
}

fn best(mut scored: Vec<(u32, Found)>) -> Vec<Found> {
    scored.sort_by_key(|(score, _)| *score);
    scored.truncate(MAX_FOUND);
    scored.into_iter().map(|(_, found)| found).collect()
}

/// How well `query` names `text`, less is better: the whole, its beginning, a beginning of a word, a part, or letters
/// in this order. Each word of a query of several must be found.
fn score(query: &str, text: &str) -> Option<u32> {
    let text = text.to_lowercase();
    let mut total = 0;
    for word in query.to_lowercase().split_whitespace() {
        total += word_score(word, &text)?;
    }
    Some(total)
}

#[expect(clippy::cast_possible_truncation, reason = "titles and ids are short")]
fn word_score(word: &str, text: &str) -> Option<u32> {
    if let Some(at) = text.find(word) {
        let starts_word = at == 0 || text[..at].chars().next_back().is_some_and(|before| !before.is_alphanumeric());
        let place = match (at, starts_word) {
            (0, _) if text.len() == word.len() => 0,
            (0, _) => 5,
            (_, true) => 20,
            _ => 60,
        };
        return Some(place + (text.len() - word.len()).min(20) as u32);
    }
    // Letters in order, as `zs` for "zoom to selection"; a gap costs.
    let mut left = text.char_indices();
    let (mut gaps, mut last) = (0, None);
    for c in word.chars() {
        let (at, _) = left.find(|(_, found)| *found == c)?;
        gaps += u32::from(last.is_some_and(|last| last + 1 != at));
        last = Some(at);
    }
    (word.len() > 1 && gaps as usize <= word.len()).then_some(120 + gaps * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first() {
        let order = ["undo", "undo all", "the undo", "thundo", "u n d o"];
        let scores: Vec<_> = order.iter().map(|text| score("undo", text).expect("it is found")).collect();
        assert!(scores.is_sorted(), "{scores:?}");
        assert_eq!(score("undo", "redo"), None);
        assert_eq!(score("zz", "zoom in"), None);
        assert!(score("zoom sel", "Zoom to selection").is_some());
        assert_eq!(score("", "anything"), Some(0));
    }

    #[test]
    fn nodes_targets_text_and_commands_are_found() {
        let editor = Editor::with_text(
            "// A note on parcels.\nplay a/1/b {\n  snap s\n  call pack = ship/2/wrap\n  pass d\n  s -> pack -> d\n}\n",
        );
        let first = |query: &str| anything(&editor, query).first().map(|found| found.title.clone());
        assert_eq!(first("pack").as_deref(), Some("pack"));
        assert_eq!(first("ship/2").as_deref(), Some("pack"), "by its target");
        assert_eq!(first("shi").as_deref(), Some("pack"), "before commands with these letters somewhere");
        assert_eq!(first("parcels").as_deref(), Some("// A note on parcels."));
        assert_eq!(commands(&editor, "undo")[0].title, "Undo");
        assert!(!commands(&editor, "undo")[0].enabled, "nothing was done yet");
        assert_eq!(commands(&editor, "colours")[0].title, "Light or dark", "by another word");
        assert_eq!(commands(&editor, "").len(), registry::entries().count());
    }
}
