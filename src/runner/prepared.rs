use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::Error;
use super::targets::Route;
use crate::base::Coord;
use crate::lang;
use crate::plan::{BadPlan, Plan};
use crate::play::{Document, Formation};

/// A play that is ready to be started any number of times.
#[derive(Debug)]
pub struct Prepared {
    pub plan: Arc<Plan>,
    /// The document as it will be kept beside the runs.
    pub text: Arc<str>,
    /// Where its calls go, found at the first call.
    pub(super) routes: Mutex<FxHashMap<Coord, Route>>,
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
        Ok(Self { plan: Arc::new(plan), text: lang::print(doc).into(), routes: Mutex::default() })
    }

    /// The play that an earlier run ran, from the document that was kept with it.
    ///
    /// # Errors
    /// Why the run cannot go on, in words.
    pub(super) fn again(text: &str, play: &Coord, formation: Option<&str>, digest: &str) -> Result<Self, String> {
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
        let prepared = Self::new(&doc, item, formation).map_err(|error| error.to_string())?;
        if prepared.plan.digest == digest {
            Ok(prepared)
        } else {
            Err("this version of chalktalk would run it differently from the one that started it".to_owned())
        }
    }
}
