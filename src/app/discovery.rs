//! What is really there in the chosen formation, as far as the editor has heard: asked again while somebody looks.
//!
//! Must never: wait, ask for a process to be started, or ask other computers before the person wanted that.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::editor::Editor;
use super::port::{Health, Place, ToRunner};
use super::request::Request;
use crate::base::{Coord, Method};
use crate::play::{Bind, Formation, Via};

/// How old what is known may grow while it is looked at.
const REFRESH_SECS: f32 = 4.0;
/// Between two questions, while the formation is being changed.
const PAUSE_SECS: f32 = 0.7;

/// What a runner said of one formation.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Of the last question.
    number: u64,
    waiting: bool,
    asked_of: Option<Subject>,
    since_secs: f32,
    places: Vec<Place>,
    /// `false` until the first answer for the formation of the moment.
    known: bool,
    /// The person wants other computers to be asked, of this formation as it is.
    far: Option<Subject>,
    version: u64,
}

/// The session, and its formation as it was.
#[derive(Clone, Debug, PartialEq)]
struct Subject {
    session: u64,
    formation: Option<Formation>,
}

/// What is known of a coordinate.
#[derive(Clone, Debug, PartialEq)]
pub enum Presence<'d> {
    /// Nobody was asked yet, or nobody who would know.
    Unknown,
    There(&'d Method),
    /// Who serves its image and version was asked and has no such method; or nothing serves them.
    Missing,
}

impl Discovery {
    /// Place by place, in the order of the formation.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Changes with what is known.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Whether an answer has come for the formation of the moment.
    pub const fn is_known(&self) -> bool {
        self.known
    }

    /// What is behind a line of the formation, as in `stock/*`.
    pub fn behind<'d>(&'d self, pattern: &'d str) -> impl Iterator<Item = &'d Place> {
        self.places.iter().filter(move |place| place.pattern == pattern)
    }

    pub fn presence(&self, coord: &Coord) -> Presence<'_> {
        let is_it = |method: &&Method| {
            let known = &method.coord;
            known.image == coord.image
                && known.method == coord.method
                && (known.version == coord.version || known.version == "*")
        };
        if let Some(method) = self.places.iter().flat_map(|place| &place.methods).find(is_it) {
            return Presence::There(method);
        }
        // A worker that pulls comes when it comes, and one that is not up may have it.
        let unsure =
            |place: &Place| place.is_pull || !matches!(place.health, Health::Healthy) || place.address.contains('{');
        let serves = |place: &&Place| covers(&place.pattern, coord);
        if !self.known || self.places.iter().filter(serves).any(unsure) {
            return Presence::Unknown;
        }
        Presence::Missing
    }

    /// The versions of an image that are there, each with whether the method is.
    pub fn versions(&self, image: &str, method: &str) -> BTreeMap<SmolStr, bool> {
        let mut versions = BTreeMap::new();
        for known in self.places.iter().flat_map(|place| &place.methods).filter(|known| known.coord.image == image) {
            *versions.entry(known.coord.version.clone()).or_default() |= known.coord.method == method;
        }
        versions
    }
}

fn covers(pattern: &str, coord: &Coord) -> bool {
    let Some((image, version)) = pattern.split_once('/') else { return false };
    image == coord.image && (version == "*" || version == coord.version)
}

impl Editor {
    pub const fn discovery(&self) -> &Discovery {
        &self.discovery
    }

    /// The question to send, if it is time for one. Call in each frame in which what is known is shown.
    #[must_use]
    pub fn look_around(&mut self) -> Option<Request> {
        let subject = self.subject();
        let discovery = &mut self.discovery;
        let is_other = discovery.asked_of.as_ref() != Some(&subject);
        if is_other {
            let name =
                |subject: &Subject| (subject.session, subject.formation.as_ref().map(|found| found.name.clone()));
            if discovery.asked_of.as_ref().map(name) != Some(name(&subject)) {
                discovery.places.clear();
                discovery.known = false;
                discovery.version += 1;
                discovery.waiting = false;
                discovery.since_secs = PAUSE_SECS;
            }
        }
        let is_old = discovery.since_secs >= REFRESH_SECS && may_change(&subject);
        if discovery.waiting || !(is_other && discovery.since_secs >= PAUSE_SECS || is_old) {
            return None;
        }
        discovery.number += 1;
        discovery.waiting = true;
        discovery.since_secs = 0.0;
        let far = discovery.far.as_ref() == Some(&subject);
        let question = ToRunner::Discover { number: discovery.number, formation: subject.formation.clone(), far };
        discovery.asked_of = Some(subject);
        Some(Request::Runner(question))
    }

    /// After so many seconds there may be something to ask, if somebody looks.
    pub fn asks_again_in(&self) -> Option<f32> {
        let subject = self.subject();
        let discovery = &self.discovery;
        if discovery.waiting {
            return None;
        }
        if discovery.asked_of.as_ref() != Some(&subject) {
            return Some(PAUSE_SECS);
        }
        may_change(&subject).then(|| (REFRESH_SECS - discovery.since_secs).max(0.1))
    }

    /// All that the formation names is to be asked, on other computers too.
    pub(super) fn ask_targets(&mut self) {
        self.discovery.far = Some(self.subject());
        self.discovery.asked_of = None;
    }

    pub(super) fn discovered(&mut self, number: u64, places: Vec<Place>) {
        let discovery = &mut self.discovery;
        if discovery.number != number || !discovery.waiting {
            return;
        }
        discovery.waiting = false;
        discovery.known = true;
        discovery.since_secs = 0.0;
        if discovery.places != places {
            discovery.places = places;
            discovery.version += 1;
        }
    }

    pub(super) const fn discovery_grows_old(&mut self, dt_secs: f32) {
        self.discovery.since_secs += dt_secs;
    }

    fn subject(&self) -> Subject {
        let session = self.session();
        let mut formations = session.doc().formations().map(|(_, formation)| formation);
        let formation = session.formation().and_then(|name| formations.find(|formation| formation.name == *name));
        Subject { session: session.id(), formation: formation.cloned() }
    }
}

/// Built-in workers stay as they are.
fn may_change(subject: &Subject) -> bool {
    let lines = subject.formation.iter().flat_map(|formation| &formation.body);
    lines.into_iter().any(|line| matches!(&line.kind, Bind::To(binding) if binding.via != Via::Builtin))
}
