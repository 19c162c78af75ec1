// Serves a worker at an address, with grpc.health.v1 beside it.

import grpc from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { contract, Refused } from "./contract.js";

const LAST_CALLS_MS = 10_000;

// Until SIGTERM; then calls that came before it end.
export function serve(address, methods, invoke) {
  const server = new grpc.Server();
  const well = new HealthImplementation({ "": "SERVING", "chalktalk.v1.Worker": "SERVING" });
  server.addService(contract.Worker.service, {
    Describe: (_, answer) => answer(null, { worker: "node", methods }),
    Invoke: (call, answer) => {
      const gone = new AbortController();
      call.on("cancelled", () => gone.abort()); // Called off, or late: nobody waits any more.
      invoke(call.request.coordinate, call.request.ball, gone.signal).then(
        (ball) => answer(null, { ball }),
        (error) => answer(Refused.of(error).status()),
      );
    },
  });
  well.addToServer(server);
  server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    console.log(`listening on ${address.slice(0, address.lastIndexOf(":"))}:${port}`);
  });
  process.on("SIGTERM", () => {
    for (const name of ["", "chalktalk.v1.Worker"]) well.setStatus(name, "NOT_SERVING");
    server.tryShutdown(() => process.exit(0));
    setTimeout(() => server.forceShutdown(), LAST_CALLS_MS).unref();
  });
}
