//! The objects themselves.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, ContainerPort, EmptyDirVolumeSource, EnvVar, GRPCAction,
    PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimVolumeSource, Pod, PodSecurityContext,
    PodSpec, PodTemplateSpec, Probe, SecretVolumeSource, SecurityContext, Service, ServicePort, ServiceSpec,
    TCPSocketAction, Volume, VolumeMount, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

use super::Error;
use super::names::label_value;

/// What an object is told apart by.
#[derive(Clone, Debug)]
pub(super) struct Labels(BTreeMap<String, String>);

impl Labels {
    pub fn worker(of: &str, image: &str, version: &str) -> Self {
        Self::new(of, image, "worker", Some(version))
    }

    pub fn quarterback(of: &str) -> Self {
        Self::new(of, "quarterback", "quarterback", None)
    }

    fn new(of: &str, name: &str, component: &str, version: Option<&str>) -> Self {
        let mut labels = BTreeMap::from([
            ("app.kubernetes.io/name".to_owned(), label_value(name)),
            ("app.kubernetes.io/component".to_owned(), component.to_owned()),
            ("app.kubernetes.io/part-of".to_owned(), of.to_owned()),
        ]);
        labels.extend(version.map(|version| ("app.kubernetes.io/version".to_owned(), label_value(version))));
        Self(labels)
    }
}

/// What runs, and how it is reached.
pub(super) struct Workload {
    pub name: String,
    pub namespace: Option<String>,
    pub labels: Labels,
    pub pod: PodSpec,
    pub port: ServicePort,
    /// Never two at a time.
    pub keeps_data: bool,
}

/// One after another.
#[derive(Default)]
pub(super) struct Objects {
    documents: Vec<Result<String, serde_saphyr::ser::Error>>,
}

impl Objects {
    fn add(&mut self, object: &impl Serialize) {
        self.documents.push(serde_saphyr::to_string(object));
    }

    pub fn workload(&mut self, workload: &Workload) {
        let Workload { name, namespace, labels, pod, port, keeps_data } = workload;
        let metadata = ObjectMeta { namespace: namespace.clone(), ..metadata(name, labels) };
        // By name alone, which stays when the rest changes.
        let selector = BTreeMap::from([("app".to_owned(), name.clone())]);
        let mut of_pod = labels.0.clone();
        of_pod.extend(selector.clone());
        let strategy = DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None };
        self.add(&Deployment {
            metadata: metadata.clone(),
            spec: Some(DeploymentSpec {
                replicas: Some(1),
                selector: LabelSelector { match_labels: Some(selector.clone()), ..LabelSelector::default() },
                strategy: keeps_data.then_some(strategy),
                template: PodTemplateSpec {
                    metadata: Some(ObjectMeta { labels: Some(of_pod), ..ObjectMeta::default() }),
                    spec: Some(pod.clone()),
                },
                ..DeploymentSpec::default()
            }),
            status: None,
        });
        self.add(&Service {
            metadata,
            spec: Some(ServiceSpec {
                // Its name stands for every pod, so that calls are balanced and not only connections.
                cluster_ip: Some("None".to_owned()),
                selector: Some(selector),
                ports: Some(vec![port.clone()]),
                ..ServiceSpec::default()
            }),
            status: None,
        });
    }

    pub fn pod(&mut self, name: &str, labels: &Labels, spec: PodSpec) {
        self.add(&Pod { metadata: metadata(name, labels), spec: Some(spec), status: None });
    }

    /// The play's file.
    pub fn config_map(&mut self, name: &str, file: &str, text: &str) {
        self.add(&ConfigMap {
            metadata: metadata(name, &Labels::quarterback(name)),
            data: Some(BTreeMap::from([(file.to_owned(), text.to_owned())])),
            ..ConfigMap::default()
        });
    }

    /// Where runs are kept.
    pub fn claim(&mut self, name: &str) {
        let requests = BTreeMap::from([("storage".to_owned(), Quantity("10Gi".to_owned()))]);
        self.add(&PersistentVolumeClaim {
            metadata: metadata(name, &Labels::quarterback(name)),
            spec: Some(PersistentVolumeClaimSpec {
                access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
                resources: Some(VolumeResourceRequirements { requests: Some(requests), limits: None }),
                ..PersistentVolumeClaimSpec::default()
            }),
            status: None,
        });
    }

    pub fn yaml(self) -> Result<String, Error> {
        let mut yaml = String::new();
        for document in self.documents {
            yaml.push_str("---\n");
            yaml.push_str(document.map_err(|error| Error::Yaml(error.to_string()))?.trim());
            yaml.push('\n');
        }
        Ok(yaml)
    }
}

fn metadata(name: &str, labels: &Labels) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), labels: Some(labels.0.clone()), ..ObjectMeta::default() }
}

/// A container that serves `Worker` and its health at the port, which it is also told as `PORT`.
pub(super) fn worker(name: &str, image: &str, port: u16) -> Container {
    Container {
        name: name.to_owned(),
        image: Some(image.to_owned()),
        env: Some(vec![EnvVar { name: "PORT".to_owned(), value: Some(port.to_string()), value_from: None }]),
        ..probed(port)
    }
}

fn probed(port: u16) -> Container {
    let probe = |period_secs: i32, failures: i32| Probe {
        grpc: Some(GRPCAction { port: i32::from(port), service: None }),
        period_seconds: Some(period_secs),
        failure_threshold: Some(failures),
        ..Probe::default()
    };
    Container {
        ports: Some(vec![ContainerPort { name: None, container_port: i32::from(port), ..ContainerPort::default() }]),
        readiness_probe: Some(probe(5, 2)),
        // A worker that is busy is not to be killed for it.
        liveness_probe: Some(probe(10, 6)),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            ..SecurityContext::default()
        }),
        ..Container::default()
    }
}

/// The quarterback's container.
pub(super) struct Serve<'o> {
    pub image: &'o str,
    pub file: &'o str,
    pub formation: &'o str,
    pub listen: String,
    pub port: u16,
    pub starts_processes: bool,
    /// Others than those in its pod reach it: by TLS and tokens, from [`Secrets`].
    pub is_shared: bool,
}

/// What the person makes before the manifest is applied.
pub(super) struct Secrets {
    pub tls: String,
    pub tokens: String,
}

impl Secrets {
    pub fn of(name: &str) -> Self {
        Self { tls: format!("{name}-tls"), tokens: format!("{name}-tokens") }
    }
}

/// A group that may read the secrets, whatever user the container has.
const GROUP: i64 = 65532;
/// Not readable by others: else the quarterback refuses them.
const SECRET_MODE: i32 = 0o440;

impl Serve<'_> {
    pub fn container(&self) -> Container {
        let mut args: Vec<String> = ["serve", &format!("/plays/{}", self.file), "--formation", self.formation]
            .into_iter()
            .chain(["--listen", &self.listen, "--data", "/data"])
            .map(str::to_owned)
            .collect();
        args.extend(self.starts_processes.then(|| "--allow-process".to_owned()));
        if self.is_shared {
            let guard = ["--tls-cert", "/tls/tls.crt", "--tls-key", "/tls/tls.key", "--token-file", "/tokens/tokens"];
            args.extend(guard.map(str::to_owned));
        }
        let mount = |name: &str, path: &str, read_only: bool| VolumeMount {
            name: name.to_owned(),
            mount_path: path.to_owned(),
            read_only: read_only.then_some(true),
            ..VolumeMount::default()
        };
        let mut mounts = vec![mount("plays", "/plays", true), mount("data", "/data", false)];
        if self.is_shared {
            mounts.extend([mount("tls", "/tls", true), mount("tokens", "/tokens", true)]);
        }
        let container = Container {
            name: "quarterback".to_owned(),
            image: Some(self.image.to_owned()),
            args: Some(args),
            volume_mounts: Some(mounts),
            ..probed(self.port)
        };
        if !self.is_shared {
            // Nobody outside of the pod can ask it.
            return Container { readiness_probe: None, liveness_probe: None, ports: None, ..container };
        }
        // Kubernetes asks grpc.health.v1 without TLS only.
        let by_tcp = |probe: Option<Probe>| {
            let port = IntOrString::Int(i32::from(self.port));
            probe.map(|probe| Probe { grpc: None, tcp_socket: Some(TCPSocketAction { host: None, port }), ..probe })
        };
        let (ready, live) = (by_tcp(container.readiness_probe.clone()), by_tcp(container.liveness_probe.clone()));
        Container { readiness_probe: ready, liveness_probe: live, ..container }
    }
}

/// Lets the quarterback read its secrets, and nobody else.
pub(super) fn secret_group() -> PodSecurityContext {
    PodSecurityContext { fs_group: Some(GROUP), ..PodSecurityContext::default() }
}

/// The play's file, and where runs are kept: on a claim, or as long as the pod lives. If it is shared, its secrets too.
pub(super) fn volumes(name: &str, is_shared: bool) -> Vec<Volume> {
    let plays = ConfigMapVolumeSource { name: name.to_owned(), ..ConfigMapVolumeSource::default() };
    let claim = PersistentVolumeClaimVolumeSource { claim_name: name.to_owned(), read_only: None };
    let mut volumes = vec![
        Volume { name: "plays".to_owned(), config_map: Some(plays), ..Volume::default() },
        Volume {
            name: "data".to_owned(),
            persistent_volume_claim: is_shared.then_some(claim),
            empty_dir: (!is_shared).then(EmptyDirVolumeSource::default),
            ..Volume::default()
        },
    ];
    if is_shared {
        let Secrets { tls, tokens } = Secrets::of(name);
        volumes.extend([("tls", tls), ("tokens", tokens)].map(|(name, secret)| Volume {
            name: name.to_owned(),
            secret: Some(SecretVolumeSource {
                secret_name: Some(secret),
                default_mode: Some(SECRET_MODE),
                ..SecretVolumeSource::default()
            }),
            ..Volume::default()
        }));
    }
    volumes
}
