//! Manifests: read back, held to the schemas that Kubernetes publishes, to the types made from them, and to the formation.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![cfg(feature = "export")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use chalktalk::export::{Error, Export, Options, kubernetes, pod};
use chalktalk::lang;
use chalktalk::play::Document;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Service};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const PLAY: &str = "// A note: \"quoted\", # and --- too.
play shop/1/checkout {
  role courier
  snap order
  call validate = shop/2.1/validate
  call charge = pay/1.4/charge 95% | pay/2.0/charge 5%
  call reserve = stock/^3/reserve
  pass done = courier
  order -> validate -> charge -> reserve -> done
}

formation street {
  shop/* service \"http://shop-{version}.shop.svc:50051\"
  pay/* service \"http://{image}-{version}:50052\"
  stock/3.0.2 service \"http://10.0.0.7:1\"
  demo/1 builtin
  mail/2 pod 50060
  role courier = mail/2/send
}

formation yard {
  shop/2.1 pod 50051 container \"registry.example/shop:2.1\"
  pay/1.4 pod 50052
  pay/2.0 pod 50053
  stock/3.0.2 pull
  role courier = mail/2/send
  mail/2 process \"mail --port {port}\"
}
";

fn options() -> Options {
    Options { quarterback: "chalktalk:test".into(), registry: "r.example/".into(), name: "kickoff".into() }
}

fn doc(text: &str) -> Document {
    let source = lang::parse(text);
    assert!(source.diagnostics.is_empty(), "{:?}", source.diagnostics);
    source.doc
}

type Exporter = fn(&Document, &chalktalk::play::Formation, &Options) -> Result<Export, Error>;

fn export(text: &str, name: &str, exporter: Exporter) -> Result<Export, Error> {
    let doc = doc(text);
    let (_, formation) = doc.formations().find(|(_, formation)| formation.name == name).unwrap();
    exporter(&doc, formation, &options())
}

/// The schemas that Kubernetes 1.33 publishes, strict: a field that they do not know is an error. They come as data of a
/// Python package, beside what the workers in Python need.
fn published() -> &'static Value {
    static PUBLISHED: OnceLock<Value> = OnceLock::new();
    PUBLISHED.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/workers.sh");
        let done = Command::new(script).stderr(Stdio::inherit()).output().unwrap();
        assert!(done.status.success(), "scripts/workers.sh failed, see above");
        let printed = String::from_utf8(done.stdout).unwrap();
        let venv = Path::new(printed.lines().next().unwrap()).ancestors().nth(2).unwrap().to_owned();
        let pythons = std::fs::read_dir(venv.join("lib")).unwrap().map(|entry| entry.unwrap().path());
        let schemas = "site-packages/kubernetes_validate/kubernetes-json-schema/v1.33.0-local-strict/_definitions.json";
        let file = pythons.map(|python| python.join(schemas)).find(|file| file.exists()).expect("the package has it");
        let mut all: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        // Where its authors keep it is not where it is.
        all.as_object_mut().unwrap().remove("$id");
        all
    })
}

/// What the published schema finds wrong with an object of that group and version.
fn wrong_with(object: &Value, group: &str) -> Vec<String> {
    let mut schema = published().clone();
    schema["$ref"] = format!("#/$defs/io.k8s.api.{group}.{}", object["kind"].as_str().unwrap()).into();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(object).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_published_schemas_find_what_is_wrong() {
    let probe = serde_json::json!({"grpc": {"port": 1}});
    let container = serde_json::json!({"name": "x", "livenessProbe": probe});
    let mut pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}});
    assert_eq!(wrong_with(&pod, "core.v1"), Vec::<String>::new());
    pod["spec"]["containers"][0]["livenessProbe"]["grpc"]["port"] = "one".into();
    pod["spec"]["containers"][0]["probed"] = true.into();
    let wrong = wrong_with(&pod, "core.v1");
    assert!(wrong.len() == 2 && wrong.iter().any(|words| words.contains("probed")), "{wrong:?}");
}

/// Field by field: what the type does not know would be gone when it is written again.
fn held_to<T: DeserializeOwned + Serialize>(object: &Value) {
    let typed: T = serde_json::from_value(object.clone()).unwrap();
    assert_eq!(serde_json::to_value(typed).unwrap(), *object);
}

fn objects(yaml: &str) -> Vec<Value> {
    let objects: Vec<Value> =
        yaml.split("---\n").skip(1).map(|text| serde_saphyr::from_str::<Value>(text).unwrap()).collect();
    for object in &objects {
        let group = if object["kind"] == "Deployment" { "apps.v1" } else { "core.v1" };
        assert_eq!(wrong_with(object, group), Vec::<String>::new(), "{object:#}");
        match object["kind"].as_str().unwrap() {
            "Deployment" => held_to::<Deployment>(object),
            "Service" => held_to::<Service>(object),
            "ConfigMap" => held_to::<ConfigMap>(object),
            "PersistentVolumeClaim" => held_to::<PersistentVolumeClaim>(object),
            "Pod" => held_to::<Pod>(object),
            other => panic!("{other}"),
        }
    }
    objects
}

fn named<'o>(objects: &'o [Value], kind: &str, name: &str) -> &'o Value {
    let is_it = |object: &&Value| object["kind"] == kind && object["metadata"]["name"] == name;
    objects.iter().find(is_it).unwrap_or_else(|| panic!("no {kind} {name}"))
}

#[test]
fn services_become_deployments_that_their_addresses_reach() {
    let export = export(PLAY, "street", kubernetes).unwrap();
    let objects = objects(&export.yaml);
    let names: Vec<String> = objects
        .iter()
        .map(|o| format!("{} {}", o["kind"].as_str().unwrap(), o["metadata"]["name"].as_str().unwrap()))
        .collect();
    let expected = [
        "Deployment pay-1-4",
        "Service pay-1-4",
        "Deployment pay-2-0",
        "Service pay-2-0",
        "Deployment shop-2-1",
        "Service shop-2-1",
        "ConfigMap kickoff",
        "PersistentVolumeClaim kickoff",
        "Deployment kickoff",
        "Service kickoff",
    ];
    assert_eq!(names, expected);
    let shop = named(&objects, "Deployment", "shop-2-1");
    assert_eq!(shop["metadata"]["namespace"], "shop");
    let container = &shop["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "registry.example/shop:2.1", "a line of the other formation names it");
    assert_eq!(container["readinessProbe"]["grpc"]["port"], 50051);
    assert_eq!(container["env"][0]["value"], "50051");
    for object in objects.iter().filter(|object| object["kind"] == "Service") {
        let deployment = named(&objects, "Deployment", object["metadata"]["name"].as_str().unwrap());
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        assert_eq!(object["spec"]["selector"]["app"], labels["app"]);
        assert_eq!(object["spec"]["clusterIP"], "None");
    }
    assert_eq!(
        named(&objects, "Deployment", "pay-2-0")["spec"]["template"]["spec"]["containers"][0]["image"],
        "r.example/pay:2.0"
    );

    // The quarterback has the play, word for word, and the `pod` line beside it.
    let text = named(&objects, "ConfigMap", "kickoff")["data"]["kickoff.play"].as_str().unwrap();
    assert_eq!(doc(text), doc(PLAY));
    let quarterback = &named(&objects, "Deployment", "kickoff")["spec"];
    assert_eq!(quarterback["strategy"]["type"], "Recreate");
    let containers = quarterback["template"]["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 2);
    assert_eq!((&containers[0]["args"][0], &containers[0]["args"][3]), (&"serve".into(), &"street".into()));
    assert_eq!(containers[1]["image"], "r.example/mail:2");
    // Others reach it, so it speaks TLS and wants tokens, from secrets that only its group may read.
    let args: Vec<&str> = containers[0]["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    for (flag, file) in
        [("--tls-cert", "/tls/tls.crt"), ("--tls-key", "/tls/tls.key"), ("--token-file", "/tokens/tokens")]
    {
        assert!(args.windows(2).any(|pair| pair == [flag, file]), "{args:?}");
    }
    let pod = &quarterback["template"]["spec"];
    let secrets: Vec<_> =
        pod["volumes"].as_array().unwrap().iter().filter(|volume| !volume["secret"].is_null()).collect();
    assert_eq!(
        secrets.iter().map(|volume| &volume["secret"]["secretName"]).collect::<Vec<_>>(),
        ["kickoff-tls", "kickoff-tokens"]
    );
    assert!(secrets.iter().all(|volume| volume["secret"]["defaultMode"] == 0o440), "{secrets:?}");
    assert!(pod["securityContext"]["fsGroup"].is_number());
    assert_eq!(
        containers[0]["readinessProbe"]["tcpSocket"]["port"], 7411,
        "the kubelet speaks no TLS to grpc.health.v1"
    );
    let said = export.notes.join("\n");
    for note in [
        "kubectl create secret tls kickoff-tls",
        "stock/3.0.2 is called at http://10.0.0.7:1, outside",
        "stock/^3 may be any version",
    ] {
        assert!(said.contains(note), "{said}");
    }
}

#[test]
fn containers_become_one_pod() {
    let export = export(PLAY, "yard", pod).unwrap();
    let objects = objects(&export.yaml);
    assert_eq!(objects.len(), 2);
    let spec = &named(&objects, "Pod", "kickoff")["spec"];
    let containers = spec["containers"].as_array().unwrap();
    let short: Vec<(&str, &str)> =
        containers.iter().map(|c| (c["name"].as_str().unwrap(), c["image"].as_str().unwrap())).collect();
    let expected = [
        ("quarterback", "chalktalk:test"),
        ("pay-1-4", "r.example/pay:1.4"),
        ("pay-2-0", "r.example/pay:2.0"),
        ("shop-2-1", "registry.example/shop:2.1"),
    ];
    assert_eq!(short, expected);
    let args: Vec<&str> = containers[0]["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    assert!(args.contains(&"--allow-process") && args.contains(&"127.0.0.1:7411"), "{args:?}");
    let said = export.notes.join("\n");
    for note in ["workers of stock/3.0.2 come by themselves", "mail/2 is a process in the quarterback's container"] {
        assert!(said.contains(note), "{said}");
    }
}

#[test]
fn what_cannot_be_carried_over_is_told() {
    let of = |lines: &str, exporter: Exporter| {
        let text = format!("play a/1/b {{\n snap s\n pass p\n s -> p\n}}\nformation f {{\n {lines}\n}}\n");
        export(&text, "f", exporter).unwrap_err().to_string()
    };
    let shared = of("a/1 service \"http://a:1\"\n a/2 service \"http://a:1\"", kubernetes);
    assert!(shared.contains("a/1 and a/2 are both served at http://a:1"), "{shared}");
    let twice = of("a/1 pod 7\n a/2 pod 7", pod);
    assert!(twice.contains("listen on port 7, of a/1 and a/2"), "{twice}");
    let own = of("a/1 pod 7411", pod);
    assert!(own.contains("of the quarterback and a/1"), "{own}");
    let portless = of("a/1 service \"http://a\"", kubernetes);
    assert!(portless.contains("http://a of a/1 is no name of a service"), "{portless}");
    let doc = doc(PLAY);
    let (_, formation) = doc.formations().next().unwrap();
    for name in ["", "Shop", "1a", "a-", &"a".repeat(41)] {
        let options = Options { name: name.into(), ..options() };
        assert_eq!(kubernetes(&doc, formation, &options), Err(Error::Name(name.into())));
    }
}
