"""Pulls balls from a quarterback, for a worker without an address: see Catch in proto/chalktalk/v1/quarterback.proto."""

import queue
import threading
import time

import grpc

protos, services = grpc.protos_and_services("chalktalk/v1/quarterback.proto")

HEARTBEAT_SECS = 0.3  # Welcome asks for less.


def pull(address, methods, invoke, refused, pool, n_at_once=4):
    """Serves `methods` by invoke(coordinate, ball), which gives a ball or raises `refused`, until the server goes."""
    said = queue.SimpleQueue()

    def tell(**what):
        said.put(protos.CatchRequest(**what))

    def play(handed):
        try:
            what = {"ball": invoke(handed.coordinate, handed.ball)}
        except refused as error:
            status, message = error.args
            what = {"failed": protos.Failed(code=status.value[0], message=message)}
        except Exception as error:
            what = {"failed": protos.Failed(code=grpc.StatusCode.UNKNOWN.value[0], message=repr(error))}
        tell(returned=protos.Returned(id=handed.id, **what))
        tell(ready=protos.Ready(credit=1))

    def beat():
        while True:
            time.sleep(HEARTBEAT_SECS)
            tell(heartbeat=protos.Heartbeat())

    tell(hello=protos.Hello(worker="python", methods=methods))
    tell(ready=protos.Ready(credit=n_at_once))
    threading.Thread(target=beat, daemon=True).start()
    for told in services.QuarterbackStub(grpc.insecure_channel(address)).Catch(iter(said.get, None)):
        if told.HasField("handed"):
            pool.submit(play, told.handed)
        elif told.HasField("welcome"):
            print(f"pulling from {address}", flush=True)
