//! A document that comes over the network, as plays that can be called.

use std::sync::Arc;

use tonic::{Code, Status};

use super::super::Prepared;
use super::refuse::{Refusal, bad_field, status_of};
use crate::lang;
use crate::plan::choose_formation;

/// How many findings a message holds.
const NAMED: usize = 5;
/// Characters of a command.
const SHOWN: usize = 200;

/// Compiles all plays of a document.
///
/// # Errors
/// `INVALID_ARGUMENT` with what is wrong; `PERMISSION_DENIED` for a formation that starts processes: only the person at
/// the machine may say yes to that, by naming the file to `serve`.
pub(super) fn plays(document: String, formation: &str) -> Result<(Vec<Arc<Prepared>>, Vec<String>), Status> {
    let source = lang::parse(document);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        source.diagnostics.iter().partition(|found| found.severity == crate::diag::Severity::Error);
    if let Some(first) = errors.first() {
        let place = line_of(&source.text, first.span.start as usize);
        let all: Vec<String> = errors.iter().take(NAMED).map(|found| found.message.clone()).collect();
        let message = format!("the document cannot be read, from line {place} on: {}", all.join("; "));
        return Err(bad_field("document", message));
    }
    let named = (!formation.is_empty()).then_some(formation);
    let formation = choose_formation(&source.doc, named).map_err(|error| bad_field("formation", error.to_string()))?;
    if let Some(formation) = formation
        && let Some(command) = formation.commands().first()
    {
        let (name, command) = (&formation.name, command.chars().take(SHOWN).collect::<String>());
        let message = format!(
            "formation '{name}' starts processes ({command}), and what comes over the network may start none: at the server, name the file to 'chalktalk serve FILE --allow-process'; or start that worker yourself and bind it by 'service', 'reflect' or 'pull'"
        );
        return Err(Refusal::new(Code::PermissionDenied, "STARTS_PROCESSES", message).into());
    }
    let plays = Prepared::all(&source.doc, formation).map_err(|error| status_of(&error))?;
    if plays.is_empty() {
        return Err(bad_field("document", "the document has no play: add one, as in 'play image/1/method { … }'"));
    }
    Ok((plays, warnings.into_iter().map(|found| found.message.clone()).collect()))
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}
