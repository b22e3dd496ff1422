"""The rig itself: its hosts are like real ones where the roles need it, and nothing of them stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from testinfra.host import Host
from tests.hosts.conftest import reach
from tests.hosts.rig import OCI_DATA_DISK, Disk, Rig, RigError
from tests.hosts.rig.acme import AcmeServer
from tests.hosts.rig.disks import attach
from tests.hosts.rig.places import STATE, mounts
from tests.hosts.rig.rig import take_down_abandoned
from tests.hosts.rig.shell import run

pytestmark = pytest.mark.timeout(1200)  # an image may have to be made first

Boot = Callable[..., Host]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_a_host_boots_and_nothing_on_it_has_failed(boot: Boot, release: str) -> None:
    host = boot("plain", release=release)
    assert host.check_output("systemctl is-system-running") == "running"
    assert host.system_info.codename == release
    assert host.check_output("cat /proc/1/comm") == "systemd"
    assert host.user("ubuntu").exists


@pytest.mark.parametrize("release", ["bookworm", "trixie"])
def test_the_memory_limit_of_a_unit_holds(boot: Boot, release: str) -> None:
    host = boot("memory", release=release)
    take = 'systemd-run --quiet --wait --pipe {} python3 -c \'x = b"a" * 300_000_000; print("took it")\''
    assert host.run(take.format("")).stdout == "took it\n"
    limited = host.run(take.format("-p MemoryMax=64M -p MemorySwapMax=0") + " || exit 1")
    assert limited.rc == 1
    assert limited.stdout == ""


def test_the_data_disk_is_empty_at_first_and_really_fills_up(boot: Boot) -> None:
    host = boot("disk", disks=(Disk("data", 128),))
    assert host.run(f"blkid {OCI_DATA_DISK}").rc == 2
    host.check_output(f"mkfs.ext4 -q {OCI_DATA_DISK} && mkdir /data && mount {OCI_DATA_DISK} /data")
    filled = host.run("dd if=/dev/zero of=/data/fill bs=1M")
    assert "No space left on device" in filled.stderr
    assert 90 << 20 < host.file("/data/fill").size < 128 << 20


def test_a_disk_that_comes_to_a_running_host_stays_over_a_reboot_and_outlives_the_host(
    rig: Rig, boot: Boot, tmp_path: Path
) -> None:
    host, volume = boot("late"), tmp_path / "volume.img"
    assert not host.file(OCI_DATA_DISK).exists
    rig.host("late").plug_in(attach(Disk("volume", 64), volume))
    host.check_output(f"mkfs.ext4 -q {OCI_DATA_DISK} && mkdir /data && mount {OCI_DATA_DISK} /data")
    host.check_output("echo kept > /data/file && sync")

    rig.reboot("late")
    host.check_output(f"mount {OCI_DATA_DISK} /data")
    assert host.file("/data/file").content_string == "kept\n"
    host.check_output("umount /data")

    rig.host("late").pull_out("volume")
    assert host.run(f"head -c 1 {OCI_DATA_DISK}").stdout == ""
    other = boot("heir")
    rig.host("heir").plug_in(attach(Disk("volume", 64), volume))
    other.check_output(f"mkdir /data && mount {OCI_DATA_DISK} /data")
    assert other.file("/data/file").content_string == "kept\n"
    other.check_output("umount /data")
    rig.host("heir").pull_out("volume")
    assert str(volume) not in run("losetup", "--noheadings", "--output", "BACK-FILE").stdout


def test_files_rules_and_mounts_outlive_a_reboot_and_a_power_cut(rig: Rig, boot: Boot) -> None:
    host = boot("cloud", release="trixie", image="oci", disks=(Disk("data", 128),))
    rules = host.check_output("iptables -S")
    assert "-A INPUT -j REJECT --reject-with icmp-host-prohibited" in rules
    assert "-N InstanceServices" in rules
    host.check_output(f"mkfs.ext4 -q {OCI_DATA_DISK} && mkdir /data")
    uuid = host.check_output(f"blkid -o value -s UUID {OCI_DATA_DISK}")
    host.check_output(f"echo 'UUID={uuid} /data ext4 defaults,nofail 0 2' >> /etc/fstab && mount /data")
    host.check_output("echo kept > /data/file && echo kept > /etc/file && sync")

    rig.reboot("cloud")
    assert host.file("/data/file").content_string == host.file("/etc/file").content_string == "kept\n"
    assert host.check_output("iptables -S") == rules

    rig.host("cloud").crash()
    assert not rig.host("cloud").is_running()
    rig.boot("cloud")
    assert host.file("/data/file").content_string == host.file("/etc/file").content_string == "kept\n"
    assert host.check_output("iptables -S") == rules
    assert host.check_output("systemctl is-system-running") == "running"


def test_oracle_s_rules_let_nothing_in_but_ssh(rig: Rig, boot: Boot) -> None:
    closed = boot("closed", image="oci")
    opened = boot("opened")
    for host in (closed, opened):
        host.check_output("systemd-run --quiet python3 -m http.server 8000")
        host.check_output("timeout 30 sh -c 'until ss -ltn | grep -q :8000; do sleep 0.1; done'")
    assert closed.run("curl -sSf -m 10 http://opened.matchcast.test:8000/").rc == 0
    refused = opened.run("curl -sSf -m 10 http://closed.matchcast.test:8000/")
    assert refused.rc == 7, refused.stderr


def test_hosts_find_each_other_by_name_and_the_registries_as_any_host_does(boot: Boot) -> None:
    host = boot("one", aliases=("live.matchcast.test",))
    other = boot("two")
    address = host.check_output("hostname -I").split()[0]
    for name in ("one", "one.matchcast.test", "live.matchcast.test"):
        assert other.check_output(f"getent ahostsv4 {name}").split()[0] == address
    assert other.run("getent ahosts nobody.matchcast.test").rc == 2
    updated = other.run("apt-get update")
    assert updated.rc == 0
    assert "Err:" not in updated.stdout


def test_a_host_that_is_still_being_made_keeps_no_other_from_coming_up(rig: Rig, boot: Boot) -> None:
    boot("slow")
    key = rig.host("slow").root / "etc/ssh/ssh_host_ed25519_key.pub"
    made = key.read_text("ascii")
    for halfway in (key.unlink, lambda: key.write_text("ssh-ed25519", "ascii")):
        halfway()
        boot("quick")
        rig.down("quick")
    key.write_text(made, "ascii")


def test_what_one_host_has_fetched_a_later_one_need_not_fetch(rig: Rig, boot: Boot) -> None:
    first = boot("first")
    first.check_output("apt-get -q update && apt-get -q -y install hello")
    rig.down("first")
    later = boot("later")
    assert later.run("dpkg -s hello").rc != 0
    assert "Need to get 0 B/" in later.check_output("apt-get -q -y install hello")


def test_hosts_of_any_rig_start_from_a_saved_one_with_its_disks_and_leave_it_as_it_is(
    rig: Rig, boot: Boot, tmp_path: Path
) -> None:
    host = boot("origin", disks=(Disk("data", 128),))
    host.check_output(f"mkfs.ext4 -q {OCI_DATA_DISK} && mount {OCI_DATA_DISK} /mnt && echo kept > /mnt/file")
    host.check_output("echo kept > /etc/file && mkdir /opt/folder && touch /opt/folder/file")
    identity = host.check_output("cat /etc/machine-id")
    rig.save("origin", tmp_path / "warm")
    with Rig.owned() as other:
        other.up("copy", layer=tmp_path / "warm")
        for name, copy in (
            ("copy", reach(other, "copy")),
            ("another", boot("another", layer=tmp_path / "warm")),
        ):
            assert copy.check_output("hostname") == name
            assert copy.check_output("cat /etc/machine-id") != identity
            copy.check_output(f"mount {OCI_DATA_DISK} /mnt")
            assert copy.file("/mnt/file").content_string == copy.file("/etc/file").content_string == "kept\n"
            copy.check_output(
                'rm /mnt/file /etc/file && python3 -c \'import os; os.rename("/opt/folder", "/opt/renamed")\' && rm /opt/renamed/file'
            )


def test_a_host_whose_saving_was_killed_is_not_started_from(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.hosts.rig import Rig\n"
        "with Rig.owned() as rig:\n"
        "    rig.up('large')\n"
        "    rig.run_on('large', 'head --bytes=400M /dev/urandom > large')\n"
        "    rig.save('large', Path(sys.argv[1]))\n"
    )
    layer, aside = tmp_path / "layer", tmp_path / "layer.new"
    saving = subprocess.Popen([sys.executable, "-c", script, layer], cwd=ROOT, start_new_session=True)
    while not aside.exists():
        assert saving.poll() is None
        time.sleep(0.005)
    os.killpg(saving.pid, signal.SIGKILL)
    assert saving.wait() == -signal.SIGKILL
    assert aside.exists()
    with Rig.owned() as rig, pytest.raises(RigError, match="no layer in"):
        rig.up("next", layer=layer)


def test_a_real_acme_server_answers_the_hosts_by_its_name(acme: AcmeServer, boot: Boot) -> None:
    host = boot("client")
    ca = acme.ca.read_text(encoding="ascii")
    host.check_output(f"printf %s '{ca}' > /tmp/ca.pem")
    assert "newOrder" in host.check_output(f"curl -sSf --cacert /tmp/ca.pem {acme.directory}")
    assert host.run(f"curl -sSf {acme.directory}").rc == 60


def test_two_rigs_have_hosts_of_one_name_and_do_not_meet(rig: Rig, boot: Boot) -> None:
    here = boot("same")
    with Rig.owned() as other:
        other.up("same")
        there = reach(other, "same")
        assert other.network.subnet != rig.network.subnet
        there.check_output("touch /tmp/there")
        assert not here.file("/tmp/there").exists
    assert here.check_output("hostname") == "same"


def test_nothing_of_a_rig_stays_when_it_is_taken_down() -> None:
    with Rig.owned() as rig:
        rig.up("brief", disks=(Disk("data", 64),))
        reach(rig, "brief").check_output("true")
        present = traces(rig.id)
    assert {trace.split(":")[0] for trace in present} == KINDS
    assert_gone(rig.id)


def test_what_a_killed_run_has_left_is_taken_down_by_the_next() -> None:
    script = (
        "from tests.hosts.rig import Disk, Rig\n"
        "with Rig.owned() as rig:\n"
        "    rig.up('left', disks=[Disk('data', 64)])\n"
        "    print(rig.id, flush=True)\n"
        "    input()\n"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert killed.stdout is not None
    id = killed.stdout.readline().strip()
    take_down_abandoned()  # it runs still: its rig is left alone
    assert f"namespace:{id}-left" in traces(id)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert f"namespace:{id}-left" in traces(id)
    take_down_abandoned()
    assert_gone(id)


KINDS = {"namespace", "mount", "loop", "cgroup", "table", "link", "process", "folder"}


def traces(id: str) -> list[str]:
    """Return all of a rig that is on this machine, each as `kind:what`."""
    folder = STATE / id
    found = [f"namespace:{path.name}" for path in Path("/run/netns").glob(f"{id}-*")]
    found += [f"mount:{where}" for where, _ in mounts() if where.is_relative_to(folder)]
    found += [f"loop:{line}" for line in run("losetup", "--list").stdout.splitlines() if f"{folder}/" in line]
    found += [f"cgroup:{path}" for path in Path("/sys/fs/cgroup").rglob(f"{id}.*") if path.is_dir()]
    found += [
        f"table:{line}" for line in run("nft", "list", "tables").stdout.splitlines() if line.endswith(id)
    ]
    found += [f"link:{path.name}" for path in Path("/sys/class/net").glob(f"{id}-*")]
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"{folder}/" in command.read_text("utf-8", "replace"):
                found.append(f"process:{command.parent.name}")
        except OSError:
            continue
    return found + ([f"folder:{folder}"] if folder.exists() else [])


def assert_gone(id: str) -> None:
    """Wait for the end of what ends by itself, as an ssh connection does whose host has gone."""
    deadline = time.monotonic() + 30
    while left := traces(id):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)
