use smol_str::SmolStr;

use super::Plan;
use crate::base::{Coord, RunId, VersionKind, best_version, version_kind};
use crate::play::Bind;

/// The versions that are known of each image, from built-in workers and discovery.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Sorted, without doubles.
    known: Vec<(SmolStr, SmolStr)>,
    /// Of images whose workers could not be asked: why.
    troubles: Vec<(SmolStr, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    #[error("no version of {image} meets {requirement}: {}", known(.versions, .troubles))]
    NoVersion {
        image: SmolStr,
        requirement: SmolStr,
        versions: Vec<SmolStr>,
        /// Why more may be there than are known.
        troubles: Vec<String>,
    },
    #[error("'{0}' is not a version that can be read")]
    BadVersion(SmolStr),
}

fn known(versions: &[SmolStr], troubles: &[String]) -> String {
    let known =
        if versions.is_empty() { "none is known".to_owned() } else { format!("known are {}", versions.join(", ")) };
    if troubles.is_empty() { known } else { format!("{known} ({})", troubles.join("; ")) }
}

impl Catalog {
    pub fn add(&mut self, image: &str, version: &str) {
        let entry = (SmolStr::new(image), SmolStr::new(version));
        if let Err(at) = self.known.binary_search(&entry) {
            self.known.insert(at, entry);
        }
    }

    /// Says why more versions of the image may be there.
    pub fn add_trouble(&mut self, image: &str, why: String) {
        self.troubles.push((SmolStr::new(image), why));
    }

    pub fn versions(&self, image: &str) -> impl Iterator<Item = &SmolStr> {
        self.known.iter().filter(move |(known, _)| known == image).map(|(_, version)| version)
    }
}

impl Plan {
    /// Chooses the version of each target for one run: a mix by a hash of the run's name, so that the choice can be
    /// repeated, then a requirement by the highest version that meets it. Exact versions are taken at their word.
    ///
    /// # Errors
    /// A requirement that no version known to `catalog` or bound exactly by the formation meets.
    pub fn pin(&self, catalog: &Catalog, run: &RunId) -> Result<Vec<(String, Coord)>, PinError> {
        let mut pins = Vec::with_capacity(self.targets().len());
        for target in self.targets() {
            let total: u64 = target.choices.iter().map(|(_, weight)| u64::from(*weight)).sum();
            let mut ticket = if target.choices.len() > 1 { hash(run, &target.text) % total.max(1) } else { 0 };
            for (coord, weight) in &target.choices {
                if ticket < u64::from(*weight) {
                    pins.push((target.text.clone(), self.resolve(catalog, coord)?));
                    break;
                }
                ticket -= u64::from(*weight);
            }
        }
        Ok(pins)
    }

    fn resolve(&self, catalog: &Catalog, coord: &Coord) -> Result<Coord, PinError> {
        let kind = version_kind(&coord.version).map_err(|_| PinError::BadVersion(coord.version.clone()))?;
        let VersionKind::Requirement(requirement) = kind else { return Ok(coord.clone()) };
        let bound = self.formation.iter().flat_map(|formation| &formation.body).filter_map(|line| match &line.kind {
            Bind::To(binding) if binding.image == coord.image && binding.version != "*" => Some(&binding.version),
            _ => None,
        });
        let mut versions: Vec<&SmolStr> = catalog.versions(&coord.image).chain(bound).collect();
        versions.sort_unstable();
        versions.dedup();
        match best_version(&requirement, versions.iter().map(|version| version.as_str())) {
            Some(best) => Ok(Coord::new(&coord.image, best, &coord.method)),
            None => Err(PinError::NoVersion {
                image: coord.image.clone(),
                requirement: coord.version.clone(),
                versions: versions.into_iter().cloned().collect(),
                troubles: catalog
                    .troubles
                    .iter()
                    .filter(|(image, _)| *image == coord.image)
                    .map(|(_, why)| why.clone())
                    .collect(),
            }),
        }
    }
}

/// FNV-1a, then a finaliser that spreads the low bits. The same on every machine.
fn hash(run: &RunId, target: &str) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in run.bytes().chain([0]).chain(target.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
