"""A host that site.yml has made, made once: saved in the user's cache folder, and started from there by all who need one.

It is keyed by a hash over all that goes into it, so that a change of a role, of the release or of the rig makes
another. Each rig has an authority of its own, which issues the host's certificate anew when it starts.
"""

from __future__ import annotations

import fcntl
import hashlib
import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.hosts.controller import NAME, PLAYBOOK, ROOT, Controller, prepared
from tests.hosts.releases import NEEDED
from tests.hosts.rig import Disk, Rig
from tests.hosts.rig.acme import AcmeServer
from tests.hosts.rig.base import ensure_base
from tests.hosts.rig.places import CACHE, held, is_in_use, remove_tree
from tests.hosts.visitor import Visitor

SAVED = CACHE / "converged"
RELEASE, IMAGE = "bookworm", "oci"
INGREDIENTS = (*NEEDED, "ansible", "roles", "inventory.example", "tests/hosts/rig")
BESIDE = ("converged.py", "controller.py")
LEFT_OUT = {"__pycache__", "molecule", "vendor"}
"""Folders of the ingredients whose files are made from others, or are tests."""
OF_A_USER = {Path("ansible/group_vars/all/vault.yml"), Path("ansible/group_vars/all/site.yml")}
NOT_PLAYED = {Path("ansible/check_site.py"), Path("ansible/deploy.py"), Path("ansible/readmes.py")}
SECRETS = ("ansible/group_vars/all/vault.yml", "vault_password")
CERTIFICATE_ANEW = f"""
set -e
cd /etc/letsencrypt
rm -r accounts
sed -i '/^account = /d' renewal/{NAME}.conf
cat > matchcast-ca.pem
export REQUESTS_CA_BUNDLE=$PWD/matchcast-ca.pem
certbot --quiet renew --force-renewal --no-random-sleep-on-renew \\
    --agree-tos --email operator@matchcast.test --no-eff-email
"""
"""What makes a host known to another authority, of whose server stdin brings the certificate."""
MOST_SECONDS = 3 * 24 * 3600
"""A saved host is taken for as long: well under the seven days after which Kafka drops its events."""
KEPT = 2


@contextmanager
def converged(rig: Rig, acme: AcmeServer, folder: Path, host: str) -> Iterator[Controller]:
    """Give a host on which site.yml has run whole, which is well and has a certificate of this rig's ACME server.

    The first to need it makes and saves it while others wait, and prints what its run of the play took; a run that
    fails is not saved, and fails the test. The host has the packet filter of Oracle's images and a data disk, and ends
    with the context.

    Args:
        folder: of the controller.
        host: its name on the rig.
    """
    if not PLAYBOOK.exists():
        pytest.skip("the environment of Ansible is not made: make ansible")
    saved = SAVED / key()
    with held(saved.with_suffix(".lock")):
        if not is_fresh(saved):
            saved = save(rig, acme, saved, host)
            drop_others(saved.name)
    try:
        with held(saved.with_suffix(".lock"), fcntl.LOCK_SH):
            saved.touch()
            rig.up(host, aliases=(NAME,), layer=saved / "host")
            controller = Controller(rig, folder, acme, host)
            controller.lay_out()
            for name in SECRETS:
                shutil.copy(saved / name, folder / name)
        rig.run_on(host, f"sudo sh -c {shlex.quote(CERTIFICATE_ANEW)}", given=acme.ca.read_text("ascii"))
        Visitor(rig.host(host).address, acme.root).wait_for_all_lamps()
        yield controller
    finally:
        rig.down(host)


def key() -> str:
    """Return the hash over all that goes into a converged host."""
    content = hashlib.sha256(ensure_base(RELEASE, IMAGE).name.encode())
    roots = [ROOT / name for name in INGREDIENTS] + [Path(__file__).with_name(name) for name in BESIDE]
    for root in roots:
        for file in sorted(root.rglob("*")) if root.is_dir() else [root]:
            path = file.relative_to(ROOT)
            if file.is_file() and LEFT_OUT.isdisjoint(path.parts) and path not in OF_A_USER | NOT_PLAYED:
                content.update(f"{path} {file.stat().st_mode:o} ".encode())
                content.update(hashlib.sha256(file.read_bytes()).digest())
    return content.hexdigest()[:12]


def is_fresh(saved: Path) -> bool:
    """Tell whether a folder holds a host that was saved to its end, and not too long ago."""
    first = saved / "first_run.log"
    return first.exists() and time.time() - first.stat().st_mtime < MOST_SECONDS


def save(rig: Rig, acme: AcmeServer, saved: Path, host: str) -> Path:
    """Turn a bare host into the site, and keep it with its secrets and with what the run printed.

    Returns:
        Where it is kept: `saved`, or a folder of the rig's if what it is made of was edited meanwhile.
    """
    aside = saved.with_suffix(".new")
    remove_tree(aside)
    remove_tree(saved)
    aside.mkdir(parents=True)
    disks = (Disk(megabytes=6000),)
    with prepared(rig, acme, aside / "controller", host, image=IMAGE, disks=disks) as controller:
        played = controller.play()
        print(f"first run: {played.told()}")
        assert played.code == 0, played.output[-8000:]
        began = time.monotonic()
        rig.save(host, aside / "host")
        print(f"saved the host in {time.monotonic() - began:.0f} s")
        for name in SECRETS:
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(controller.folder / name, aside / name)
    shutil.rmtree(aside / "controller")
    (aside / "first_run.log").write_text(played.output, "utf-8")
    if key() != saved.name:
        saved = rig.layer(saved.name)
        saved.parent.mkdir(exist_ok=True)
    shutil.move(aside, saved)
    return saved


def drop_others(name: str) -> None:
    """Remove what killed runs have left half made, and all but the newest saved hosts; not what is in use."""
    others = [path for path in SAVED.iterdir() if path.is_dir() and path.stem != name]
    whole = [path for path in others if path.suffix != ".new"]
    newest = sorted(whole, key=lambda path: path.stat().st_mtime)[1 - KEPT :]
    for path in set(others) - set(newest):
        try:
            with held(path.with_suffix(".lock"), fcntl.LOCK_EX | fcntl.LOCK_NB):
                if not is_in_use(path):
                    shutil.rmtree(path)
        except BlockingIOError:
            continue
