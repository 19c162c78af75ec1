use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::Error;
use super::targets::Route;
use crate::base::Coord;
use crate::event::{Code, Failure};
use crate::lang;
use crate::plan::{BadPlan, Plan};
use crate::play::{Document, Formation};

/// A play that is ready to be started any number of times.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub plan: Arc<Plan>,
    /// The document as it will be kept beside the runs.
    pub text: Arc<str>,
    family: Arc<Family>,
}

/// What all plays of one document in one formation share.
#[derive(Debug)]
struct Family {
    /// The plays of the document.
    plays: Vec<Coord>,
    routes: Mutex<Routes>,
}

/// Where calls go, found at the first one.
#[derive(Debug, Default)]
struct Routes {
    /// Of the plays that were registered then.
    version: u64,
    known: FxHashMap<Coord, Route>,
}

impl Prepared {
    /// Compiles the play that is item `item` of the document. Without a formation the built-in workers serve all.
    ///
    /// # Errors
    /// [`Error::Plan`] with all that keeps it from running.
    pub fn new(doc: &Document, item: usize, formation: Option<&Formation>) -> Result<Self, Error> {
        let play = doc.play(item).ok_or_else(|| {
            Error::Plan(vec![BadPlan { stmt: None, message: format!("item {item} of the document is no play") }])
        })?;
        let plan = Plan::compile(play, formation).map_err(Error::Plan)?;
        let plays = doc.plays().map(|(_, play)| play.coord.clone()).collect();
        let family = Arc::new(Family { plays, routes: Mutex::default() });
        Ok(Self { plan: Arc::new(plan), text: lang::print(doc).into(), family })
    }

    /// All plays of the document, as [`Self::new`] does one.
    ///
    /// # Errors
    /// [`Error::Plan`] with what keeps the first of them that cannot run from it.
    pub fn all(doc: &Document, formation: Option<&Formation>) -> Result<Vec<Arc<Self>>, Error> {
        let mut items = doc.plays().map(|(item, _)| item);
        let Some(first) = items.next() else { return Ok(Vec::new()) };
        let first = Self::new(doc, first, formation)?;
        let mut all = vec![Arc::new(first.clone())];
        for play in items.filter_map(|item| doc.play(item)) {
            let plan = Plan::compile(play, formation).map_err(Error::Plan)?;
            all.push(Arc::new(Self { plan: Arc::new(plan), ..first.clone() }));
        }
        Ok(all)
    }

    /// As [`Self::kept`], to go on with that very run.
    ///
    /// # Errors
    /// Why the run cannot go on, in words.
    pub(super) fn again(text: &str, play: &Coord, formation: Option<&str>, digest: &str) -> Result<Self, String> {
        let prepared = Self::kept(text, play, formation)?;
        if prepared.plan.digest == digest {
            Ok(prepared)
        } else {
            Err("this version of chalktalk would run it differently from the one that started it".to_owned())
        }
    }

    /// The play that an earlier run ran, from the document that was kept with it.
    ///
    /// # Errors
    /// Why it cannot be run, in words.
    pub(super) fn kept(text: &str, play: &Coord, formation: Option<&str>) -> Result<Self, String> {
        let doc = lang::parse(text).doc;
        let item = doc.plays().find(|(_, found)| found.coord == *play).map(|(item, _)| item);
        let item = item.ok_or_else(|| format!("the document that was kept with it has no play {play}"))?;
        let formation = match formation {
            None => None,
            Some(name) => Some(
                doc.formations()
                    .find(|(_, found)| found.name == name)
                    .map(|(_, found)| found)
                    .ok_or_else(|| format!("the document that was kept with it has no formation {name}"))?,
            ),
        };
        Self::new(&doc, item, formation).map_err(|error| error.to_string())
    }

    /// The plays of the same document, this one too.
    pub(super) fn family(&self) -> &[Coord] {
        &self.family.plays
    }

    /// Another play of the same document, in the same formation; `None` if it has none of that name.
    pub(super) fn sibling(&self, name: &Coord) -> Option<Result<Arc<Plan>, Failure>> {
        if *name == self.plan.play {
            return Some(Ok(Arc::clone(&self.plan)));
        }
        if !self.family.plays.contains(name) {
            return None;
        }
        // The text says the same as the document, which is not kept: most plays call no other.
        let doc = lang::parse(&*self.text).doc;
        let (_, play) = doc.plays().find(|(_, play)| play.coord == *name)?;
        Some(Plan::compile(play, self.plan.formation.as_ref()).map(Arc::new).map_err(|errors| {
            let message = format!("the play {name} cannot be called: {}", Error::Plan(errors));
            Failure::new(Code::FailedPrecondition, message)
        }))
    }

    /// The same document and formation with another of its plays.
    pub(super) fn with_plan(&self, plan: &Arc<Plan>) -> Arc<Self> {
        Arc::new(Self { plan: Arc::clone(plan), ..self.clone() })
    }

    /// The route to a target, if it was found since the plays that are registered changed last.
    pub(super) fn known_route(&self, to: &Coord, version: u64) -> Option<Route> {
        let mut routes = self.family.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if routes.version != version {
            *routes = Routes { version, known: FxHashMap::default() };
        }
        routes.known.get(to).cloned()
    }

    pub(super) fn keep_route(&self, to: &Coord, route: &Route) {
        let mut routes = self.family.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.known.insert(to.clone(), route.clone());
    }
}
