"""The account behind the stand-in: resources as files of a folder, and what data sources are told of them."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

Values: TypeAlias = dict[str, Any]

Place: TypeAlias = tuple[str | int, ...]

# Attributes whose change makes the resource anew in the real provider; its bindings do not tell. A name after a name is
# the key of a map, a name after a number an attribute of a block.
REPLACES: dict[str, tuple[Place, ...]] = {
    "oci_core_vcn": (("dns_label",),),
    "oci_core_default_security_list": (("manage_default_resource_id",),),
    "oci_core_internet_gateway": (("vcn_id",),),
    "oci_core_nat_gateway": (("vcn_id",),),
    "oci_core_route_table": (("vcn_id",),),
    "oci_core_security_list": (("vcn_id",),),
    "oci_core_instance": (
        ("availability_domain",),
        ("is_pv_encryption_in_transit_enabled",),
        ("create_vnic_details", 0, "subnet_id"),
        ("create_vnic_details", 0, "private_ip"),
        ("metadata", "ssh_authorized_keys"),
        ("metadata", "user_data"),
    ),
    "oci_core_volume": (("availability_domain",),),
    "oci_core_volume_attachment": (("device",), ("instance_id",), ("volume_id",), ("attachment_type",)),
    "oci_core_subnet": (
        ("vcn_id",),
        ("availability_domain",),
        ("dns_label",),
        ("prohibit_public_ip_on_vnic",),
    ),
    "oci_core_volume_backup_policy_assignment": (("asset_id",), ("policy_id",)),
}
ARM = ("VM.Standard.A1.Flex", "VM.Standard.A2.Flex")
X86 = ("VM.Standard.E3.Flex", "VM.Standard.E4.Flex", "VM.Standard.E5.Flex")


class Refused(Exception):
    """What the cloud would answer with an error."""


@dataclass(frozen=True)
class Account:
    """An account that lives in a folder.

    ``account.json`` there may hold ``newest_image`` (a date), ``availability_domains`` (how many), ``full`` (the
    numbers of those that have no room for another host) and ``objects`` (names of those in the buckets).
    """

    folder: Path
    lock: threading.RLock = field(default_factory=threading.RLock)  # Terraform asks for ten things at once

    @property
    def settings(self) -> Values:
        """What is set of the account, beside what is usual."""
        file = self.folder / "account.json"
        found: Values = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return {"newest_image": "2026.08.31", "availability_domains": 3, "full": [], "objects": [], **found}

    # --- resources --------------------------------------------------------------------------------

    def file_of(self, resource: str, ocid: str) -> Path:
        """Return the file that holds a resource."""
        return self.folder / resource / f"{ocid}.json"

    def admit(self, resource: str, values: Values) -> None:
        """See that there is room for a new resource.

        Raises:
            Refused: there is none.
        """
        if (
            resource == "oci_core_instance"
            and int(values["availability_domain"][-1]) in self.settings["full"]
        ):
            raise Refused("500-InternalError, Out of host capacity.")

    def keep(self, resource: str, values: Values) -> None:
        """Keep a resource as it is now."""
        file = self.file_of(resource, values["id"])
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values, indent=1, sort_keys=True), encoding="utf-8")

    def find(self, resource: str, ocid: str) -> Values | None:
        """Return a resource, or None when it is not there (any more)."""
        file = self.file_of(resource, ocid)
        return json.loads(file.read_text("utf-8")) if file.exists() else None

    def remove(self, resource: str, ocid: str) -> None:
        """Remove a resource.

        Raises:
            Refused: another one still refers to it, or it is a bucket that holds something.
        """
        if resource == "oci_objectstorage_bucket" and self.settings["objects"]:
            raise Refused("409-BucketNotEmpty, Bucket is not empty. Delete all object versions first.")
        own = self.file_of(resource, ocid)
        for file in self.folder.glob("*/*.json"):
            if file != own and ocid in strings(json.loads(file.read_text("utf-8"))):
                raise Refused(f"409-Conflict: {resource} {ocid} is still used by {file.parent.name}")
        own.unlink()

    def contents(self) -> dict[str, int]:
        """Return how many resources of each type there are."""
        kinds = (file.parent.name for file in self.folder.glob("*/*.json"))
        found: dict[str, int] = {}
        for kind in kinds:
            found[kind] = found.get(kind, 0) + 1
        return found

    # --- what the cloud decides -------------------------------------------------------------------

    def decide(self, resource: str, attribute: str, values: Values) -> Any:
        """Return what the cloud sets an attribute of a new resource to; None where it does not matter here."""
        match attribute:
            case "id":
                return f"ocid1.{resource.removeprefix('oci_').replace('_', '')}.oc1..{secrets.token_hex(8)}"
            case "default_security_list_id":
                return f"ocid1.securitylist.oc1..{secrets.token_hex(8)}"
            case "ip_address":
                taken = len(list(self.folder.glob("oci_core_public_ip/*.json")))
                return f"198.51.100.{10 + taken}"
            case "private_ip" if resource == "oci_core_instance":
                return values["create_vnic_details"][0]["private_ip"]
            case "fault_domain":
                return "FAULT-DOMAIN-1"
            case "state" if resource == "oci_core_instance":
                return "RUNNING"
            case "state":
                return "AVAILABLE"
        return None

    def answer(self, data_source: str, config: Values) -> Values:
        """Return what a data source is told.

        Raises:
            Refused: it asks for something that is not there.
        """
        answers: dict[str, Callable[[Values], Values]] = {
            "oci_identity_availability_domains": self.availability_domains,
            "oci_core_images": self.images,
            "oci_core_image_shapes": self.image_shapes,
            "oci_core_vnic_attachments": self.vnic_attachments,
            "oci_core_private_ips": self.private_ips,
            "oci_objectstorage_namespace": lambda _: {"namespace": "axstandin"},
            "oci_objectstorage_object_versions": lambda _: {
                "items": [{"name": name} for name in self.settings["objects"]]
            },
        }
        return answers[data_source](config)

    def availability_domains(self, config: Values) -> Values:
        names = [f"StAn:REGION-AD-{number + 1}" for number in range(self.settings["availability_domains"])]
        return {
            "availability_domains": [
                {
                    "name": name,
                    "id": f"ocid1.availabilitydomain.oc1..{name}",
                    "compartment_id": config["compartment_id"],
                }
                for name in names
            ]
        }

    def images(self, config: Values) -> Values:
        processor = "aarch64" if config["shape"] in ARM else "amd64"
        serial = self.settings["newest_image"]
        image = {
            "id": f"ocid1.image.oc1..{processor}-{serial}",
            "display_name": f"Canonical-Ubuntu-24.04-{processor}-{serial}",
        }
        return {"images": [image] if config["shape"] in (*ARM, *X86) else []}

    def image_shapes(self, config: Values) -> Values:
        image: str = config["image_id"]
        shapes = ARM if "aarch64" in image else X86
        return {"image_shape_compatibilities": [{"image_id": image, "shape": shape} for shape in shapes]}

    def vnic_attachments(self, config: Values) -> Values:
        if self.find("oci_core_instance", config["instance_id"]) is None:
            raise Refused(f"404-NotAuthorizedOrNotFound: there is no instance {config['instance_id']}")
        vnic = {
            "instance_id": config["instance_id"],
            "vnic_id": vnic_of(config["instance_id"]),
            "state": "ATTACHED",
        }
        return {"vnic_attachments": [vnic]}

    def private_ips(self, config: Values) -> Values:
        for file in self.folder.glob("oci_core_instance/*.json"):
            instance = json.loads(file.read_text("utf-8"))
            if vnic_of(instance["id"]) == config["vnic_id"]:
                ocid = config["vnic_id"].replace(".vnic.", ".privateip.")
                address = {"id": ocid, "ip_address": instance["private_ip"], "is_primary": True}
                return {"private_ips": [{**address, "vnic_id": config["vnic_id"]}]}
        raise Refused(f"404-NotAuthorizedOrNotFound: there is no VNIC {config['vnic_id']}")


def vnic_of(instance: str) -> str:
    """Return the OCID of an instance's first network card."""
    return instance.replace(".coreinstance.", ".vnic.")


def strings(value: Any) -> Iterator[str]:
    """Go through all strings in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
