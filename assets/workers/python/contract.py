"""The contract, read from the .proto files themselves: there is no generated code to keep."""

import sys
from pathlib import Path

import grpc
from google.protobuf import any_pb2
from google.rpc import status_pb2

sys.path.append(str(Path(__file__).resolve().parents[3] / "proto"))
protos, services = grpc.protos_and_services("chalktalk/v1/worker.proto")
catch_protos, catch_services = grpc.protos_and_services("chalktalk/v1/quarterback.proto")


class Refused(Exception):
    """Ends a call with a status code, words, and what google.rpc says more of it: `ErrorInfo` and the like.

    UNAVAILABLE and a few other codes are tried again if the play says so.
    """

    def __init__(self, code, message, *details):
        super().__init__(message)
        self.code, self.message, self.details = code, message, [packed(detail) for detail in details]

    def status(self):
        return status_pb2.Status(code=self.code.value[0], message=self.message, details=self.details)


def packed(message):
    result = any_pb2.Any()
    result.Pack(message)
    return result
