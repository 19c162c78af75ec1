//! What can be called here.

use tonic::{Code, Status};

use super::super::demo::to_proto;
use super::super::pull::Standing;
use super::super::{Prepared, Runner, builtin_methods, v1};
use super::Shared;
use super::refuse::{self, Thing};
use crate::base::Coord;

/// How many plays a message names.
const NAMED: usize = 20;

pub(super) fn play_method(play: &Prepared) -> v1::Method {
    let coord = &play.plan.play;
    v1::Method {
        image: coord.image.to_string(),
        version: coord.version.to_string(),
        method: coord.method.to_string(),
        summary: play.plan.title.clone().unwrap_or_default(),
        ..v1::Method::default()
    }
}

/// There is no such play, and what there is.
///
/// `code`: to start a run of what is not there is another mistake than to call it.
pub(super) fn missing(runner: &Runner, play: &Coord, code: Code) -> Status {
    let plays = runner.plays();
    let mut near: Vec<String> = plays.iter().map(|known| known.plan.play.to_string()).collect();
    if near.iter().any(|known| known.starts_with(&format!("{}/", play.image))) {
        near.retain(|known| known.starts_with(&format!("{}/", play.image)));
    }
    let more = near.len().saturating_sub(NAMED);
    near.truncate(NAMED);
    let known = match (near.is_empty(), more) {
        (true, _) => "it has none: name files to `chalktalk serve`, or register plays".to_owned(),
        (false, 0) => format!("it has {}", near.join(", ")),
        (false, more) => format!("it has {}, and {more} more", near.join(", ")),
    };
    let message = format!("this quarterback has no play {play}; {known}");
    refuse::missing(code, Thing::Play, &play.to_string(), message)
}

/// All targets, in the order of their coordinates; those of one image if it is named.
pub(super) fn targets(shared: &Shared, image: &str) -> Vec<v1::Target> {
    let plays = shared.runner.plays();
    let plays = plays.iter().map(|play| target(play_method(play), v1::TargetKind::Play));
    let builtin = builtin_methods().iter().map(|method| target(to_proto(method), v1::TargetKind::Builtin));
    let pulled = shared.runner.hub().standings().into_iter().map(|standing| {
        let Standing { method, queued, held, workers, credit, .. } = standing;
        v1::Target { method: Some(method), kind: v1::TargetKind::Pull.into(), queued, held, workers, credit }
    });
    let mut all: Vec<v1::Target> = plays.chain(builtin).chain(pulled).collect();
    if !image.is_empty() {
        all.retain(|target| target.method.as_ref().is_some_and(|method| method.image == image));
    }
    all.sort_by_cached_key(|target| {
        let method = target.method.clone().unwrap_or_default();
        (method.image, method.version, method.method, target.kind)
    });
    all
}

fn target(method: v1::Method, kind: v1::TargetKind) -> v1::Target {
    v1::Target { method: Some(method), kind: kind.into(), ..v1::Target::default() }
}
