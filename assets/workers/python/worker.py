"""A worker for Chalktalk: methods that a play calls as image/version/method.

`python worker.py --port 50051` (0: any free one, see its first line of output), bound by `stock/3.0.2 service "http://127.0.0.1:50051"`;
or `python worker.py --pull 127.0.0.1:7411`, bound by `stock/3.0.2 pull`. The contract is proto/chalktalk/v1.
"""
import argparse
import sys
import time
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import json_format, struct_pb2, timestamp_pb2

# Reads the .proto files themselves: there is no generated code to keep.
sys.path.append(str(Path(__file__).resolve().parents[3] / "proto"))
protos, services = grpc.protos_and_services("chalktalk/v1/worker.proto")
from pull import pull  # noqa: E402: it finds its .proto by the path above

class Refused(Exception):
    """Ends a call with a status code and words; UNAVAILABLE and a few others are tried again if the play says so."""

def reserve(order):
    """sets the goods of an order aside"""
    if not isinstance(order, dict) or "order_id" not in order:
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "give an order with an order_id")
    return {"order_id": order["order_id"], "reserved": len(order.get("items", [])), "shelf": "P7"}

def slow(job):
    """takes as many milliseconds as `ms` says"""
    time.sleep(job["ms"] / 1000)
    return job

def fail(job):
    """fails as it is told"""
    raise Refused(grpc.StatusCode[job["code"]], job["message"])

def count(_, counter=iter(range(1, 1 << 62))):
    """counts its calls, the same attempt once"""
    return next(counter)

def stamp(_):
    """answers with a message that is not JSON"""
    return timestamp_pb2.Timestamp(seconds=1_700_000_000)

def echo(payload):
    """gives back what it got, whatever message it is"""
    return payload

METHODS = {f"stock/3.0.2/{method.__name__}": method for method in (reserve, slow, fail, count, stamp, echo)}
answers = {}  # Of the last attempts: one may be handed over twice.

def invoke(coordinate, ball):
    key, method = f"{ball.run} {ball.node} {ball.visit} {ball.attempt}", METHODS.get(coordinate)
    print(f"invoke {coordinate} {key}\n", end="", flush=True)  # One write: calls run side by side.
    if method is None:
        raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"this worker serves {', '.join(METHODS)}")
    if len(answers) > 10_000:
        answers.pop(next(iter(answers)), None)
    return answers.get(key) or answers.setdefault(key, work(method, ball))

def work(method, ball):
    if method is echo:
        return protos.Ball(payload=ball.payload)
    ball.payload.Unpack(value := struct_pb2.Value())
    result, answer = method(json_format.MessageToDict(value)), protos.Ball()
    answer.payload.Pack(result if method is stamp else json_format.ParseDict(result, struct_pb2.Value()))
    return answer

def described():
    named = [(coordinate.split("/"), method.__doc__) for coordinate, method in METHODS.items()]
    return [protos.Method(image=i, version=v, method=m, summary=doc) for (i, v, m), doc in named]

class Worker(services.WorkerServicer):
    def Describe(self, request, context):
        return protos.DescribeResponse(worker="python", methods=described())

    def Invoke(self, request, context):
        try:
            return protos.InvokeResponse(ball=invoke(request.coordinate, request.ball))
        except Refused as refused:
            context.abort(*refused.args)

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, default=50051)
parser.add_argument("--pull", metavar="HOST:PORT")
args, pool = parser.parse_args(), futures.ThreadPoolExecutor(max_workers=16)
if args.pull:
    sys.exit(pull(args.pull.removeprefix("http://"), described(), invoke, Refused, pool))
server = grpc.server(pool)
services.add_WorkerServicer_to_server(Worker(), server)
port = server.add_insecure_port(f"127.0.0.1:{args.port}")
server.start()
print(f"listening on 127.0.0.1:{port}", flush=True)
server.wait_for_termination()
