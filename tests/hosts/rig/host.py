"""One host: how it is made, booted, ended and looked at."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.hosts.rig import cgroups, layers, packages
from tests.hosts.rig.disks import AttachedDisk, Disk, attach, detach_all_below
from tests.hosts.rig.network import DOMAIN, Network
from tests.hosts.rig.places import is_in_use, remove_tree
from tests.hosts.rig.shell import RigError, run

USER = "ubuntu"
BOOT_SECONDS = 600.0
STOP_SECONDS = 180.0
# Ends with 133 when the host asks for a reboot; only a unit of systemd's own would start it again. What starts it is
# read anew each time, as disks come and go.
BOOT_LOOP = 'while sh "$0"; [ $? -eq 133 ]; do :; done'
VERSION_1_ARGUMENTS = (
    "/usr/local/sbin/rig-first-process",
    "systemd.unified_cgroup_hierarchy=0",
    "systemd.legacy_systemd_cgroup_controller=0",
    "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1",
)


@dataclass
class Host:
    """A host of a rig; `rig` is the rig's folder. What is known of it is kept in a file beside it."""

    name: str
    rig: Path
    network: Network
    address: str
    release: str
    image: str
    aliases: list[str] = field(default_factory=list)
    layers: list[Path] = field(default_factory=list)
    disks: list[AttachedDisk] = field(default_factory=list)
    process: int = 0
    process_start: int = 0
    groups: list[Path] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path, rig: Path, network: Network) -> Host:
        """Read what is kept of a host."""
        kept = json.loads(file.read_text("utf-8"))
        kept["disks"] = [AttachedDisk(**disk) for disk in kept["disks"]]
        kept["groups"] = [Path(group) for group in kept["groups"]]
        kept["layers"] = [Path(layer) for layer in kept["layers"]]
        return cls(rig=rig, network=network, **kept)

    def write(self) -> None:
        """Keep what is known of it."""
        kept = {key: value for key, value in asdict(self).items() if key not in ("rig", "network")}
        self.file.parent.mkdir(exist_ok=True)
        aside = self.file.with_suffix(".new")
        aside.write_text(json.dumps(kept, default=str), encoding="utf-8")
        aside.replace(self.file)

    @property
    def file(self) -> Path:
        """Where what is known of it is kept."""
        return self.rig / "hosts" / f"{self.name}.json"

    @property
    def folder(self) -> Path:
        """Its folder in memory: what it writes, its disks, its console."""
        return self.rig / "memory" / self.name

    @property
    def root(self) -> Path:
        """Its filesystem, seen from this machine."""
        return self.folder / "root"

    @property
    def full_name(self) -> str:
        """Its name with the domain."""
        return f"{self.name}.{DOMAIN}"

    @property
    def console(self) -> str:
        """The last lines of its console."""
        file = self.folder / "console.log"
        return "\n".join(file.read_text("utf-8", "replace").splitlines()[-20:]) if file.exists() else ""

    # --- making it ----------------------------------------------------------------------------------

    def make(self, base: Path, disks: list[Disk], public_key: str) -> None:
        """Make its filesystem, its disks and its network; it does not run yet."""
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        with packages.newest(self.release) as fetched:
            lower = layers.lower_folders(self.layers, base, fetched)
            upper, work = self.folder / "upper", self.folder / "work"
            # volatile: nothing waits for a disk, as nothing is to outlive the machine. redirect_dir: a folder of a layer can
            # be renamed, as on any disk.
            options = f"lowerdir={lower},upperdir={upper},workdir={work},volatile,redirect_dir=on"
            run("mount", "-t", "overlay", f"{self.network.rig}-{self.name}", "-o", options, self.root)
        for disk in disks:
            kept = self.layers[0] / f"{disk.name}.img" if self.layers else None
            origin = kept if kept is not None and kept.exists() else None
            self.disks.append(attach(disk, self.folder / f"{disk.name}.img", origin))
        self._personalise(public_key)
        self.network.connect(self.name, self.address)
        self.write()

    def _personalise(self, public_key: str) -> None:
        etc = self.root / "etc"
        (etc / "hostname").write_text(f"{self.name}\n", "ascii")
        (etc / "hosts").write_text(
            f"127.0.0.1 localhost\n127.0.1.1 {self.full_name} {self.name}\n::1 localhost\n", "ascii"
        )
        (etc / "resolv.conf").write_text(f"nameserver {self.network.gateway}\nsearch {DOMAIN}\n", "ascii")
        (etc / "machine-id").write_text(f"{uuid.uuid4().hex}\n", "ascii")
        for key in (etc / "ssh").glob("ssh_host_*"):  # a layer has those of the host that was saved
            key.unlink()
        run(
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            self.name,
            "-f",
            etc / "ssh/ssh_host_ed25519_key",
        )
        # Ansible reads a file's attributes by it and gives them to the copy that it keeps: what lies in a layer has
        # such of the disk's file system as nothing in memory can have.
        (self.root / "usr/bin/lsattr").unlink(missing_ok=True)
        keys = self.root / "home" / USER / ".ssh/authorized_keys"
        keys.write_text(public_key, "ascii")
        owner = keys.parent.stat()
        os.chown(keys, owner.st_uid, owner.st_gid)

    @property
    def host_key(self) -> str | None:
        """Its line for a file of known hosts; None while it is still being made."""
        try:
            key = (self.root / "etc/ssh/ssh_host_ed25519_key.pub").read_text("ascii").split()
        except FileNotFoundError:
            return None
        return f"{self.name},{self.full_name},{self.address} {key[0]} {key[1]}" if len(key) > 1 else None

    # --- running it ---------------------------------------------------------------------------------

    def boot(self) -> None:
        """Start it; `wait_until_ready` tells when it is up."""
        self.groups = cgroups.make_groups(f"{self.network.rig}.{self.name}", self.disks)
        self.write()
        self._write_command()
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "0" if cgroups.has_version_1() else "1",
            "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",  # sysctl net.* of its own namespace
        }
        with (self.folder / "console.log").open("ab") as console:
            started = subprocess.Popen(
                ["sh", "-c", BOOT_LOOP, self._command],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, env=environment,
                start_new_session=True, preexec_fn=self._enter_groups(),
            )  # fmt: skip
        self.process, self.process_start = started.pid, start_of(started.pid)
        self.write()

    @property
    def _command(self) -> Path:
        return self.folder / "boot"

    def _write_command(self) -> None:
        nspawn = [
            "systemd-nspawn", "--quiet", f"--directory={self.root}", f"--machine={self.network.rig}-{self.name}",
            f"--hostname={self.name}", "--register=no", "--keep-unit",
            f"--network-namespace-path=/run/netns/{self.network.namespace(self.name)}",
            "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=read-only",
            "--capability=CAP_NET_ADMIN,CAP_SYSLOG,CAP_BPF,CAP_PERFMON",
            "--system-call-filter=bpf perf_event_open @keyring", "--kill-signal=SIGRTMIN+3",
            *[f"--bind={disk.loop}:{disk.path}" for disk in self.disks],
            *(VERSION_1_ARGUMENTS if cgroups.has_version_1() else ("--boot",)),
        ]  # fmt: skip
        self._command.write_text(f"exec {shlex.join(nspawn)}\n", "utf-8")

    def _enter_groups(self) -> Callable[[], None]:
        entrances = [group / "cgroup.procs" for group in self.groups]

        def enter() -> None:
            for entrance in entrances:
                entrance.write_text("0")

        return enter

    def is_running(self) -> bool:
        """Tell whether it runs."""
        return self.process > 0 and start_of(self.process) == self.process_start

    def wait_until_ready(self, ssh: list[str], seconds: float = BOOT_SECONDS) -> str:
        """Wait until it takes logins and has started all that it starts.

        Returns:
            systemd's word for its state: "running", or "degraded" when a unit has failed.

        Raises:
            RigError: it ended, or takes no login in `seconds`; with the end of its console.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            # The command as one word: until systemd has started enough, logins are refused with 255.
            asked = run("timeout", "60", *ssh, "systemctl is-system-running --wait", check=False)
            if asked.returncode not in (255, 124) and asked.stdout.strip() not in ("", "offline", "stopping"):
                return asked.stdout.strip()
            if not self.is_running():
                raise RigError(f"{self.name} ended while it booted:\n{self.console}")
            time.sleep(0.05)
        raise RigError(f"{self.name} took no login in {seconds:.0f} s:\n{self.console}")

    def first_process(self) -> int | None:
        """Return the number that its first process has on this machine; None while it does not run."""
        if not self.is_running():
            return None
        for nspawn in children(self.process):
            for child in children(nspawn):
                if number_inside(child) == 1:
                    return child
        return None

    def boot_id(self) -> int:
        """Return what changes when it boots: when its first process was started, 0 while there is none."""
        first = self.first_process()
        return start_of(first) if first else 0

    def crash(self) -> None:
        """End it as a power cut does: at once, and nothing of it is told."""
        first = self.first_process()
        if first is not None:
            os.kill(first, signal.SIGKILL)
        self._wait_for_end()

    def stop(self) -> None:
        """Shut it down in order."""
        if self.is_running():
            for nspawn in children(self.process):
                os.kill(nspawn, signal.SIGTERM)
        self._wait_for_end()

    def _wait_for_end(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.02)
        cgroups.kill_all(self.groups)
        if self.process:
            with contextlib.suppress(ChildProcessError):  # another process has started it
                os.waitpid(self.process, 0)
        self.process = self.process_start = 0
        self.write()

    # --- its disks while it runs ----------------------------------------------------------------------

    def plug_in(self, disk: AttachedDisk) -> None:
        """Give it a disk while it runs, as a cloud attaches a volume; it keeps it over reboots.

        The disk's file may lie outside of the host's folder, and then outlives the host.
        """
        self.disks.append(disk)
        for group in self.groups:
            cgroups.allow(group, disk)
        major, minor = disk.number.split(":")
        self._run_in_it("mkdir", "--parents", str(Path(disk.path).parent))
        self._run_in_it("mknod", disk.path, "b", major, minor)
        self._write_command()
        self.write()

    def pull_out(self, name: str) -> None:
        """Take a disk away while it runs: its file stays, and its path opens nothing until it goes with a reboot."""
        [disk] = [disk for disk in self.disks if disk.name == name]
        self.disks.remove(disk)
        for group in self.groups:
            cgroups.forbid(group, disk)
        run("losetup", "--detach", disk.loop)  # now, or when nothing has it open any more
        self._write_command()
        self.write()

    def _run_in_it(self, *command: str) -> None:
        # Only the machine may make nodes of devices there.
        run("nsenter", f"--target={self.first_process()}", "--mount", "--root", *command)

    # --- ending it ----------------------------------------------------------------------------------

    def save(self, layer: Path) -> None:
        """Shut it down and keep it as a layer in a folder; it is gone then."""
        self.stop()
        self._unmount()
        packages.gather(self.release, self.folder / "upper")
        packages.strip(self.folder / "upper")
        disks = [Disk(disk.name, Path(disk.file).stat().st_size >> 20, disk.path) for disk in self.disks]
        known = layers.Layer(self.release, self.image, disks, self.layers)
        layers.write_layer(layer, known, self.folder / "upper")
        self.destroy()

    def destroy(self) -> None:
        """End it and remove all of it; what it fetched is kept for later hosts."""
        self.crash()
        self._unmount()
        if (self.folder / "upper").is_dir():
            packages.gather(self.release, self.folder / "upper")
        detach_all_below(self.folder)
        self.network.disconnect(self.name)
        cgroups.remove_groups(self.groups)
        remove_tree(self.folder)
        self.file.unlink(missing_ok=True)

    def _unmount(self) -> None:
        deadline = time.monotonic() + 10
        while is_in_use(self.root):
            done = run("umount", self.root, check=False)
            if done.returncode and time.monotonic() > deadline:
                raise RigError(f"{self.root} stays in use: {done.stderr.strip()}")
            time.sleep(0.02 if done.returncode else 0)


def start_of(process: int) -> int:
    """Return when a process was started, in clock ticks since the machine's boot; 0 if it does not run."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def children(process: int) -> list[int]:
    """Return the processes that a process has started."""
    try:
        return [
            int(child)
            for child in Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
        ]
    except OSError:
        return []


def number_inside(process: int) -> int:
    """Return the number that a process has in its innermost namespace; 0 if it does not run."""
    try:
        status = Path(f"/proc/{process}/status").read_text("utf-8")
    except OSError:
        return 0
    return next(int(line.split()[-1]) for line in status.splitlines() if line.startswith("NSpid:"))
