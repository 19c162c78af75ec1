//! What is really there: workers are asked for their versions and methods.
//!
//! Before a run starts whose play asks for `^3` of an image that some worker serves, that worker is asked which versions
//! it has, unless it was lately. The conductor waits for nobody: the start comes to it again once all have answered or
//! their time is over.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use super::demo::builtin_methods;
use super::pull::Standing;
use super::service::{SAID_LATELY, Said, Service};
use super::targets::{Route, Targets};
use super::v1;
use crate::base::{Coord, Method, Pulling, VersionKind, version_kind};
use crate::plan::{Catalog, Plan};
use crate::play::{Binding, Formation, Via};

/// In which all must have said what they serve, processes that are started for it too.
const WITHIN: Duration = Duration::from_secs(35);

/// What is behind one address of a formation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `image/version` as in the formation's line; empty for plays.
    pub pattern: String,
    /// The keyword of its binding, or [`PLAYS`].
    pub via: &'static str,
    /// The address or the command. Empty for built-in workers and for those that come by themselves.
    pub address: String,
    /// The worker's own name, if it says one.
    pub worker: String,
    /// Why nothing can be said of it now, or nothing can be called there.
    pub trouble: Option<String>,
    /// Whether it was asked, or needs no asking. Else the trouble is no fault of what is there.
    pub asked: bool,
    pub methods: Vec<Method>,
}

impl Place {
    /// As in the formation, `stock/* service`.
    pub fn line(&self) -> String {
        format!("{} {}", self.pattern, self.via).trim_start().to_owned()
    }
}

/// Who is asked, and what is done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// All; processes that the person has allowed are started for it.
    Starting,
    /// All that is up.
    All,
    /// What is up on this computer.
    Near,
}

/// What stands for the keyword of a binding where plays are.
pub const PLAYS: &str = "play";

/// Plays as a place, those left out that the formation binds elsewhere. `None` if that is all of them.
pub fn plays_as_place<'p>(
    plays: impl IntoIterator<Item = (&'p Coord, Option<&'p str>)>,
    formation: Option<&Formation>,
) -> Option<Place> {
    let is_target = |coord: &Coord| {
        let binding = formation.and_then(|formation| formation.binding(&coord.image, &coord.version));
        binding.is_none_or(|binding| binding.via == Via::Builtin)
    };
    let plays = plays.into_iter().filter(|(coord, _)| is_target(coord));
    let methods: Vec<Method> = plays
        .map(|(coord, title)| Method {
            coord: coord.clone(),
            summary: title.unwrap_or_default().to_owned(),
            input_schema: String::new(),
            output_schema: String::new(),
            pulling: None,
        })
        .collect();
    let place = Place {
        pattern: String::new(),
        via: PLAYS,
        address: String::new(),
        worker: String::new(),
        trouble: None,
        asked: true,
        methods,
    };
    (!place.methods.is_empty()).then_some(place)
}

impl Targets {
    /// What has to be waited for before a run of the plan can be pinned.
    pub fn ask_first(&mut self, plan: &Plan) -> Option<impl Future<Output = ()> + Send + use<>> {
        let unasked: Vec<Arc<Service>> = self
            .open_services(plan)
            .into_iter()
            .map(|(_, service)| service)
            .filter(|service| service.said(SAID_LATELY).is_none())
            .collect();
        if unasked.is_empty() {
            return None;
        }
        Some(async move {
            let mut asking: JoinSet<Said> = JoinSet::new();
            for service in unasked {
                asking.spawn(async move { service.ask().await });
            }
            drop(timeout(WITHIN, asking.join_all()).await);
        })
    }

    /// The versions that the workers of the plan's formation said that they have.
    pub(super) fn said_versions(&mut self, plan: &Plan) -> Catalog {
        let mut catalog = Catalog::default();
        for (image, service) in self.open_services(plan) {
            let said = service.said(Duration::MAX);
            for (address, said) in said.iter().flat_map(|said| said.iter()) {
                match said {
                    Ok(described) => {
                        let of_image = described.methods.iter().filter(|method| method.image == image);
                        of_image.for_each(|method| catalog.add(&image, &method.version));
                    }
                    Err(why) => catalog.add_trouble(&image, format!("{address}: {why}")),
                }
            }
        }
        catalog
    }

    /// Who knows versions of images that the plan wants by requirement and its formation does not name.
    fn open_services(&mut self, plan: &Plan) -> Vec<(String, Arc<Service>)> {
        let Some(formation) = &plan.formation else { return Vec::new() };
        let choices = plan.targets().iter().flat_map(|target| &target.choices);
        let is_open = |coord: &Coord| matches!(version_kind(&coord.version), Ok(VersionKind::Requirement(_)));
        let images: BTreeSet<&str> =
            choices.filter(|(coord, _)| is_open(coord)).map(|(coord, _)| coord.image.as_str()).collect();
        let mut services = Vec::new();
        for image in images {
            let Some(binding) = star_of(formation, image) else { continue };
            if let Ok(Route::Service(service)) = self.place(binding) {
                services.push((image.to_owned(), service));
            }
        }
        services
    }

    /// What a line that serves all versions leads to, if that does not need one.
    fn place(&mut self, binding: &Binding) -> Result<Route, String> {
        let needs_version = match &binding.via {
            Via::Service(addresses) | Via::Reflect(addresses) => {
                addresses.iter().any(|text| text.contains("{version}"))
            }
            Via::Process(command) => command.contains("{version}"),
            Via::Pod { .. } | Via::Pull | Via::Builtin => false,
        };
        if needs_version && binding.version == "*" {
            let image = &binding.image;
            return Err(format!("it needs a version: name the versions of {image}, as in `{image}/1.4 …`"));
        }
        let to = Coord::new(&binding.image, &binding.version, "describe");
        self.bound(binding, &to).map_err(|failure| failure.message)
    }

    /// See [`super::Runner::targets`].
    pub fn list(
        &mut self,
        formation: Option<&Formation>,
        asking: Asking,
    ) -> impl Future<Output = Vec<Place>> + Send + use<> {
        let mut lines: Vec<(Binding, Result<Arc<Service>, Place>)> = Vec::new();
        for binding in bindings(formation) {
            let place = |trouble: Option<String>| Place { asked: trouble.is_none(), trouble, ..blank(&binding) };
            let found = match &binding.via {
                Via::Builtin => Err(Place { methods: builtin(&binding, formation), ..blank(&binding) }),
                Via::Pull => Err(Place { methods: self.pulled_methods(&binding, formation), ..blank(&binding) }),
                Via::Service(_) | Via::Reflect(_) if asking == Asking::Near && is_far(&binding) => {
                    Err(place(Some("it is on another computer, and was not to be asked".to_owned())))
                }
                via => match self.place(&binding) {
                    Ok(Route::Service(service)) if asking == Asking::Starting || service.is_up() => Ok(service),
                    _ if asking != Asking::Starting && matches!(via, Via::Process(_)) => {
                        Err(place(Some("its first ball starts it".to_owned())))
                    }
                    Ok(_) => Err(place(None)),
                    Err(why) => Err(place(Some(why))),
                },
            };
            lines.push((binding, found));
        }
        let registered = self.registry.all();
        let registered = registered.iter().map(|play| (&play.plan.play, play.plan.title.as_deref()));
        let plays = plays_as_place(registered, formation);
        let formation = formation.cloned();
        async move {
            let mut asking = JoinSet::new();
            let mut places = Vec::new();
            for (i, (binding, found)) in lines.into_iter().enumerate() {
                match found {
                    Err(place) => places.push((i, place)),
                    Ok(service) => drop(asking.spawn(async move { (i, binding, service.ask().await) })),
                }
            }
            while let Ok(Some(Ok((i, binding, said)))) = timeout(WITHIN, asking.join_next()).await {
                for (address, said) in said.iter() {
                    let place = Place { address: address.clone(), ..blank(&binding) };
                    places.push((
                        i,
                        match said {
                            Err(why) => Place { trouble: Some(why.clone()), ..place },
                            Ok(described) => {
                                let methods = described.methods.iter();
                                let methods =
                                    methods.filter_map(|method| to_method(method, &binding, formation.as_ref()));
                                Place { worker: described.worker.clone(), methods: methods.collect(), ..place }
                            }
                        },
                    ));
                }
            }
            places.sort_by_key(|(i, _)| *i);
            places.into_iter().map(|(_, place)| place).chain(plays).collect()
        }
    }

    /// What workers that pull say that they serve.
    fn pulled_methods(&self, binding: &Binding, formation: Option<&Formation>) -> Vec<Method> {
        let standings = self.registry.hub.standings().into_iter();
        let there = standings.filter(|standing| !standing.workers.is_empty() || standing.queued > 0);
        let to_method = |standing: Standing| {
            let pulling =
                Pulling { workers: standing.workers.len() as u64, ready: standing.credit, queued: standing.queued };
            let method = to_method(&standing.method, binding, formation)?;
            Some(Method { pulling: Some(pulling), ..method })
        };
        there.filter_map(to_method).collect()
    }
}

/// The line that serves all other versions of the image.
fn star_of<'f>(formation: &'f Formation, image: &str) -> Option<&'f Binding> {
    formation.bindings().find(|binding| binding.image == image && binding.version == "*")
}

/// The lines of a formation. Without one, a line for each built-in image.
fn bindings(formation: Option<&Formation>) -> Vec<Binding> {
    let Some(formation) = formation else {
        let images: BTreeSet<&str> = builtin_methods().iter().map(|method| method.image).collect();
        let line = |image: &str| Binding { image: image.into(), version: "*".into(), via: Via::Builtin };
        return images.into_iter().map(line).collect();
    };
    formation.bindings().cloned().collect()
}

fn blank(binding: &Binding) -> Place {
    let address = match &binding.via {
        Via::Service(addresses) | Via::Reflect(addresses) => addresses.join(", "),
        Via::Pod { port, .. } => format!("http://127.0.0.1:{port}"),
        Via::Process(command) => command.clone(),
        Via::Pull | Via::Builtin => String::new(),
    };
    let pattern = format!("{}/{}", binding.image, binding.version);
    let via = binding.via.keyword();
    Place { pattern, via, address, worker: String::new(), trouble: None, asked: true, methods: Vec::new() }
}

/// Whether the target goes by this line, and not by one before it.
fn goes_by(binding: &Binding, formation: Option<&Formation>, image: &str, version: &str) -> bool {
    match formation {
        None => binding.covers(image, version),
        Some(formation) => formation.binding(image, version) == Some(binding),
    }
}

fn builtin(binding: &Binding, formation: Option<&Formation>) -> Vec<Method> {
    let own = builtin_methods().iter().filter(|method| goes_by(binding, formation, method.image, method.version));
    own.filter_map(|method| to_method(&super::demo::to_proto(method), binding, formation)).collect()
}

/// `None` if a call would not go there.
fn to_method(method: &v1::Method, binding: &Binding, formation: Option<&Formation>) -> Option<Method> {
    // A server that is reflected has no images and versions of its own.
    let is_own = matches!(binding.via, Via::Reflect(_));
    let (image, version) = if is_own {
        (binding.image.as_str(), binding.version.as_str())
    } else {
        (method.image.as_str(), method.version.as_str())
    };
    (is_own || goes_by(binding, formation, image, version)).then(|| Method {
        coord: Coord::new(image, version, &method.method),
        summary: method.summary.clone(),
        input_schema: method.input_schema.clone(),
        output_schema: method.output_schema.clone(),
        pulling: None,
    })
}

/// Whether an address of the line is beyond this computer, as far as can be told without looking names up.
fn is_far(binding: &Binding) -> bool {
    let (Via::Service(addresses) | Via::Reflect(addresses)) = &binding.via else { return false };
    addresses.iter().any(|address| {
        let rest = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
        let place = rest.split('/').next().unwrap_or_default();
        let host = match place.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or_default(),
            None => place.rsplit_once(':').map_or(place, |(host, _)| host),
        };
        let is_loopback = host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        !is_loopback && !host.eq_ignore_ascii_case("localhost")
    })
}
