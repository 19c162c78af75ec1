"""A worker for Chalktalk: methods that a play calls as image/version/method.

Run it with `python worker.py --port 50051` (port 0: any free one, see its first line of output), and bind it in a
formation: `stock/3.0.2 service "http://127.0.0.1:50051"`. The contract is proto/chalktalk/v1/worker.proto.
"""

import argparse
import sys
import time
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import json_format, struct_pb2, timestamp_pb2

sys.path.append(str(Path(__file__).resolve().parents[3] / "proto"))
# Reads the .proto file itself: there is no generated code to keep.
protos, services = grpc.protos_and_services("chalktalk/v1/worker.proto")


class Refused(Exception):
    """Ends a call with a status code; UNAVAILABLE and a few others are tried again if the play says so."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def reserve(order):
    """sets the goods of an order aside"""
    if not isinstance(order, dict) or "order_id" not in order:
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "give an order with an order_id")
    return {"order_id": order["order_id"], "reserved": len(order.get("items", [])), "shelf": "P7"}


def slow(job):
    """takes as many milliseconds as `ms` says"""
    time.sleep(job["ms"] / 1000)
    return job


def echo(payload):
    """gives back what it got, whatever message it is"""
    return payload


def stamp(_):
    """answers with a message that is not JSON"""
    return timestamp_pb2.Timestamp(seconds=1_700_000_000)


METHODS = {f"stock/3.0.2/{method.__name__}": method for method in (reserve, slow, echo, stamp)}


class Worker(services.WorkerServicer):
    def Describe(self, request, context):
        described = protos.DescribeResponse(worker="python")
        for coordinate, method in METHODS.items():
            image, version, name = coordinate.split("/")
            described.methods.add(image=image, version=version, method=name, summary=method.__doc__)
        return described

    def Invoke(self, request, context):
        ball, method = request.ball, METHODS.get(request.coordinate)
        # One write a line: calls run side by side, and print() writes each of its parts by itself.
        sys.stdout.write(f"invoke {request.coordinate} {ball.run} {ball.node} {ball.visit} {ball.attempt}\n")
        sys.stdout.flush()
        if method is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"this worker serves {', '.join(METHODS)}")
        answer = protos.InvokeResponse()
        if method is echo:
            answer.ball.payload.CopyFrom(echo(ball.payload))
            return answer
        value = struct_pb2.Value()
        ball.payload.Unpack(value)
        try:
            result = method(json_format.MessageToDict(value))
        except Refused as refused:
            context.abort(refused.code, str(refused))
        if not hasattr(result, "DESCRIPTOR"):
            result = json_format.ParseDict(result, struct_pb2.Value())
        answer.ball.payload.Pack(result)
        return answer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=50051)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    services.add_WorkerServicer_to_server(Worker(), server)
    port = server.add_insecure_port(f"127.0.0.1:{parser.parse_args().port}")
    server.start()
    print("listening on", f"127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
