//! Which workers a formation stands for: each image, version and address once.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{is_label, label, service_of};
use super::{Error, Options};
use crate::base::{Coord, VersionKind, version_kind};
use crate::play::{Bind, Binding, Document, Formation, NodeKind, Stmt, Target, TargetRef, Via, address_for};

/// A worker.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub image: String,
    pub version: String,
    /// The name of its service, or of its container in the pod.
    pub host: String,
    pub namespace: Option<String>,
    pub port: u16,
    pub container: String,
}

#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Behind services of the cluster.
    pub services: Vec<Place>,
    /// In the quarterback's own pod.
    pub beside: Vec<Place>,
    pub starts_processes: bool,
    pub notes: Vec<String>,
}

impl Wanted {
    pub fn of(doc: &Document, formation: &Formation, options: &Options) -> Result<Self, Error> {
        if !is_label(&options.name) || options.name.len() > 40 {
            return Err(Error::Name(options.name.clone()));
        }
        let mut wanted = Self::default();
        let mut at: BTreeMap<(String, Option<String>), String> = BTreeMap::new();
        for (image, version) in versions(doc, formation, &mut wanted.notes) {
            let Some(binding) = formation.binding(&image, &version) else {
                wanted.notes.push(format!(
                    "formation {} says nothing about {image}/{version}: no worker is exported for it",
                    formation.name
                ));
                continue;
            };
            let to = Coord::new(&image, &version, "any");
            let container = container_of(doc, formation, options, &image, &version);
            let name = format!("{image}/{version}");
            match &binding.via {
                Via::Service(addresses) => {
                    for address in addresses {
                        let address = address_for(address, &to);
                        let Some((host, port)) = host_and_port(&address) else {
                            return Err(Error::Address { target: name, address });
                        };
                        let Some((host, namespace)) = service_of(&host) else {
                            wanted.notes.push(format!(
                                "{name} is called at {address}, outside the cluster: no worker is exported for it"
                            ));
                            continue;
                        };
                        if let Some(one) = at.insert((host.clone(), namespace.clone()), name.clone()) {
                            return Err(Error::Shared { one, other: name, address });
                        }
                        wanted.services.push(Place {
                            image: image.clone(),
                            version: version.clone(),
                            host,
                            namespace,
                            port,
                            container: container.clone(),
                        });
                    }
                }
                Via::Pod { port, .. } => wanted.beside.push(Place {
                    host: label(&format!("{image}-{version}")),
                    image,
                    version,
                    namespace: None,
                    port: *port,
                    container,
                }),
                Via::Process(_) => {
                    wanted.starts_processes = true;
                    wanted.notes.push(format!(
                        "{name} is a process in the quarterback's container: that must hold its program"
                    ));
                }
                Via::Reflect(_) => {
                    wanted.notes.push(format!("{name} is called by reflection at a server that others run"));
                }
                Via::Pull => wanted.notes.push(format!("workers of {name} come by themselves: start them beside this")),
                Via::Builtin => {}
            }
        }
        Ok(wanted)
    }
}

/// Those that lines of the formation name, and those that the plays call exactly.
fn versions(doc: &Document, formation: &Formation, notes: &mut Vec<String>) -> BTreeSet<(String, String)> {
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for binding in formation.bindings().filter(|binding| binding.version != "*") {
        found.insert((binding.image.to_string(), binding.version.to_string()));
    }
    let plays: BTreeSet<&Coord> = doc.plays().map(|(_, play)| &play.coord).collect();
    let mut open: BTreeSet<String> = BTreeSet::new();
    for coord in called(doc, formation) {
        match version_kind(&coord.version) {
            Ok(VersionKind::Exact) if plays.contains(&coord) => {}
            Ok(VersionKind::Exact) => {
                found.insert((coord.image.to_string(), coord.version.to_string()));
            }
            // A line for all versions does not say which there are.
            _ if is_everywhere(formation.binding(&coord.image, "*")) => {}
            _ => {
                open.insert(format!("{}/{}", coord.image, coord.version));
            }
        }
    }
    notes.extend(open.into_iter().map(|target| {
        format!("{target} may be any version: those that lines of formation {} name are exported", formation.name)
    }));
    found
}

/// Served without a worker of its own for each version.
fn is_everywhere(binding: Option<&Binding>) -> bool {
    binding.is_some_and(|binding| matches!(binding.via, Via::Builtin | Via::Pull | Via::Process(_) | Via::Reflect(_)))
}

fn called(doc: &Document, formation: &Formation) -> Vec<Coord> {
    let nodes = doc.plays().flat_map(|(_, play)| &play.body).filter_map(|line| match &line.kind {
        Stmt::Node(node) => Some(&node.kind),
        _ => None,
    });
    let targets = nodes.filter_map(NodeKind::target);
    let roles = formation.body.iter().filter_map(|line| match &line.kind {
        Bind::Role(_, target) => Some(target),
        _ => None,
    });
    let refs = targets.chain(roles).flat_map(Target::refs);
    let coords = refs.filter_map(|to| match to {
        TargetRef::Coord(coord) => Some(coord.clone()),
        TargetRef::Role(_) => None,
    });
    coords.collect()
}

/// The container that a line of the file names for it, of this formation or another; else by its name.
fn container_of(doc: &Document, formation: &Formation, options: &Options, image: &str, version: &str) -> String {
    let others = doc.formations().map(|(_, other)| other);
    let lines = std::iter::once(formation).chain(others).filter_map(|formation| formation.binding(image, version));
    let mut named = lines.filter_map(|binding| match &binding.via {
        Via::Pod { container: Some(container), .. } => Some(container),
        _ => None,
    });
    let fill = |text: &String| text.replace("{image}", image).replace("{version}", version);
    named.next().map_or_else(|| format!("{}{image}:{version}", options.registry), fill)
}

fn host_and_port(address: &str) -> Option<(String, u16)> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split('/').next()?;
    let (host, port) = authority.rsplit_once(':')?;
    Some((host.to_owned(), port.parse().ok()?))
}
