"""Pulls balls from a quarterback, for a worker without an address: see Catch in proto/chalktalk/v1/quarterback.proto."""

import queue
import signal
import threading

from pathlib import Path

import grpc
from contract import Refused, catch_protos as protos, catch_services as services

HEARTBEAT_SECS = 0.3  # Welcome asks for less.
AGAIN_SECS = 0.5
# A quarterback that is gone without a word is noticed.
OPTIONS = [("grpc.keepalive_time_ms", 10_000), ("grpc.keepalive_timeout_ms", 5_000)]


def connect(address, ca, token_file):
    """By TLS to https:// addresses; reads the files anew, so that a new certificate or token is taken up."""
    if not address.startswith("https://"):
        if token_file:
            raise ValueError("a token goes by TLS only: write --pull https://HOST:PORT")
        return grpc.insecure_channel(address.removeprefix("http://"), OPTIONS)
    credentials = grpc.ssl_channel_credentials(Path(ca).read_bytes() if ca else None)
    if token_file:
        token = grpc.access_token_call_credentials(Path(token_file).read_text().strip())
        credentials = grpc.composite_channel_credentials(credentials, token)
    return grpc.secure_channel(address.removeprefix("https://"), credentials, OPTIONS)


class Puller:
    """One stream to the quarterback: says what there is to say, and does what it is handed."""

    def __init__(self, invoke, pool):
        self.invoke, self.pool = invoke, pool
        self.said, self.held = queue.SimpleQueue(), {}

    def tell(self, **what):
        self.said.put(protos.CatchRequest(**what))

    def play(self, handed, gone):
        try:
            what = {"ball": self.invoke(handed.coordinate, handed.ball, gone)}
        except Refused as error:
            what = {"failed": protos.Failed(code=error.code.value[0], message=error.message, details=error.details)}
        except Exception as error:
            what = {"failed": protos.Failed(code=grpc.StatusCode.UNKNOWN.value[0], message=repr(error))}
        self.tell(returned=protos.Returned(id=handed.id, **what))
        self.tell(ready=protos.Ready(credit=1))
        self.held.pop(handed.id, None)

    def take(self, told, stopped):
        if told.HasField("handed") and not stopped.is_set():  # What comes now goes to the next when the stream ends.
            gone = self.held[told.handed.id] = threading.Event()
            self.pool.submit(self.play, told.handed, gone)
        elif told.HasField("revoked") and told.revoked.id in self.held:
            self.held[told.revoked.id].set()

    def beat(self, stopped, over):
        while not over.wait(HEARTBEAT_SECS):
            self.tell(heartbeat=protos.Heartbeat())
            if stopped.is_set() and not self.held:
                return self.said.put(None)  # Ends the stream.


def pull(address, methods, invoke, pool, ca=None, token_file=None, n_at_once=4):
    """Until SIGTERM; then what is in its hands is done first. Comes back when the quarterback does."""
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    while not stopped.is_set():
        over, puller = threading.Event(), Puller(invoke, pool)
        puller.tell(hello=protos.Hello(worker="python", methods=methods))
        puller.tell(ready=protos.Ready(credit=n_at_once))
        threading.Thread(target=puller.beat, args=(stopped, over), daemon=True).start()
        try:
            with connect(address, ca, token_file) as channel:
                for told in services.QuarterbackStub(channel).Catch(iter(puller.said.get, None)):
                    puller.take(told, stopped)
                    if told.HasField("welcome"):
                        print(f"pulling from {address}", flush=True)
        except grpc.RpcError as error:
            print(f"lost {address}: {error.details()}", flush=True)
        except OSError as error:  # A file that is not there at the moment.
            print(f"lost {address}: {error}", flush=True)
        over.set()
        for gone in puller.held.values():
            gone.set()
        stopped.wait(AGAIN_SECS)
