// The contract, read from the .proto files themselves: there is no generated code to keep.

import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import protobuf from "protobufjs";

const folder = fileURLToPath(new URL("../../../proto", import.meta.url));
const options = { includeDirs: [folder], keepCase: true, longs: Number, oneofs: true };
const load = (file) => grpc.loadPackageDefinition(protoLoader.loadSync(file, options)).chalktalk.v1;
export const contract = { ...load("chalktalk/v1/worker.proto"), ...load("chalktalk/v1/quarterback.proto") };

// What google.rpc says of an error, beside the well-known messages.
const root = protobuf.parse(`
  syntax = "proto3"; package google.rpc;
  message Status { int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message RetryInfo { google.protobuf.Duration retry_delay = 1; }
  message BadRequest {
    repeated FieldViolation field_violations = 1;
    message FieldViolation { string field = 1; string description = 2; }
  }`).root;
for (const file of ["any", "duration", "struct", "timestamp"]) {
  root.addJSON(protobuf.common.get(`google/protobuf/${file}.proto`).nested);
}

export const pack = (name, message) => ({
  type_url: `type.googleapis.com/${name}`,
  value: root.lookupType(name).encode(message).finish(),
});

export const unpack = (name, any) => root.lookupType(name).decode(any?.value ?? []);

export function toJson(value) {
  const entry = ([key, inner]) => [key, toJson(inner)];
  if (value.kind === "structValue") return Object.fromEntries(Object.entries(value.structValue.fields).map(entry));
  if (value.kind === "listValue") return value.listValue.values.map(toJson);
  return value.kind && value.kind !== "nullValue" ? value[value.kind] : null;
}

export function toValue(json) {
  if (json === null || json === undefined) return { nullValue: 0 };
  if (Array.isArray(json)) return { listValue: { values: json.map(toValue) } };
  if (typeof json !== "object") return { [`${typeof json === "boolean" ? "bool" : typeof json}Value`]: json };
  return { structValue: { fields: Object.fromEntries(Object.entries(json).map(([key, inner]) => [key, toValue(inner)])) } };
}

// Ends a call with a status code, words and packed details; UNAVAILABLE and a few others are tried again if the play
// says so. What is thrown otherwise is a mistake of the method, and final.
export class Refused extends Error {
  constructor(code, message, ...details) {
    super(message);
    Object.assign(this, { code, details });
  }

  static of(error) {
    return error instanceof Refused ? error : new Refused(grpc.status.UNKNOWN, String(error?.message ?? error));
  }

  // As a gRPC server gives it.
  status() {
    const metadata = new grpc.Metadata();
    // Protobuf's names in lower camel case, as protobufjs has them.
    const details = this.details.map(({ type_url, value }) => ({ type_url, value }));
    const status = root.lookupType("google.rpc.Status");
    const bytes = status.encode({ code: this.code, message: this.message, details }).finish();
    metadata.set("grpc-status-details-bin", Buffer.from(bytes));
    return { code: this.code, details: this.message, metadata };
  }
}
