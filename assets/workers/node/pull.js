// Pulls balls from a quarterback, for a worker without an address: see Catch in proto/chalktalk/v1/quarterback.proto.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import { contract, Refused } from "./contract.js";

const HEARTBEAT_MS = 300; // Welcome asks for less.
const AGAIN_MS = 500;
// A quarterback that is gone without a word is noticed.
const options = { "grpc.keepalive_time_ms": 10_000, "grpc.keepalive_timeout_ms": 5_000 };

// By TLS to https:// addresses; reads the files anew, so that a new certificate or token is taken up.
function credentials(address, { ca, "token-file": tokenFile }) {
  if (!address.startsWith("https://")) {
    if (tokenFile) throw new Error("a token goes by TLS only: write --pull https://HOST:PORT");
    return grpc.credentials.createInsecure();
  }
  const tls = grpc.credentials.createSsl(ca ? readFileSync(ca) : null);
  if (!tokenFile) return tls;
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${readFileSync(tokenFile, "utf8").trim()}`);
  const token = grpc.credentials.createFromMetadataGenerator((_, done) => done(null, metadata));
  return grpc.credentials.combineChannelCredentials(tls, token);
}

// Until SIGTERM; then what is in its hands is done first. Comes back when the quarterback does.
export async function pull(address, methods, invoke, files = {}, nAtOnce = 4) {
  const stopping = new AbortController();
  process.on("SIGTERM", () => stopping.abort());
  while (!stopping.signal.aborted) {
    await stream(address, methods, invoke, files, nAtOnce, stopping.signal).catch((error) => {
      if (!error.syscall) throw error;
      console.log(`lost ${address}: ${error.message}`); // A file that is not there at the moment.
    });
    await sleep(AGAIN_MS, null, { signal: stopping.signal }).catch(() => {});
  }
  process.exit(0);
}

// One stream to the quarterback: says what there is to say, and does what it is handed.
async function stream(address, methods, invoke, files, nAtOnce, stopping) {
  const client = new contract.Quarterback(address.replace(/^https?:\/\//, ""), credentials(address, files), options);
  const call = client.Catch();
  const held = new Map();
  call.write({ hello: { worker: "node", methods } });
  call.write({ ready: { credit: nAtOnce } });

  const over = new Promise((done) => {
    call.on("error", (error) => done(console.log(`lost ${address}: ${error.details}`)));
    call.on("end", done);
  });
  call.on("data", ({ welcome, handed, revoked }) => {
    if (welcome) console.log(`pulling from ${address}`);
    if (handed && !stopping.aborted) play(handed); // What comes now goes to the next when the stream ends.
    if (revoked) held.get(revoked.id)?.abort();
  });

  async function play({ id, coordinate, ball }) {
    const gone = new AbortController();
    held.set(id, gone);
    const returned = await invoke(coordinate, ball, gone.signal).then(
      (answer) => ({ id, ball: answer }),
      (error) => {
        const { code, message, details } = Refused.of(error);
        return { id, failed: { code, message, details } };
      },
    );
    call.write({ returned });
    call.write({ ready: { credit: 1 } });
    held.delete(id);
    if (stopping.aborted && held.size === 0) call.end();
  }

  const beats = setInterval(() => call.write({ heartbeat: {} }), HEARTBEAT_MS);
  const stop = () => held.size === 0 && call.end();
  stopping.addEventListener("abort", stop);
  await over;
  clearInterval(beats);
  stopping.removeEventListener("abort", stop);
  held.forEach((gone) => gone.abort());
  client.close();
}
