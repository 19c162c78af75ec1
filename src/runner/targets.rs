//! Where a call goes: the formation's binding of its target, as something that can be called.

use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use tokio::sync::Semaphore;

use super::call::Job;
use super::demo::{self, builtin_methods};
use super::levels::Callee;
use super::names::Names;
use super::peer::Outward;
use super::process::Process;
use super::pull::Hub;
use super::registry::Registry;
use super::service::Service;
use super::v1::worker_server::Worker;
use super::{Consent, Demo, Prepared};
use crate::base::{Coord, VersionKind, version_kind};
use crate::event::{Answer, Code, Failure, Headers, Payload};
use crate::plan::Catalog;
use crate::play::{Binding, Via, address_for};

/// What serves a target.
#[derive(Clone)]
pub(super) enum Route {
    Builtin {
        worker: Arc<dyn Worker>,
        seat: Arc<Semaphore>,
    },
    Service(Arc<Service>),
    /// Workers that come and take the ball.
    Pull(Arc<Hub>),
    /// A play on this runner.
    Play(Callee),
    /// Nothing does, and why.
    Nowhere(Failure),
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin { .. } => f.write_str("Builtin"),
            Self::Service(service) => service.fmt(f),
            Self::Pull(_) => f.write_str("Pull"),
            Self::Play(callee) => callee.fmt(f),
            Self::Nowhere(failure) => failure.fmt(f),
        }
    }
}

/// All that can be called, shared by all plays.
pub(super) struct Targets {
    builtin: Arc<dyn Worker>,
    /// That is this program's own.
    is_demo: bool,
    catalog: Catalog,
    pub registry: Arc<Registry>,
    /// By how they are spoken to, and where.
    services: FxHashMap<Vec<String>, Arc<Service>>,
    /// One ball at a time for each built-in image and version.
    seats: FxHashMap<(SmolStr, SmolStr), Arc<Semaphore>>,
    consent: Consent,
    pulled: bool,
    outward: Outward,
}

impl Drop for Targets {
    /// Plays that are kept elsewhere still hold the routes to them.
    fn drop(&mut self) {
        self.services.drain().for_each(|(_, service)| service.stop());
    }
}

impl Targets {
    pub fn new(
        builtin: Option<Arc<dyn Worker>>,
        consent: Consent,
        pulled: bool,
        outward: Outward,
        registry: Arc<Registry>,
    ) -> Self {
        let mut catalog = Catalog::default();
        for method in builtin_methods() {
            catalog.add(method.image, method.version);
        }
        Self {
            is_demo: builtin.is_none(),
            builtin: builtin.unwrap_or_else(|| Arc::new(Demo::default())),
            catalog,
            registry,
            services: FxHashMap::default(),
            seats: FxHashMap::default(),
            consent,
            pulled,
            outward,
        }
    }

    /// The versions that a run of the play may be pinned to: of plays, of built-in workers where they serve, and those
    /// that bound workers said lately, see [`Self::ask_first`].
    ///
    /// Those that the formation names are known to the plan.
    pub fn catalog(&mut self, prepared: &Prepared) -> Catalog {
        let plan = &prepared.plan;
        let mut catalog = match plan.formation {
            None => self.catalog.clone(),
            Some(_) => self.said_versions(plan),
        };
        if plan.formation.is_some() {
            for method in builtin_methods() {
                let coord = Coord::new(method.image, method.version, method.method);
                if plan.binding(&coord).is_some_and(|binding| binding.via == Via::Builtin) {
                    catalog.add(method.image, method.version);
                }
            }
        }
        let choices = plan.targets().iter().flat_map(|target| &target.choices);
        for (coord, _) in choices.filter(|(coord, _)| !matches!(version_kind(&coord.version), Ok(VersionKind::Exact))) {
            let siblings = prepared.family().iter().filter(|play| play.image == coord.image);
            siblings.for_each(|play| catalog.add(&play.image, &play.version));
            let registered = self.registry.versions(&coord.image);
            registered.iter().for_each(|version| catalog.add(&coord.image, version));
            for version in self.registry.hub.versions(&coord.image) {
                let bound = plan.binding(&Coord::new(&coord.image, &version, &coord.method));
                if bound.is_some_and(|binding| binding.via == Via::Pull) {
                    catalog.add(&coord.image, &version);
                }
            }
        }
        catalog
    }

    pub fn route(&mut self, prepared: &Prepared, to: &Coord) -> Route {
        if let Some(route) = prepared.known_route(to, self.registry.version()) {
            return route;
        }
        let route = self.find(prepared, to).unwrap_or_else(Route::Nowhere);
        match &route {
            // Kept here, plays that call each other would keep each other for ever.
            Route::Play(Callee::Registered(_)) => {}
            // A person may still say yes.
            Route::Nowhere(failure) if failure.code == Code::FailedPrecondition => {}
            _ => prepared.keep_route(to, &route),
        }
        route
    }

    /// Whether this program's own workers serve it.
    pub fn is_of_demo(&mut self, prepared: &Prepared, to: &Coord) -> bool {
        self.is_demo && matches!(self.route(prepared, to), Route::Builtin { .. })
    }

    fn find(&mut self, prepared: &Prepared, to: &Coord) -> Result<Route, Failure> {
        let plan = &prepared.plan;
        let binding = plan.binding(to);
        // What the formation binds elsewhere goes there; else a play of that name is what is meant.
        if binding.is_none_or(|binding| binding.via == Via::Builtin) {
            if let Some(sibling) = prepared.sibling(to) {
                return sibling.map(|plan| Route::Play(Callee::Sibling(plan)));
            }
            if let Some(play) = self.registry.get(to) {
                return Ok(Route::Play(Callee::Registered(play)));
            }
        }
        let Some(formation) = &plan.formation else { return Ok(self.builtin(to)) };
        let Some(binding) = binding else {
            let (image, version, name) = (&to.image, &to.version, &formation.name);
            let message = format!(
                "formation {name} says nothing about {to}, and no play has that name here: add a line such as `{image}/{version} service \"http://HOST:PORT\"`"
            );
            return Err(Failure::new(Code::NotFound, message));
        };
        self.bound(binding, to)
    }

    /// What the line of a formation stands for, to the target.
    pub fn bound(&mut self, binding: &Binding, to: &Coord) -> Result<Route, Failure> {
        match &binding.via {
            Via::Builtin => Ok(self.builtin(to)),
            Via::Service(addresses) => self.service("service", &filled(addresses, to), Service::new),
            Via::Pod { port, .. } => self.service("service", &[format!("http://127.0.0.1:{port}")], Service::new),
            Via::Pull if self.pulled => Ok(Route::Pull(Arc::clone(&self.registry.hub))),
            Via::Pull => Err(Failure::new(
                Code::FailedPrecondition,
                format!(
                    "{to} is served by workers that pull, and they come to a server: use 'chalktalk serve', then run the play with --server"
                ),
            )),
            Via::Process(command) => self.process(command, to),
            Via::Reflect(addresses) => self.service("reflect", &filled(addresses, to), Service::reflected),
        }
    }

    fn builtin(&mut self, to: &Coord) -> Route {
        let seat =
            self.seats.entry((to.image.clone(), to.version.clone())).or_insert_with(|| Arc::new(Semaphore::new(1)));
        Route::Builtin { worker: Arc::clone(&self.builtin), seat: Arc::clone(seat) }
    }

    fn process(&mut self, command: &str, to: &Coord) -> Result<Route, Failure> {
        let refused = |message| Failure::new(Code::FailedPrecondition, message);
        if !self.consent.allows(command) {
            return Err(refused(format!(
                "{to} is served by a program that nobody has allowed to start, `{command}`: read the file, then run it with --allow-process, or say yes in the window"
            )));
        }
        let process = Process::new(command, to, &self.outward).map_err(refused)?;
        let key = vec!["process".to_owned(), process.command().to_owned()];
        let service = self.services.entry(key).or_insert_with(|| Arc::new(Service::of_process(process, &self.outward)));
        Ok(Route::Service(Arc::clone(service)))
    }

    /// Services that are reached in the same way at the same addresses are one.
    fn service(
        &mut self,
        speaks: &str,
        addresses: &[String],
        open: fn(&[String], Names, &Outward) -> Result<Service, String>,
    ) -> Result<Route, Failure> {
        let key = std::iter::once(speaks.to_owned()).chain(addresses.iter().cloned()).collect();
        let service = match self.services.entry(key) {
            Entry::Occupied(known) => Arc::clone(known.get()),
            Entry::Vacant(slot) => {
                let service = open(addresses, Names::system(), &self.outward);
                let service = service.map_err(|why| Failure::new(Code::FailedPrecondition, why))?;
                Arc::clone(slot.insert(Arc::new(service)))
            }
        };
        Ok(Route::Service(service))
    }
}

fn filled(addresses: &[String], to: &Coord) -> Vec<String> {
    addresses.iter().map(|address| address_for(address, to)).collect()
}

/// What a method of the demo answers that takes no time and goes well, without a request between; else see [`call_builtin`].
pub(super) fn answer_at_once(to: &Coord, payload: &Payload, attempt: u32) -> Option<Answer> {
    let answer = demo::at_once(to, payload, attempt)?;
    Some(Answer { payload: answer, headers: Headers::default() })
}

/// Calls a built-in method, through the same trait that serves it over gRPC.
pub(super) async fn call_builtin(worker: Arc<dyn Worker>, job: Job) -> Result<Answer, Failure> {
    let request = tonic::Request::new(job.request_here()?);
    match worker.invoke(request).await {
        Ok(response) => job.read(response.into_inner(), "the built-in worker"),
        Err(status) => Err(super::details::failure_of(&status)),
    }
}

/// How long a built-in worker needs before it can take a ball.
pub(super) fn builtin_ready_after(to: &Coord) -> std::time::Duration {
    crate::demo::ready_after(to)
}
