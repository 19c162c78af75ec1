// A worker for Chalktalk: methods that a play calls as image/version/method.
//
// Run it with `node worker.js --port 50051` (port 0: any free one, see its first line of output), and bind it in a
// formation: `stock/3.0.2 service "http://127.0.0.1:50051"`. The contract is proto/chalktalk/v1/worker.proto.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import protobuf from "protobufjs";

// Reads the .proto file itself: there is no generated code to keep.
const folder = fileURLToPath(new URL("../../../proto", import.meta.url));
const definition = protoLoader.loadSync("chalktalk/v1/worker.proto", { includeDirs: [folder], keepCase: true });
const contract = grpc.loadPackageDefinition(definition).chalktalk.v1;
const wellKnown = protobuf.Root.fromJSON(protobuf.common.get("google/protobuf/struct.proto"));
wellKnown.addJSON(protobuf.common.get("google/protobuf/timestamp.proto").nested);

const pack = (name, message) => ({
  type_url: `type.googleapis.com/google.protobuf.${name}`,
  value: wellKnown.lookupType(`google.protobuf.${name}`).encode(message).finish(),
});

function toJson(value) {
  const entry = ([key, inner]) => [key, toJson(inner)];
  if (value.kind === "structValue") return Object.fromEntries(Object.entries(value.structValue.fields).map(entry));
  if (value.kind === "listValue") return value.listValue.values.map(toJson);
  return value.kind && value.kind !== "nullValue" ? value[value.kind] : null;
}

function toValue(json) {
  if (json === null || json === undefined) return { nullValue: 0 };
  if (Array.isArray(json)) return { listValue: { values: json.map(toValue) } };
  if (typeof json !== "object") return { [`${typeof json === "boolean" ? "bool" : typeof json}Value`]: json };
  return { structValue: { fields: Object.fromEntries(Object.entries(json).map(([key, inner]) => [key, toValue(inner)])) } };
}

// Ends a call with a status code; UNAVAILABLE and a few others are tried again if the play says so.
const refuse = (code, details) => Promise.reject(Object.assign(new Error(details), { code, details }));

let counted = 0;
// [what it does, the method]. A method gets JSON, and gives JSON or a packed message.
const methods = {
  reserve: ["sets the goods of an order aside", (order) =>
    order?.order_id === undefined
      ? refuse(grpc.status.INVALID_ARGUMENT, "give an order with an order_id")
      : { order_id: order.order_id, reserved: (order.items ?? []).length, shelf: "P7" }],
  slow: ["takes as many milliseconds as `ms` says", (job) =>
    job?.ms >= 0 ? new Promise((done) => setTimeout(done, job.ms, job)) : refuse(grpc.status.UNKNOWN, "ms is missing")],
  fail: ["fails as it is told", (job) => refuse(grpc.status[job.code], job.message)],
  count: ["counts its calls, the same attempt once", () => (counted += 1)],
  echo: ["gives back what it got, whatever message it is", null],
  stamp: ["answers with a message that is not JSON", () => pack("Timestamp", { seconds: 1700000000 })],
};
// What was answered to the last attempts: one may be handed over twice.
const answers = new Map();

async function work(name, ball) {
  if (name === "echo") return ball.payload;
  const Value = wellKnown.lookupType("google.protobuf.Value");
  const result = await methods[name][1](toJson(Value.decode(ball.payload?.value ?? [])));
  return result?.type_url ? result : pack("Value", toValue(result));
}

function invoke({ request: { coordinate, ball } }, callback) {
  const key = `${ball.run} ${ball.node} ${ball.visit} ${ball.attempt}`;
  console.log(`invoke ${coordinate} ${key}`);
  const [image, version, name] = coordinate.split("/");
  if (`${image}/${version}` !== "stock/3.0.2" || !Object.hasOwn(methods, name)) {
    const known = Object.keys(methods).map((method) => `stock/3.0.2/${method}`);
    return callback({ code: grpc.status.UNIMPLEMENTED, details: `this worker serves ${known.join(", ")}` });
  }
  if (!answers.has(key)) answers.set(key, work(name, ball));
  if (answers.size > 10_000) answers.delete(answers.keys().next().value);
  answers.get(key).then(
    (payload) => callback(null, { ball: { payload } }),
    ({ code, message }) => callback({ code: Number.isInteger(code) ? code : grpc.status.UNKNOWN, details: message }),
  );
}

function describe(_, callback) {
  const entry = ([method, [summary]]) => ({ image: "stock", version: "3.0.2", method, summary });
  callback(null, { worker: "node", methods: Object.entries(methods).map(entry) });
}

const { values } = parseArgs({ options: { port: { type: "string", default: process.env.PORT ?? "50051" } } });
const server = new grpc.Server();
server.addService(contract.Worker.service, { Describe: describe, Invoke: invoke });
server.bindAsync(`127.0.0.1:${values.port}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`listening on 127.0.0.1:${port}`);
});
