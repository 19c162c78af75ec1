"""A server that never heard of Chalktalk: gRPC with reflection, as anybody may have it."""

import sys
import time
from concurrent import futures
from pathlib import Path

import grpc
from google.protobuf import any_pb2
from grpc_reflection.v1alpha import reflection

sys.path.append(str(Path(__file__).resolve().parent))
protos, services = grpc.protos_and_services("shop/v1/orders.proto")


class Orders(services.OrdersServicer):
    def Place(self, order, context):
        print(f"place {order.order_id}", flush=True)
        total = sum(item.price.cents for item in order.items)
        receipt = protos.Receipt(order_id=order.order_id, total={"cents": total, "currency": "EURO"})
        receipt.placed_at.FromSeconds(1_700_000_000)
        metadata = dict(context.invocation_metadata())
        receipt.trace, receipt.key = metadata["traceparent"], metadata["idempotency-key"]
        return receipt

    def Echo(self, order, context):
        if order.card == "slow":
            time.sleep(20)
        return order

    def Prove(self, order, context):
        proof = any_pb2.Any(type_url="type.googleapis.com/nobody.knows.This", value=b"\x01\x02")
        return protos.Receipt(order_id=order.order_id, proof=proof)

    def Refuse(self, order, context):
        context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"no room for {order.order_id}")


server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
services.add_OrdersServicer_to_server(Orders(), server)
services.add_ReturnsServicer_to_server(services.ReturnsServicer(), server)
names = [f"shop.v1.{name}" for name in ("Orders", "Returns")]
if "--mute" not in sys.argv:
    reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(f"listening on 127.0.0.1:{port}", flush=True)
server.wait_for_termination()
