"""Serve the stand-in on a socket until stdin is closed: ``python -m tests.terraform.stand_in SOCKET SCHEMAS ACCOUNT``.

SCHEMAS is a file, ACCOUNT a folder. Prints a line once it listens. Terraform takes a provider that runs already
when TF_REATTACH_PROVIDERS names it, and then wants neither a certificate nor a start for each command.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from tests.terraform.stand_in.cloud import Account
from tests.terraform.stand_in.provider import Provider
from tf.gen import grpc_controller_pb2, grpc_controller_pb2_grpc, grpc_stdio_pb2_grpc, tfplugin_pb2_grpc


class Controller(grpc_controller_pb2_grpc.GRPCControllerServicer):
    """Hears that one Terraform has finished; others follow."""

    def Shutdown(self, request: Any, context: grpc.ServicerContext) -> Any:
        return grpc_controller_pb2.Empty()


class Stdio(grpc_stdio_pb2_grpc.GRPCStdioServicer):
    """Has nothing to say beside stderr."""

    def StreamStdio(self, request: Any, context: grpc.ServicerContext) -> Any:
        return iter(())


def main(socket: str, schemas: str, account: str) -> None:
    """Serve until stdin is closed, which it is when whoever started this has ended."""
    provider = Provider(json.loads(Path(schemas).read_text("utf-8")), Account(Path(account)))
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    tfplugin_pb2_grpc.add_ProviderServicer_to_server(provider, server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(Controller(), server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(Stdio(), server)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
    server.stop(grace=None).wait()


main(*sys.argv[1:])
