"""The stand-in as a process that Terraform finds running.

Terraform takes a provider that runs already when TF_REATTACH_PROVIDERS names it, and then wants neither a
certificate nor a start for each command.
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


def serve(socket: str, schemas: Path, account: Account) -> None:
    """Serve until stdin is closed, which it is when whoever started this has ended; print a line once it listens.

    Args:
        socket: path of the socket to listen on.
        schemas: file with the schemas of what is served.
        account: what it is served from.
    """
    provider = Provider(json.loads(schemas.read_text("utf-8")), account)
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    tfplugin_pb2_grpc.add_ProviderServicer_to_server(provider, server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(Controller(), server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(Stdio(), server)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
    server.stop(grace=None).wait()
