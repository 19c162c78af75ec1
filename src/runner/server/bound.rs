//! What the formations of registered plays lead to, asked of the workers themselves.

use super::super::{Asking, Place, v1};
use super::Shared;
use crate::base::Method;
use crate::play::{Formation, Via};

/// Formations that are asked for one listing.
const MAX_FORMATIONS: usize = 16;

/// Methods at addresses, of one image if it is named. Starts no process; one that runs already is not asked either.
pub(super) async fn targets(shared: &Shared, image: &str) -> Vec<v1::Target> {
    let mut formations: Vec<Formation> = Vec::new();
    for play in shared.runner.plays() {
        let formation = play.plan.formation.as_ref();
        if let Some(formation) = formation.filter(|formation| is_outside(formation) && !formations.contains(formation))
        {
            formations.push(formation.clone());
        }
    }
    formations.truncate(MAX_FORMATIONS);
    // Side by side: those that do not answer take their time.
    let asked: Vec<_> =
        formations.iter().map(|formation| shared.runner.targets(Some(formation), Asking::All)).collect();
    let mut all: Vec<v1::Target> = Vec::new();
    for asked in asked {
        let places = asked.await.unwrap_or_default();
        for place in places.iter().filter(|place| !place.address.is_empty()) {
            for method in place.methods.iter().filter(|method| image.is_empty() || method.coord.image == image) {
                add(&mut all, method, place);
            }
        }
    }
    all
}

/// A method that several workers serve is one target.
fn add(all: &mut Vec<v1::Target>, method: &Method, place: &Place) {
    let method = to_proto(method);
    let worker = place.address.clone();
    match all.iter_mut().find(|target| target.method.as_ref().is_some_and(|known| is_same(known, &method))) {
        Some(target) if target.workers.contains(&worker) => {}
        Some(target) => target.workers.push(worker),
        None => all.push(v1::Target {
            method: Some(method),
            kind: v1::TargetKind::Service.into(),
            workers: vec![worker],
            ..v1::Target::default()
        }),
    }
}

fn is_same(one: &v1::Method, other: &v1::Method) -> bool {
    (&one.image, &one.version, &one.method) == (&other.image, &other.version, &other.method)
}

fn to_proto(method: &Method) -> v1::Method {
    v1::Method {
        image: method.coord.image.to_string(),
        version: method.coord.version.to_string(),
        method: method.coord.method.to_string(),
        summary: method.summary.clone(),
        input_schema: method.input_schema.clone(),
        output_schema: method.output_schema.clone(),
    }
}

/// Whether it leads anywhere but to built-in and pulling workers.
fn is_outside(formation: &Formation) -> bool {
    formation.bindings().any(|binding| !matches!(binding.via, Via::Builtin | Via::Pull | Via::Process(_)))
}
