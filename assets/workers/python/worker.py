"""A worker for Chalktalk: methods that a play calls as image/version/method.

Run `python worker.py --port 50051` (port 0: any free one, see its first line of output) and bind it in a formation:
`stock/3.0.2 service "http://127.0.0.1:50051"`. The contract is proto/chalktalk/v1/worker.proto.
"""

import argparse
import sys
import time
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import json_format, struct_pb2, timestamp_pb2

# Reads the .proto file itself: there is no generated code to keep.
sys.path.append(str(Path(__file__).resolve().parents[3] / "proto"))
protos, services = grpc.protos_and_services("chalktalk/v1/worker.proto")


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


def work(method, ball):
    if method is echo:
        return protos.InvokeResponse(ball=protos.Ball(payload=ball.payload))
    ball.payload.Unpack(value := struct_pb2.Value())
    result = method(json_format.MessageToDict(value))
    answer = protos.InvokeResponse()
    answer.ball.payload.Pack(result if method is stamp else json_format.ParseDict(result, struct_pb2.Value()))
    return answer


class Worker(services.WorkerServicer):
    def Describe(self, request, context):
        named = [(coordinate.split("/"), method.__doc__) for coordinate, method in METHODS.items()]
        methods = [protos.Method(image=i, version=v, method=m, summary=doc) for (i, v, m), doc in named]
        return protos.DescribeResponse(worker="python", methods=methods)

    def Invoke(self, request, context):
        ball, method = request.ball, METHODS.get(request.coordinate)
        key = f"{ball.run} {ball.node} {ball.visit} {ball.attempt}"
        print(f"invoke {request.coordinate} {key}\n", end="", flush=True)  # One write: calls run side by side.
        if method is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"this worker serves {', '.join(METHODS)}")
        if len(answers) > 10_000:
            answers.pop(next(iter(answers)), None)
        try:
            return answers.get(key) or answers.setdefault(key, work(method, ball))
        except Refused as refused:
            context.abort(*refused.args)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, default=50051)
server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
services.add_WorkerServicer_to_server(Worker(), server)
port = server.add_insecure_port(f"127.0.0.1:{parser.parse_args().port}")
server.start()
print(f"listening on 127.0.0.1:{port}", flush=True)
server.wait_for_termination()
