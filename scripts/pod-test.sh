#!/usr/bin/env bash
# Runs tests/export/pod.play on both physical flows, services and one pod, and holds the events of one to the other's.
#
# The pod is the manifest of `chalktalk export pod`, played by podman on images that are built FROM scratch around the
# programs of the last build. Give --if-possible to have a machine that cannot run containers told, not failed: one where
# podman does not run a pod with nothing in it but `true`. Whatever fails after that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

cannot() {
  echo "no pod is run here: $1"
  [ "$if_possible" = yes ] && exit 0
  exit 1
}

if_possible=no
[ "${1:-}" = "--if-possible" ] && if_possible=yes
command -v podman >/dev/null || cannot "podman is missing (apt-get install podman runc catatonit)"
command -v nsenter >/dev/null || cannot "nsenter is missing (apt-get install util-linux)"
[ "$(id -u)" = 0 ] || cannot "entering the pod's network needs root"

if [ "${IN_A_NETWORK_OF_ITS_OWN:-}" != yes ]; then
  cargo build --quiet --locked --bin chalktalk --example worker
  # podman opens the ports of containers on the machine: here, in a network where nothing else listens.
  unshare --net true 2>/dev/null || cannot "the system gives no network namespace"
  IN_A_NETWORK_OF_ITS_OWN=yes exec unshare --net "$0" "$@"
fi
ip link set lo up || cannot "the loopback of a new network does not come up (is iproute2 installed?)"
bin="${CARGO_TARGET_DIR:-target}/debug"
work="$(mktemp -d)"
export CONTAINERS_CONF="$work/containers.conf" CONTAINERS_STORAGE_CONF="$work/storage.conf"
cat >"$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
cat >"$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "vfs"
graphroot = "$work/graph"
runroot = "$work/run"
CONF

started=()
clean() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  podman play kube --down "$work/pod.yaml" >/dev/null 2>&1 || true
  podman play kube --down "$work/probe.yaml" >/dev/null 2>&1 || true
  podman rmi --all --force >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean EXIT

# An image with nothing in it but the program, the libraries that it loads and what the entry says.
image() {
  local name="$1" program="$2" entry="$3" root="$work/image"
  rm -rf "$root" && mkdir -p "$root"
  cp "$program" "$root/program"
  # No library at all if the program is static.
  for library in $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*' || true); do
    mkdir -p "$root$(dirname "$library")" && cp -L "$library" "$root$library" || return
  done
  printf 'FROM scratch\nCOPY . /\nENTRYPOINT %s\n' "$entry" >"$root/Containerfile"
  podman build --quiet --tag "localhost/$name" "$root" >/dev/null || { echo "podman builds no image $name" >&2; return 1; }
}

# The least pod that there is: whether containers can be run here at all has nothing to do with the programs.
probe() {
  image probe:pod-test "$(type -P true)" '["/program"]' || return
  cat >"$work/probe.yaml" <<POD
apiVersion: v1
kind: Pod
metadata: { name: pod-test-probe }
spec:
  restartPolicy: Never
  containers: [{ name: probe, image: "localhost/probe:pod-test", imagePullPolicy: Never }]
POD
  podman play kube "$work/probe.yaml" || return
  [ "$(podman wait pod-test-probe-probe)" = 0 ] || return
  podman play kube --down "$work/probe.yaml"
}
if ! probe >"$work/probe.log" 2>&1; then
  cat "$work/probe.log" >&2
  cannot "podman does not run a pod with nothing in it but 'true'; above is what it says"
fi

image chalktalk:pod-test "$bin/chalktalk" '["/program"]'
image stock:3.0.2 "$bin/examples/worker" '["/program", "--listen", "127.0.0.1:50051"]'

play=tests/export/pod.play
"$bin/chalktalk" export pod "$play" --formation pod --name pod-test --quarterback localhost/chalktalk:pod-test >"$work/pod.yaml"
podman play kube "$work/pod.yaml" >"$work/play.log" 2>&1 || { cat "$work/play.log" >&2; echo "podman plays no pod" >&2; exit 1; }
one="$(podman ps --quiet --filter name=pod-test | sed -n 1p)"
[ -n "$one" ] || { podman ps --all >&2; echo "podman started no container" >&2; exit 1; }
pid="$(podman inspect --format '{{.State.Pid}}' "$one")"

# What happened, without what differs from run to run: its id, its times and how long it took.
events() {
  local server="$1"
  shift
  local run
  for input in '{"order_id": "o-1", "items": [1, 2, 3]}' '{"items": []}'; do
    "$@" "$bin/chalktalk" run test/1/pod --server "$server" --input "$input" --events "$work/events" >"$work/result" 2>&1 || true
    cat "$work/result"
    grep -o '"event":.*' "$work/events" | sed 's/[0-9a-f]\{8\}-[0-9a-f]\{4\}-[0-9a-f-]\{22\}/RUN/g; s/"\(started_ms\|until\|digest\)":[^,}]*/"\1":0/g; s/"formation":"[a-z]*"/"formation":"F"/'
  done
}

# As services: the same programs outside of any container.
says() {
  until grep -o '127\.0\.0\.1:[0-9]*' "$1"; do
    kill -0 "${started[-1]}" || { cat "$1" >&2; exit 1; }
    sleep 0.1
  done | sed -n 1p
}
"$bin/examples/worker" --listen 127.0.0.1:0 >"$work/worker.log" 2>&1 &
started+=($!)
worker="$(says "$work/worker.log")"
sed "s/127.0.0.1:50051/$worker/" "$play" >"$work/pod-test.play"
"$bin/chalktalk" serve "$work/pod-test.play" --formation services --listen 127.0.0.1:0 --data "$work/data" >"$work/serve.log" 2>&1 &
started+=($!)
server="http://$(says "$work/serve.log")"
events "$server" env >"$work/services.events"

until nsenter --target "$pid" --net "$bin/chalktalk" targets --server http://127.0.0.1:7411 >/dev/null 2>&1; do
  [ "$SECONDS" -lt 120 ] || { podman logs "$one" >&2; echo "the quarterback in the pod does not answer" >&2; exit 1; }
  sleep 0.2
done
events http://127.0.0.1:7411 nsenter --target "$pid" --net >"$work/pod.events"

diff "$work/services.events" "$work/pod.events"
[ "$(grep -c Called "$work/pod.events")" -ge 4 ] || { cat "$work/pod.events"; echo "too little happened" >&2; exit 1; }
echo "the same $(wc -l <"$work/pod.events") lines of events and results on services and in a pod"
