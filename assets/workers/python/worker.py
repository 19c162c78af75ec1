"""A worker for Chalktalk: methods that a play calls as image/version/method.

`python worker.py --listen 127.0.0.1:50051` (port 0: any free one, see its first line of output; 0.0.0.0 in a container),
bound by `stock/3.0.2 service "http://127.0.0.1:50051"`; or `python worker.py --pull 127.0.0.1:7411`, bound by
`stock/3.0.2 pull`, from another computer with `https://HOST:PORT --ca ca.pem --token-file token`. The contract is
proto/chalktalk/v1.
"""
import argparse
from concurrent import futures

import grpc
from contract import Refused, packed, protos
from google.protobuf import duration_pb2, json_format, struct_pb2, timestamp_pb2
from google.rpc import error_details_pb2 as rpc
from pull import pull
from serve import serve

def reserve(order, *_):
    """sets the goods of an order aside"""
    if not isinstance(order, dict) or "order_id" not in order:
        missing = rpc.BadRequest.FieldViolation(field="order_id", description="is missing")
        raise Refused(grpc.StatusCode.INVALID_ARGUMENT, "give an order with an order_id", rpc.BadRequest(field_violations=[missing]))
    return {"order_id": order["order_id"], "reserved": len(order.get("items", [])), "shelf": "P7"}

def slow(job, ball, gone):
    """takes as many milliseconds as `ms` says"""
    if gone.wait(job["ms"] / 1000):
        print(f"gave up {key_of(ball)}\n", end="", flush=True)
        raise Refused(grpc.StatusCode.CANCELLED, "nobody waits for it any more")
    return job

def fail(job, *_):
    """fails as it is told"""
    details = []
    if "reason" in job:
        details.append(rpc.ErrorInfo(reason=job["reason"], domain="stock.example", metadata={"shelf": "P7"}))
    if "retry_ms" in job:
        details.append(rpc.RetryInfo(retry_delay=duration_pb2.Duration(nanos=int(job["retry_ms"] * 1e6))))
    raise Refused(grpc.StatusCode[job["code"]], job["message"], *details)

def count(*_, counter=iter(range(1, 1 << 62))):
    """counts its calls, the same attempt once"""
    return next(counter)

def stamp(*_):
    """answers with a message that is not JSON"""
    return timestamp_pb2.Timestamp(seconds=1_700_000_000)

def echo(payload, *_):
    """gives back what it got, whatever message it is"""
    return payload

def about(_, ball, gone):
    """tells what came with the ball, and sends a header on with it"""
    return {"headers": dict(ball.headers), "has_deadline": ball.HasField("deadline"), "attempt": ball.attempt}

METHODS = {f"stock/3.0.2/{method.__name__}": method for method in (reserve, slow, fail, count, stamp, echo, about)}
answers = {}  # Of the last attempts: one may be handed over twice.

def key_of(ball):
    return f"{ball.run} {ball.node} {ball.visit} {ball.attempt}"

def invoke(coordinate, ball, gone):
    key, method = key_of(ball), METHODS.get(coordinate)
    print(f"invoke {coordinate} {key}\n", end="", flush=True)  # One write: calls run side by side.
    if method is None:
        raise Refused(grpc.StatusCode.UNIMPLEMENTED, f"this worker serves {', '.join(METHODS)}")
    if len(answers) > 10_000:
        answers.pop(next(iter(answers)), None)
    return answers.get(key) or answers.setdefault(key, work(method, ball, gone))

def work(method, ball, gone):
    if method is echo:
        return protos.Ball(payload=ball.payload)
    ball.payload.Unpack(value := struct_pb2.Value())
    result = method(json_format.MessageToDict(value), ball, gone)
    payload = packed(result if method is stamp else json_format.ParseDict(result, struct_pb2.Value()))
    return protos.Ball(payload=payload, headers={"stock-seen": ball.node} if method is about else {})

def described():
    named = [(coordinate.split("/"), method.__doc__) for coordinate, method in METHODS.items()]
    return [protos.Method(image=i, version=v, method=m, summary=doc) for (i, v, m), doc in named]

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:50051")
parser.add_argument("--pull", metavar="HOST:PORT")
parser.add_argument("--ca", metavar="FILE")
parser.add_argument("--token-file", metavar="FILE")
args, pool = parser.parse_args(), futures.ThreadPoolExecutor(max_workers=64)
if args.pull:
    pull(args.pull, described(), invoke, pool, args.ca, args.token_file)
else:
    serve(args.listen, described(), invoke, pool)
