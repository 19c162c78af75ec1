"""Serves a worker at an address, with grpc.health.v1 beside it."""

import signal
import threading

import grpc
from contract import Refused, protos, services
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

LAST_CALLS_SECS = 10


class Worker(services.WorkerServicer):
    def __init__(self, methods, invoke):
        self.methods, self.invoke = methods, invoke

    def Describe(self, request, context):
        return protos.DescribeResponse(worker="python", methods=self.methods)

    def Invoke(self, request, context):
        gone = threading.Event()
        context.add_callback(gone.set)  # Called off, or late: nobody waits any more.
        try:
            return protos.InvokeResponse(ball=self.invoke(request.coordinate, request.ball, gone))
        except Refused as refused:
            context.abort_with_status(rpc_status.to_status(refused.status()))


def serve(address, methods, invoke, pool):
    """Until SIGTERM; then calls that came before it end."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    server, well = grpc.server(pool), health.HealthServicer()
    services.add_WorkerServicer_to_server(Worker(methods, invoke), server)
    health_pb2_grpc.add_HealthServicer_to_server(well, server)
    port = server.add_insecure_port(address)
    for name in ("", "chalktalk.v1.Worker"):
        well.set(name, health_pb2.HealthCheckResponse.SERVING)
    server.start()
    print(f"listening on {address.rpartition(':')[0]}:{port}", flush=True)
    stopped.wait()
    well.enter_graceful_shutdown()
    server.stop(LAST_CALLS_SECS).wait()
