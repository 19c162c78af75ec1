//! What runs a play elsewhere: manifests for the two physical flows, services in a cluster and containers in one pod.
//!
//! Must never: read or write files, talk to a cluster, guess an image that nobody named. Start reading at
//! [`kubernetes`] and [`pod`].
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod manifest;
mod names;
mod wanted;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec, ServicePort, Volume};
use smol_str::SmolStr;

use crate::lang;
use crate::play::{Document, Formation};
use manifest::{Labels, Workload};
use wanted::Wanted;

/// What a formation does not say.
#[derive(Clone, Debug)]
pub struct Options {
    /// Of the quarterback's own container.
    pub quarterback: String,
    /// Put before `image:version` of workers for which no line of the file names a container.
    pub registry: String,
    /// The name that all objects begin with, and the play's file is called after.
    pub name: String,
}

/// Manifests as YAML, and what they leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Export {
    pub yaml: String,
    /// For the person, a sentence each.
    pub notes: Vec<String>,
}

/// Why there is no manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(
        "'{0}' cannot name an object in Kubernetes: use at most 40 lower-case letters, digits and '-', from a letter on"
    )]
    Name(String),
    #[error(
        "{address} of {target} is no name of a service in a cluster: write http://NAME:PORT or http://NAME.SPACE.svc:PORT"
    )]
    Address { target: String, address: String },
    #[error(
        "{one} and {other} are both served at {address}: give each version an address of its own, as by {{version}}"
    )]
    Shared { one: String, other: String, address: String },
    #[error("two containers in one pod listen on port {port}, of {one} and {other}: give each a port of its own")]
    Port { port: u16, one: String, other: String },
    #[error("the file has {bytes} bytes, and a ConfigMap holds at most a million: split it")]
    TooLarge { bytes: usize },
    #[error("the manifest cannot be written: {0}")]
    Yaml(String),
}

/// The quarterback's own port.
const PORT: u16 = 7411;
const MAX_FILE: usize = 1_000_000;

/// A Deployment and a Service for each image and version that is bound to a service in the cluster, and the
/// quarterback's own with the formation's `pod` containers beside it.
///
/// # Errors
/// The formation cannot be carried over.
pub fn kubernetes(doc: &Document, formation: &Formation, options: &Options) -> Result<Export, Error> {
    let mut wanted = Wanted::of(doc, formation, options)?;
    let mut objects = manifest::Objects::default();
    for place in &wanted.services {
        objects.workload(&Workload {
            name: place.host.clone(),
            namespace: place.namespace.clone(),
            labels: Labels::worker(&options.name, &place.image, &place.version),
            pod: pod_spec(vec![manifest::worker(&place.host, &place.container, place.port)], Vec::new()),
            port: service_port(place.port),
            keeps_data: false,
        });
    }
    let (containers, volumes) = quarterback(doc, formation, options, &wanted, "0.0.0.0")?;
    let manifest::Secrets { tls, tokens } = manifest::Secrets::of(&options.name);
    wanted.notes.push(format!(
        "the quarterback speaks TLS and wants tokens: first 'kubectl create secret tls {tls} --cert=FILE --key=FILE' for the name {}, and 'kubectl create secret generic {tokens} --from-file=tokens', a file of one token a line",
        options.name
    ));
    let mut pod = pod_spec(containers, volumes);
    pod.security_context = Some(manifest::secret_group());
    objects.config_map(&options.name, &file_name(options), &lang::print(doc));
    objects.claim(&options.name);
    objects.workload(&Workload {
        name: options.name.clone(),
        namespace: None,
        labels: Labels::quarterback(&options.name),
        pod,
        port: ServicePort { app_protocol: Some("https".to_owned()), ..service_port(PORT) },
        keeps_data: true,
    });
    Ok(Export { yaml: objects.yaml()?, notes: wanted.notes })
}

/// One Pod: the quarterback, and a container for each image and version that is bound to `pod`.
///
/// # Errors
/// The formation cannot be carried over.
pub fn pod(doc: &Document, formation: &Formation, options: &Options) -> Result<Export, Error> {
    let mut wanted = Wanted::of(doc, formation, options)?;
    for place in &wanted.services {
        let (image, version, host) = (&place.image, &place.version, &place.host);
        wanted
            .notes
            .push(format!("{image}/{version} stays outside the pod, at {host}: bind it to `pod` to have it inside"));
    }
    let (containers, volumes) = quarterback(doc, formation, options, &wanted, "127.0.0.1")?;
    let mut objects = manifest::Objects::default();
    objects.config_map(&options.name, &file_name(options), &lang::print(doc));
    objects.pod(&options.name, &Labels::quarterback(&options.name), pod_spec(containers, volumes));
    Ok(Export { yaml: objects.yaml()?, notes: wanted.notes })
}

fn quarterback(
    doc: &Document,
    formation: &Formation,
    options: &Options,
    wanted: &Wanted,
    listen: &str,
) -> Result<(Vec<Container>, Vec<Volume>), Error> {
    let bytes = lang::print(doc).len();
    if bytes > MAX_FILE {
        return Err(Error::TooLarge { bytes });
    }
    let mut ports: BTreeMap<u16, String> = BTreeMap::from([(PORT, "the quarterback".to_owned())]);
    let serve = manifest::Serve {
        image: &options.quarterback,
        file: &file_name(options),
        formation: &formation.name,
        listen: format!("{listen}:{PORT}"),
        port: PORT,
        starts_processes: wanted.starts_processes,
        is_shared: listen != "127.0.0.1",
    };
    let mut containers = vec![serve.container()];
    for place in &wanted.beside {
        let name = format!("{}/{}", place.image, place.version);
        if let Some(one) = ports.insert(place.port, name.clone()) {
            return Err(Error::Port { port: place.port, one, other: name });
        }
        containers.push(manifest::worker(&place.host, &place.container, place.port));
    }
    Ok((containers, manifest::volumes(&options.name, listen != "127.0.0.1")))
}

fn pod_spec(containers: Vec<Container>, volumes: Vec<Volume>) -> PodSpec {
    PodSpec {
        containers,
        volumes: (!volumes.is_empty()).then_some(volumes),
        // Nothing in it talks to the cluster.
        automount_service_account_token: Some(false),
        ..PodSpec::default()
    }
}

fn service_port(port: u16) -> ServicePort {
    ServicePort {
        name: Some("grpc".to_owned()),
        port: i32::from(port),
        app_protocol: Some("kubernetes.io/h2c".to_owned()),
        ..ServicePort::default()
    }
}

fn file_name(options: &Options) -> SmolStr {
    format!("{}.play", options.name).into()
}
