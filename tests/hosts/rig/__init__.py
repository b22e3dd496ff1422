"""Hosts that really boot, for the tests: see `rig`."""

from tests.hosts.rig.disks import OCI_DATA_DISK, Disk
from tests.hosts.rig.host import Host
from tests.hosts.rig.network import DOMAIN
from tests.hosts.rig.rig import Rig
from tests.hosts.rig.shell import RigError

__all__ = ["DOMAIN", "OCI_DATA_DISK", "Disk", "Host", "Rig", "RigError"]
