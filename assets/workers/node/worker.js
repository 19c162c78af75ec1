// A worker for Chalktalk: methods that a play calls as image/version/method.
//
// `node worker.js --listen 127.0.0.1:50051` (port 0: any free one, see its first line of output; 0.0.0.0 in a
// container), bound by `stock/3.0.2 service "http://127.0.0.1:50051"`; or `node worker.js --pull 127.0.0.1:7411`, bound
// by `stock/3.0.2 pull`, from another computer with `https://HOST:PORT --ca ca.pem --token-file token`. The contract is
// proto/chalktalk/v1.

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { status } from "@grpc/grpc-js";
import { pack, Refused, toJson, toValue, unpack } from "./contract.js";
import { pull } from "./pull.js";
import { serve } from "./serve.js";

const keyOf = (ball) => `${ball.run} ${ball.node} ${ball.visit} ${ball.attempt}`;

function reserve(order) {
  if (order?.order_id === undefined) {
    const fieldViolations = [{ field: "order_id", description: "is missing" }];
    throw new Refused(status.INVALID_ARGUMENT, "give an order with an order_id", pack("google.rpc.BadRequest", { fieldViolations }));
  }
  return { order_id: order.order_id, reserved: (order.items ?? []).length, shelf: "P7" };
}

async function slow(job, ball, signal) {
  if (!(job?.ms >= 0)) throw new TypeError("ms is missing");
  return sleep(job.ms, job, { signal }).catch(() => {
    console.log(`gave up ${keyOf(ball)}`);
    throw new Refused(status.CANCELLED, "nobody waits for it any more");
  });
}

function fail({ code, message, reason, retry_ms: retryMs }) {
  const details = [];
  if (reason !== undefined) {
    details.push(pack("google.rpc.ErrorInfo", { reason, domain: "stock.example", metadata: { shelf: "P7" } }));
  }
  if (retryMs !== undefined) details.push(pack("google.rpc.RetryInfo", { retryDelay: { nanos: retryMs * 1e6 } }));
  throw new Refused(status[code], message, ...details);
}

const about = (_, ball) => ({ headers: ball.headers, has_deadline: Boolean(ball.deadline), attempt: ball.attempt });

let counted = 0;
// [what it does, the method]. A method gets JSON, the ball and a signal that nobody waits any more; it gives JSON or a
// packed message.
const methods = {
  reserve: ["sets the goods of an order aside", reserve],
  slow: ["takes as many milliseconds as `ms` says", slow],
  fail: ["fails as it is told", fail],
  count: ["counts its calls, the same attempt once", () => (counted += 1)],
  echo: ["gives back what it got, whatever message it is", null],
  stamp: ["answers with a message that is not JSON", () => pack("google.protobuf.Timestamp", { seconds: 1700000000 })],
  about: ["tells what came with the ball, and sends a header on with it", about],
};
// What was answered to the last attempts: one may be handed over twice.
const answers = new Map();

async function work(name, ball, signal) {
  if (name === "echo") return { payload: ball.payload };
  const result = await methods[name][1](toJson(unpack("google.protobuf.Value", ball.payload)), ball, signal);
  const payload = result?.type_url ? result : pack("google.protobuf.Value", toValue(result));
  return { payload, headers: name === "about" ? { "stock-seen": ball.node } : {} };
}

async function invoke(coordinate, ball, signal) {
  const key = keyOf(ball);
  console.log(`invoke ${coordinate} ${key}`);
  const [image, version, name] = coordinate.split("/");
  if (`${image}/${version}` !== "stock/3.0.2" || !Object.hasOwn(methods, name)) {
    const known = Object.keys(methods).map((method) => `stock/3.0.2/${method}`);
    throw new Refused(status.UNIMPLEMENTED, `this worker serves ${known.join(", ")}`);
  }
  if (answers.size > 10_000) answers.delete(answers.keys().next().value);
  if (!answers.has(key)) answers.set(key, await work(name, ball, signal));
  return answers.get(key);
}

const entry = ([method, [summary]]) => ({ image: "stock", version: "3.0.2", method, summary });
const described = Object.entries(methods).map(entry);
const text = { type: "string" };
const options = { listen: { ...text, default: "127.0.0.1:50051" }, pull: text, ca: text, "token-file": text };
const { values } = parseArgs({ options });
if (values.pull) pull(values.pull, described, invoke, values);
else serve(values.listen, described, invoke);
