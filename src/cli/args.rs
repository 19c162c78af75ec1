use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

#[cfg(feature = "run")]
use super::secure::{Asking, Bounds, Certificates, Guarding, Outward, PeerTokens, Redacting};

/// Draw orchestration plays, run them live and replay them.
#[derive(Debug, Parser)]
#[command(
    name = "chalktalk",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  chalktalk                                      open the editor on a sample play
  chalktalk plays/checkout.ron                   open a file
  chalktalk shop.play --ca ca.pem                ... whose formation names https:// addresses
  chalktalk check plays/*.play                   find what is wrong
  chalktalk run plays/hello.play --input '{\"name\": \"Ann\"}'

Exit codes: 0 well, 1 the play or the run failed, 2 wrong use or the outside world failed."
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Files to open in the editor: .play or .ron
    pub files: Vec<PathBuf>,
    #[cfg(feature = "run")]
    #[command(flatten)]
    pub outward: Outward,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// Log what happens to stderr, -vv in detail; `serve` always does. `CHALKTALK_LOG` or `RUST_LOG` choose what
    #[cfg(feature = "run")]
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// The form of log lines
    #[cfg(feature = "run")]
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub log: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// If it is a terminal, and `NO_COLOR` is not set
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find what is wrong with plays, before they run
    Check(Check),
    /// Play the scenarios of plays, on simulated time
    Test(Test),
    /// Lay out the text of plays in the one canonical way
    Fmt(Fmt),
    /// Write a play in another format, by the extensions of the files
    Convert(Convert),
    /// Write the manifests that run a play elsewhere
    #[cfg(feature = "export")]
    Export(Export),
    /// Run a play once and print its result
    #[cfg(feature = "run")]
    Run(Run),
    /// Run a recorded run again, from a node of it on
    #[cfg(feature = "run")]
    Rerun(Rerun),
    /// Serve plays: the quarterback as a server
    #[cfg(feature = "run")]
    Serve(Serve),
    /// Send a signal to a run, or to all that wait for its key
    #[cfg(feature = "run")]
    Signal(Signal),
    /// End a run
    #[cfg(feature = "run")]
    Cancel(Cancel),
    /// List what a server can call, and what waits for it
    #[cfg(feature = "run")]
    Targets(Targets),
    /// List recorded runs, newest first
    Runs(Runs),
    /// Show one recorded run
    Show(Show),
    /// Print a recorded run, event by event; calls nothing
    Replay(Replay),
    /// Write a recorded run, with its play, into a file that can be opened elsewhere
    Record(Record),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk check plays/checkout.play
  chalktalk check --format json plays/*.ron | jq '.[].message'
  chalktalk check --fix my.play
  cat my.play | chalktalk check -
  chalktalk check --deep plays/*.play            what a run can do at all, whatever is answered

Prints findings with their places; the exit code is 1 if one of them is an error. The JSON is one array of
{file, code, severity, message, help, start: {offset, line, column}, end: {…}}; offsets count bytes from 0, lines and
columns from 1. A .ron or .json file is shown as its text.

--fix solves what can be solved in one way only and makes no node come or go, says each fix on stderr, and prints what is
left. A file is written whole or not at all, and only if it is still as it was read; a .ron or .json file is laid out anew.

--deep explores the plays that have no error: each call may succeed, fail or be late, each condition that depends on data
may go either way, a list has up to two elements, a signal or a worker may come or not. Times are not compared: any
timeout may come first. It says when its budget did not suffice.")]
pub(super) struct Check {
    /// .play, .ron or .json files; - reads the text of a play from stdin
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write the files with the fixes that need no decision
    #[arg(long)]
    pub fix: bool,
    /// Explore what runs of the plays can do at all: whether each can end, what is never reached, what is lost
    #[arg(long)]
    pub deep: bool,
    /// Write a run that shows the first finding of --deep, an event a line
    #[arg(long, value_name = "FILE", requires = "deep")]
    pub trace: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk test plays/*.play
  chalktalk test shop.play --filter declined --coverage
  chalktalk test shop.play --junit report.xml

A scenario stands in its play: scenario \"declined\" { charge fails \"declined\", expect pass refused }. Nothing is called:
a node without an answer in the scenario has what the built-in workers give, if the formation binds it so. The exit code
is 1 if a scenario fails.")]
pub(super) struct Test {
    /// .play, .ron or .json files; - reads the text of a play from stdin
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Only scenarios that have this in their name
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// Say which nodes and wires no ball came to
    #[arg(long)]
    pub coverage: bool,
    /// Write a report for continuous integration, in the XML of `JUnit`; - for stdout
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// The formation that binds the targets; the first of the file if none is named
    #[arg(long, value_name = "NAME")]
    pub formation: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk fmt plays/*.play
  chalktalk fmt --check plays/*.play
  chalktalk fmt - < my.play

Files are written only if their layout changes, and never if they cannot be read in full.")]
pub(super) struct Fmt {
    /// .play or .ron files; - reads a text from stdin and prints it
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Write nothing; name the files that would change, and exit with 1 if there are any
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk convert plays/checkout.ron checkout.play
  chalktalk convert checkout.play checkout.json
  chalktalk convert checkout.play checkout.svg --theme dark
  chalktalk convert shop.play#shop/1/order order.png --only charge,reserve
  chalktalk convert checkout.play failed.svg --run last --at 1500ms

Between .play, .ron and .json nothing is lost, comments included. Pictures are .svg and .png, which look like the canvas,
.mmd for Mermaid and .dot for graphviz; nothing reads them back. A run is only looked at: nothing is called.")]
pub(super) struct Convert {
    /// A .play, .ron or .json file; #COORD chooses one of several plays in it, for a picture
    #[arg(value_name = "FILE[#COORD]")]
    pub input: PathBuf,
    /// The file to write; one that is there is replaced, but never the one that is read
    pub output: PathBuf,
    /// The colours of an .svg or .png
    #[arg(long, value_enum, value_name = "THEME")]
    pub theme: Option<Theme>,
    /// Of a picture: these nodes alone, with the wires between them
    #[arg(long, value_name = "NODE,…", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Of a picture: show the state of this recorded run: its id, a part of it, `last`, or a file of events
    #[arg(long, value_name = "RUN|FILE")]
    pub run: Option<String>,
    /// How long after the start of the run, as in 1500ms; its end if it is not said
    #[arg(long, value_name = "DURATION", requires = "run")]
    pub at: Option<crate::base::Dur>,
    /// The folder that runs are recorded in
    #[arg(long, value_name = "DIR", requires = "run")]
    pub data: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Theme {
    Light,
    Dark,
    /// High contrast
    Contrast,
}

#[cfg(feature = "export")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Flow {
    /// A Deployment and a Service for each image and version, and the quarterback's own
    Kubernetes,
    /// One Pod: the quarterback and all containers
    Pod,
}

#[cfg(feature = "export")]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk export kubernetes shop.play --formation street | kubectl apply -f -
  chalktalk export pod shop.play --formation yard > pod.yaml && podman kube play pod.yaml

Prints YAML; what it leaves out is told on stderr. A worker's container is the one that a 'pod' line of any formation of
the file names for its image and version, else --registry and image:version. Workers are probed by grpc.health.v1.")]
pub(super) struct Export {
    #[arg(value_enum)]
    pub flow: Flow,
    /// A .play, .ron or .json file
    pub file: PathBuf,
    /// Which formation of the file; the first if it is not named
    #[arg(long, value_name = "NAME")]
    pub formation: Option<String>,
    /// What all objects are called after: lower-case letters, digits and '-'
    #[arg(long, default_value = "quarterback")]
    pub name: String,
    /// The quarterback's own container
    #[arg(long, value_name = "CONTAINER", default_value = concat!("chalktalk:", env!("CARGO_PKG_VERSION")))]
    pub quarterback: String,
    /// Put before image:version, as in registry.example/team/
    #[arg(long, value_name = "PREFIX", default_value = "")]
    pub registry: String,
}

#[cfg(feature = "run")]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk run plays/hello.play --input '{\"name\": \"Ann\"}'
  chalktalk run plays/checkout.play --input @order.json --signal 'manager-approved={\"name\": \"Ann\"}'
  chalktalk run plays.play#shop/1.2/checkout --events - --data ./runs
  chalktalk run shop/1.2/checkout --server http://127.0.0.1:7411

Prints the result of the run as JSON. Ctrl-C cancels the run cleanly, a second one ends the program at once.
Exit codes: 0 the run passed, 1 it failed or was cancelled, or the play is wrong, 2 wrong use or no journal.")]
pub(super) struct Run {
    /// A .play, .ron or .json file; #COORD chooses one of several plays in it
    #[arg(value_name = "FILE[#COORD]")]
    pub file: PathBuf,
    /// What the ball carries at the snap
    #[arg(long, value_name = "JSON|@FILE|-", default_value = "{}")]
    pub input: String,
    /// What binds the play to workers; the first of the file if it is not named, the demo workers if there is none
    #[arg(long, value_name = "NAME")]
    pub formation: Option<String>,
    /// A signal to the run, kept until something waits for it; may stand several times
    #[arg(long = "signal", value_name = "NAME[=JSON]")]
    pub signals: Vec<String>,
    /// Start the programs that `process` lines of the formation name; read them first. Remembered for this folder
    #[arg(long)]
    pub allow_process: bool,
    /// Where to write events, one JSON object a line; - is stdout
    #[arg(long, value_name = "FILE|-")]
    pub events: Option<PathBuf>,
    /// The folder that runs are recorded in
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    pub data: Option<PathBuf>,
    /// Run it there: a file is registered first, the coordinate of a play that is registered can stand for it
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    #[command(flatten)]
    pub asking: Asking,
    #[command(flatten)]
    pub peers: PeerTokens,
    #[command(flatten)]
    pub redacting: Redacting,
}

#[cfg(feature = "run")]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk rerun last --from pack
  chalktalk rerun 018f3b --from pack --play checkout.play --server http://127.0.0.1:7411
  chalktalk rerun last

Starts a new run with the input of the first. What was answered before the node is taken from the record, signals too:
no worker is called for it again. The node and all that a ball can come to from it are called. What the record has no
answer to is called as well. On a server, --play registers the file there first.")]
pub(super) struct Rerun {
    /// The id of a run, its beginning or its end if only one run has it, or `last`
    pub run: String,
    /// The node to start calling at; without it all is called again
    #[arg(long, value_name = "NODE")]
    pub from: Option<String>,
    /// Play this .play, .ron or .json file instead of what the run ran; #COORD chooses one of several plays in it
    #[arg(long, value_name = "FILE[#COORD]")]
    pub play: Option<PathBuf>,
    #[command(flatten)]
    pub options: RerunOptions,
}

/// As for `run`.
#[cfg(feature = "run")]
#[derive(Debug, clap::Args)]
pub(super) struct RerunOptions {
    /// Of --play: what binds it to workers
    #[arg(long, value_name = "NAME", requires = "play")]
    formation: Option<String>,
    /// A signal to the run, kept until something waits for it; may stand several times
    #[arg(long = "signal", value_name = "NAME[=JSON]")]
    signals: Vec<String>,
    /// Start the programs that `process` lines of the formation name; read them first. Remembered for this folder
    #[arg(long)]
    allow_process: bool,
    /// Where to write events, one JSON object a line; - is stdout
    #[arg(long, value_name = "FILE|-")]
    events: Option<PathBuf>,
    /// The folder that runs are recorded in
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    data: Option<PathBuf>,
    /// Run it there, where the first run is
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    #[command(flatten)]
    asking: Asking,
    #[command(flatten)]
    peers: PeerTokens,
    #[command(flatten)]
    redacting: Redacting,
}

#[cfg(feature = "run")]
impl RerunOptions {
    pub fn into_run(self, file: PathBuf) -> Run {
        let Self { formation, signals, allow_process, events, data, server, asking, peers, redacting } = self;
        let input = "null".to_owned();
        Run { file, input, formation, signals, allow_process, events, data, server, asking, peers, redacting }
    }
}

#[cfg(feature = "run")]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk serve plays/*.play
  chalktalk serve checkout.play --formation street --data ./runs
  chalktalk serve --listen 127.0.0.1:0                 # any free port; the first line of output says which
  chalktalk serve --listen 0.0.0.0:7411 --tls-cert cert.pem --tls-key key.pem --token-file tokens

Every play is a target for StartRun, for Worker.Invoke and for other plays; more can be registered while it runs.
Unfinished runs of the data folder go on. Ctrl-C stops it; what is unfinished then goes on at the next start.")]
pub(super) struct Serve {
    /// .play, .ron or .json files
    pub files: Vec<PathBuf>,
    /// Where to listen. Beyond this computer it wants --tls-cert, and --token-file or --client-ca
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7411")]
    pub listen: std::net::SocketAddr,
    /// The folder that runs and registered plays are kept in
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What an answer survives once the run goes on: the end of this process, or a power cut too, which takes longer
    #[arg(long, value_name = "WHAT", default_value = "process")]
    pub durability: Durability,
    /// Delete runs so long after their end, as in 30d or 12h; without it they are kept for ever
    #[arg(long, value_name = "DURATION")]
    pub keep: Option<crate::base::Dur>,
    /// What binds the plays to workers; the first of each file if it is not named, the demo workers if there is none
    #[arg(long, value_name = "NAME")]
    pub formation: Option<String>,
    /// Start the programs that `process` lines of the formations name; read them first. Remembered for this folder
    #[arg(long)]
    pub allow_process: bool,
    #[command(flatten)]
    pub guarding: Guarding,
    #[command(flatten)]
    pub certificates: Certificates,
    #[command(flatten)]
    pub peers: PeerTokens,
    #[command(flatten)]
    pub redacting: Redacting,
    #[command(flatten)]
    pub bounds: Bounds,
    /// Send traces and metrics to a collector, by OTLP over gRPC; else to the one in `OTEL_EXPORTER_OTLP_ENDPOINT`
    #[cfg(feature = "telemetry")]
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// Serve metrics to Prometheus at `/metrics`, over plain HTTP, as on 127.0.0.1:9464
    #[cfg(feature = "telemetry")]
    #[arg(long, value_name = "ADDR")]
    pub metrics: Option<std::net::SocketAddr>,
}

#[cfg(feature = "run")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Durability {
    Process,
    Power,
}

/// Which server is meant.
#[cfg(feature = "run")]
#[derive(Debug, clap::Args)]
pub(super) struct At {
    /// The server; if it is not named, the one that keeps its runs in the data folder
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// The folder of the server's runs, and of what may be started
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    #[command(flatten)]
    pub asking: Asking,
}

#[cfg(feature = "run")]
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "chalktalk signal [OPTIONS] <RUN> <NAME> [JSON]\n       chalktalk signal [OPTIONS] --key <KEY> <NAME> [JSON]",
    after_help = "\
Examples:
  chalktalk signal last manager-approved '{\"name\": \"Ann\"}'
  chalktalk signal --key o-7 paid --server http://127.0.0.1:7411"
)]
pub(super) struct Signal {
    /// A run (its id, its beginning or its end, or `last`; not with --key), the signal's name, and what it carries
    #[arg(value_name = "RUN NAME JSON", required = true, num_args = 1..=3)]
    pub words: Vec<String>,
    /// To all runs that wait for the name and this key; kept 24 hours for the first if there is none
    #[arg(long)]
    pub key: Option<String>,
    /// The same id twice counts once
    #[arg(long)]
    pub id: Option<String>,
    #[command(flatten)]
    pub at: At,
}

#[cfg(feature = "run")]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk cancel last
  chalktalk cancel 018f3b --reason 'rain' --server http://127.0.0.1:7411")]
pub(super) struct Cancel {
    /// The id of a run, its beginning or its end if only one run has it, or `last`
    pub run: String,
    /// What the run's end will say
    #[arg(long, default_value = "cancelled by hand")]
    pub reason: String,
    #[command(flatten)]
    pub at: At,
}

#[cfg(feature = "run")]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk targets
  chalktalk targets shop --format json --server http://127.0.0.1:7411
  chalktalk targets shop.play --formation street

Of a file, the workers of its formation are asked: each method is listed with the address that it is called at, and what
does not answer is told on stderr. The JSON is one array of {line, address, worker, trouble, methods: [{target, summary,
input, output}]}; input and output are JSON schemas, or null for anything. The exit code is 1 if one does not answer.")]
pub(super) struct Targets {
    /// Only targets of this image, of a server; or what can be called in a formation of this .play, .ron or .json file
    #[arg(value_name = "IMAGE|FILE")]
    pub what: Option<String>,
    /// Of a file: which formation; the first if it is not named, the demo workers if there is none
    #[arg(long, value_name = "NAME")]
    pub formation: Option<String>,
    /// Of a file: start the programs that `process` lines of the formation name, to ask them; read them first
    #[arg(long)]
    pub allow_process: bool,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub at: At,
    #[command(flatten)]
    pub peers: PeerTokens,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk runs
  chalktalk runs --limit 5 --format json --data ./runs")]
pub(super) struct Runs {
    /// At most so many
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The folder that runs are recorded in
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Ask this server instead
    #[cfg(feature = "run")]
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub server: Option<String>,
    #[cfg(feature = "run")]
    #[command(flatten)]
    pub asking: Asking,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk show last
  chalktalk show 018f3b --format json")]
pub(super) struct Show {
    /// The id of a run, its beginning or its end if only one run has it, or `last`
    pub run: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The folder that runs are recorded in
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Ask this server instead
    #[cfg(feature = "run")]
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub server: Option<String>,
    #[cfg(feature = "run")]
    #[command(flatten)]
    pub asking: Asking,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk replay last
  chalktalk replay events.jsonl
  chalktalk replay last --format json > events.jsonl

A file is what 'chalktalk record' and 'chalktalk run --events FILE' write: one JSON object a line.")]
pub(super) struct Replay {
    /// The id of a run, its beginning or its end if only one run has it, or `last`; or a file of events
    #[arg(value_name = "RUN|FILE")]
    pub run: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The folder that runs are recorded in
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chalktalk record last run.jsonl
  chalktalk replay run.jsonl
  chalktalk convert checkout.play then.svg --run run.jsonl --at 2s

The file has a line with the play's text, then one event a line, as JSON. The editor opens it as a replay: name it to
chalktalk, or drop it on the window. It holds what the balls carried: see --redact of 'run' and 'serve'.")]
pub(super) struct Record {
    /// The id of a run, its beginning or its end if only one run has it, or `last`
    pub run: String,
    /// The file to write; nothing that is there is replaced
    pub output: PathBuf,
    /// The folder that runs are recorded in
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}
