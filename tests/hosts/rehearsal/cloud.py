"""The stand-in for Oracle Cloud with instances that boot: ``python -m tests.hosts.rehearsal.cloud`` and its arguments.

SOCKET SCHEMAS ACCOUNT are those of `tests.terraform.stand_in`; RIG is the id of a rig that is up. An instance is a
host of the rig with the packet filter of Oracle's images, at its private address; the keys of its metadata log in. A
volume is a sparse file of the size that was asked for, which outlives hosts; it comes to the host that runs when its
attachment is made, at the device path which that names. A reserved address is translated to the private one. What is
not played: shapes and their limits, security lists, backups.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hosts.rehearsal.cloud_init import first_commands
from tests.hosts.rehearsal.gateway import reserved, translate
from tests.hosts.rig import Disk, Host, Rig, RigError
from tests.hosts.rig.disks import attach
from tests.terraform.stand_in.cloud import Account, Refused, Values, vnic_of
from tests.terraform.stand_in.server import serve


@dataclass(frozen=True)
class BootingAccount(Account):
    """An account whose instances are hosts of a rig."""

    rig: Rig = field(kw_only=True)

    def keep(self, resource: str, values: Values) -> None:
        """Keep a resource as it is now; one that is new comes to life first.

        Raises:
            Refused: a host does not boot, or is to be something that these hosts cannot be.
        """
        if self.find(resource, values["id"]) is None:
            try:
                self.begin(resource, values)
            except RigError as error:
                raise Refused(error.message) from error
        super().keep(resource, values)
        if resource == "oci_core_public_ip":
            self.publish_addresses()

    def remove(self, resource: str, ocid: str) -> None:
        """Remove a resource, and what came to life with it.

        Raises:
            Refused: another one still refers to it.
        """
        values = self.find(resource, ocid)
        super().remove(resource, ocid)
        if values is not None:
            self.end(resource, values)

    def decide(self, resource: str, attribute: str, values: Values) -> Any:
        """Return what the cloud sets an attribute of a new resource to."""
        if attribute == "ip_address":
            taken = {each["ip_address"] for each in self.all("oci_core_public_ip")}
            return next(str(each) for each in reserved(self.rig.network).hosts() if str(each) not in taken)
        return super().decide(resource, attribute, values)

    # --- what comes to life -----------------------------------------------------------------------

    def begin(self, resource: str, values: Values) -> None:
        """Bring a new resource to life.

        Raises:
            Refused: it is to be something that these hosts cannot be.
            RigError: the rig could not do it.
        """
        match resource:
            case "oci_core_instance":
                card, metadata = values["create_vnic_details"][0], values["metadata"]
                commands = first_commands(metadata["user_data"])
                keys = f"{metadata['ssh_authorized_keys']}\n"
                name = card["hostname_label"]
                self.rig.up(name, image="oci", address=card["private_ip"], keys=keys)
                for command in commands:
                    self.rig.run_on(name, command)
            case "oci_core_volume":
                file = self.file_of_volume(values["id"])
                file.parent.mkdir(exist_ok=True)
                with file.open("wb") as empty:
                    empty.truncate(int(values["size_in_gbs"]) << 30)
            case "oci_core_volume_attachment":
                volume = values["volume_id"]
                disk = Disk(name=volume, path=values["device"])
                self.host(values["instance_id"]).plug_in(attach(disk, self.file_of_volume(volume)))

    def end(self, resource: str, values: Values) -> None:
        """End what came to life with a resource."""
        match resource:
            case "oci_core_instance":
                self.rig.down(values["create_vnic_details"][0]["hostname_label"])
            case "oci_core_volume":
                self.file_of_volume(values["id"]).unlink()
            case "oci_core_volume_attachment":
                self.host(values["instance_id"]).pull_out(values["volume_id"])
            case "oci_core_public_ip":
                self.publish_addresses()

    def publish_addresses(self) -> None:
        """Lead each reserved address to the instance that it is assigned to."""
        private = {
            vnic_of(each["id"]).replace(".vnic.", ".privateip."): each["private_ip"]
            for each in self.all("oci_core_instance")
        }
        public = {each["private_ip_id"]: each["ip_address"] for each in self.all("oci_core_public_ip")}
        translate(
            self.rig.network, {public[each]: address for each, address in private.items() if each in public}
        )

    def all(self, resource: str) -> list[Values]:
        """Return all resources of a type."""
        return [json.loads(file.read_text("utf-8")) for file in self.folder.glob(f"{resource}/*.json")]

    def host(self, instance: str) -> Host:
        """Return the host that an instance is."""
        [values] = [each for each in self.all("oci_core_instance") if each["id"] == instance]
        return self.rig.host(values["create_vnic_details"][0]["hostname_label"])

    def file_of_volume(self, ocid: str) -> Path:
        """Return the file that holds a volume's content, in memory as all of the rig."""
        return self.rig.folder / "memory/volumes" / f"{ocid}.img"


if __name__ == "__main__":
    socket, schemas, account, rig = sys.argv[1:]
    serve(socket, Path(schemas), BootingAccount(Path(account), rig=Rig(rig)))
