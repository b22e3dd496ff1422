"""The provider: Terraform's calls, by the schema, upon the account."""

from __future__ import annotations

import functools
import json
import sys
import traceback
from collections.abc import Callable
from typing import Any, TypeAlias

import grpc
from tests.terraform.stand_in.cloud import REPLACES, Account, Place, Refused, Values
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc
from tf.types import Unknown
from tf.utils import read_dynamic_value, to_dynamic_value

Json: TypeAlias = dict[str, Any]
Call: TypeAlias = Callable[["Provider", Any, grpc.ServicerContext], Any]

NESTING = {
    "list": pb.Schema.NestedBlock.NestingMode.LIST,
    "set": pb.Schema.NestedBlock.NestingMode.SET,
    "single": pb.Schema.NestedBlock.NestingMode.SINGLE,
}
PROVIDER: Json = {
    "version": 0,
    "block": {
        "attributes": {
            name: {"type": "string", "optional": True}
            for name in ("tenancy_ocid", "region", "config_file_profile")
        },
        "block_types": {},
    },
}
EMPTY: dict[str, Any] = {"string": "", "number": 0, "bool": False, "map": {}, "list": [], "set": []}


def answers_with(response: Callable[..., Any]) -> Callable[[Call], Call]:
    """Turn what the cloud refuses into Terraform's diagnostics, and log what fails here."""

    def decorate(call: Call) -> Call:
        @functools.wraps(call)
        def guarded(self: Provider, request: Any, context: grpc.ServicerContext) -> Any:
            try:
                with self.account.lock:
                    return call(self, request, context)
            except Refused as refused:
                error = pb.Diagnostic(severity=pb.Diagnostic.ERROR, summary=str(refused))
                return response(diagnostics=[error])
            except Exception:
                traceback.print_exc(file=sys.stderr)
                raise

        return guarded

    return decorate


class Provider(tfplugin_pb2_grpc.ProviderServicer):
    """Serves the given schemas from an account."""

    def __init__(self, schemas: Json, account: Account) -> None:
        self.resources: Json = schemas["resources"]
        self.data_sources: Json = schemas["data_sources"]
        self.account = account

    # --- what there is ----------------------------------------------------------------------------

    def GetMetadata(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.GetMetadata.Response(
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
            resources=[pb.GetMetadata.ResourceMetadata(type_name=name) for name in self.resources],
            data_sources=[pb.GetMetadata.DataSourceMetadata(type_name=name) for name in self.data_sources],
        )

    def GetProviderSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.GetProviderSchema.Response(
            provider=schema_message(PROVIDER),
            resource_schemas={name: schema_message(schema) for name, schema in self.resources.items()},
            data_source_schemas={name: schema_message(schema) for name, schema in self.data_sources.items()},
            server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
        )

    def ValidateProviderConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.ConfigureProvider.Response()

    def StopProvider(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.StopProvider.Response()

    # --- resources --------------------------------------------------------------------------------

    def UpgradeResourceState(self, request: Any, context: grpc.ServicerContext) -> Any:
        return pb.UpgradeResourceState.Response(
            upgraded_state=to_dynamic_value(json.loads(request.raw_state.json))
        )

    @answers_with(pb.ReadResource.Response)
    def ReadResource(self, request: Any, context: grpc.ServicerContext) -> Any:
        current = read_dynamic_value(request.current_state)
        return pb.ReadResource.Response(
            new_state=dynamic(self.account.find(request.type_name, current["id"])), private=request.private
        )

    @answers_with(pb.PlanResourceChange.Response)
    def PlanResourceChange(self, request: Any, context: grpc.ServicerContext) -> Any:
        proposed = read_dynamic_value(request.proposed_new_state)
        prior = read_dynamic_value(request.prior_state)
        if proposed is None:
            return pb.PlanResourceChange.Response(planned_state=request.proposed_new_state)
        planned = with_unknown(self.resources[request.type_name]["block"], proposed, prior)
        replaces = [] if prior is None else replacing_paths(request.type_name, prior, planned)
        return pb.PlanResourceChange.Response(
            planned_state=dynamic(planned), requires_replace=replaces, legacy_type_system=True
        )

    @answers_with(pb.ApplyResourceChange.Response)
    def ApplyResourceChange(self, request: Any, context: grpc.ServicerContext) -> Any:
        kind = request.type_name
        planned = read_dynamic_value(request.planned_state)
        if planned is None:
            self.account.remove(kind, read_dynamic_value(request.prior_state)["id"])
            return pb.ApplyResourceChange.Response(new_state=request.planned_state)

        def decide(attribute: str, of_type: Any) -> Any:
            decided = self.account.decide(kind, attribute, planned)
            return empty(of_type) if decided is None else decided

        if read_dynamic_value(request.prior_state) is None:
            self.account.admit(kind, planned)
        made = with_decisions(self.resources[kind]["block"], planned, decide)
        self.account.keep(kind, made)
        return pb.ApplyResourceChange.Response(new_state=dynamic(made), legacy_type_system=True)

    # --- data sources -----------------------------------------------------------------------------

    @answers_with(pb.ReadDataSource.Response)
    def ReadDataSource(self, request: Any, context: grpc.ServicerContext) -> Any:
        config = read_dynamic_value(request.config)
        attributes = self.data_sources[request.type_name]["block"]["attributes"]
        told = {"id": "stand-in", **self.account.answer(request.type_name, config)}
        told = {name: complete(attributes[name]["type"], value) for name, value in told.items()}
        return pb.ReadDataSource.Response(state=dynamic({**config, **told}))


def schema_message(schema: Json) -> Any:
    """Return a schema as Terraform's protocol has it."""
    return pb.Schema(version=schema["version"], block=block_message(schema["block"]))


def block_message(block: Json) -> Any:
    """Return a block of a schema as Terraform's protocol has it."""
    return pb.Schema.Block(
        attributes=[
            pb.Schema.Attribute(
                name=name,
                type=json.dumps(attribute["type"]).encode(),
                **{flag: attribute.get(flag, False) for flag in ("required", "optional", "computed")},
            )
            for name, attribute in block["attributes"].items()
        ],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                block=block_message(nested["block"]),
                nesting=NESTING[nested["nesting_mode"]],
                min_items=nested.get("min_items", 0),
                max_items=nested.get("max_items", 0),
            )
            for name, nested in block["block_types"].items()
        ],
    )


def dynamic(values: Values | None) -> Any:
    """Return values as the protocol has them; null is a value of its own there."""
    return to_dynamic_value(values) if values is not None else pb.DynamicValue(msgpack=b"\xc0")


def with_unknown(block: Json, proposed: Values, prior: Values | None) -> Values:
    """Return the planned values: what the cloud decides stays as it was, or is not known yet."""
    planned = dict(proposed)
    for name, attribute in block["attributes"].items():
        if attribute.get("computed") and planned[name] is None:
            known = (prior or {}).get(name)
            planned[name] = Unknown if known is None else known
    for name, nested in block["block_types"].items():
        if name == "timeouts" or not isinstance(planned[name], list):
            continue
        before = (prior or {}).get(name) or []
        in_order = nested["nesting_mode"] == "list"
        planned[name] = [
            with_unknown(nested["block"], each, before[place] if in_order and place < len(before) else None)
            for place, each in enumerate(planned[name])
        ]
    return planned


def with_decisions(block: Json, planned: Values, decide: Callable[[str, Any], Any]) -> Values:
    """Return values with what was not known decided."""
    made = {
        name: decide(name, block["attributes"][name]["type"]) if value is Unknown else value
        for name, value in planned.items()
    }
    for name, nested in block["block_types"].items():
        if isinstance(made[name], list):
            made[name] = [with_decisions(nested["block"], each, decide) for each in made[name]]
    return made


def replacing_paths(resource: str, prior: Values, planned: Values) -> list[Any]:
    """Return the paths of changed attributes that make a resource anew."""
    return [
        pb.AttributePath(steps=steps_of(place))
        for place in REPLACES.get(resource, ())
        if value_at(prior, place) != value_at(planned, place)
    ]


def value_at(values: Any, place: Place) -> Any:
    """Return the value at a place; None where there is none, unknown below what is not known."""
    for step in place:
        if values is Unknown or values is None:
            return values
        values = (dict(enumerate(values)) if isinstance(values, list) else values).get(step)
    return values


def steps_of(place: Place) -> list[Any]:
    """Return a place as Terraform's protocol has it."""
    steps, before = [], 0
    for step in place:
        if isinstance(step, int):
            steps.append(pb.AttributePath.Step(element_key_int=step))
        elif isinstance(before, int):
            steps.append(pb.AttributePath.Step(attribute_name=step))
        else:
            steps.append(pb.AttributePath.Step(element_key_string=step))
        before = step
    return steps


def empty(of_type: Any) -> Any:
    """Return the empty value of a type."""
    return EMPTY[of_type if isinstance(of_type, str) else of_type[0]]


def complete(of_type: Any, value: Any) -> Any:
    """Fill an answer's objects with null for what it does not tell."""
    if isinstance(of_type, str) or value is None:
        return value
    kind, inner = of_type
    if kind == "object":
        return {name: complete(field, value.get(name)) for name, field in inner.items()}
    if kind == "map":
        return value
    return [complete(inner, each) for each in value]
