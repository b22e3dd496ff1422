"""Root filesystems of bare hosts, made once by mmdebstrap and kept in the user's cache folder."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.hosts.rig.places import CACHE, held, is_in_use, remove_tree
from tests.hosts.rig.shell import RigError

RELEASES = ("bookworm", "trixie")
IMAGES = {"debian": (), "oci": ("iptables", "iptables-persistent")}
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "libpam-systemd", "libnss-systemd", "udev", "kmod", "openssh-server", "sudo",
    "python3", "python3-apt", "iproute2", "iputils-ping", "ca-certificates", "procps", "cron", "logrotate",
    "curl", "less", "e2fsprogs",
)  # fmt: skip
OPTIONS = (
    "--variant=minbase",
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    # Kept, so that the first `apt-get update` of a host fetches next to nothing.
    "--skip=cleanup/apt/lists",
    "--skip=cleanup/apt/cache",
)
RECIPE = Path(__file__).with_name("image")
MOST_IDLE_SECONDS = 30 * 24 * 3600


def machine_mirror() -> str | None:
    """Return the mirror that this machine's own apt takes Debian from; None where it takes none."""
    sources = [*Path("/etc/apt/sources.list.d").glob("*.sources"), *Path("/etc/apt").glob("sources.list")]
    for file in sources:
        if found := re.search(r"https?://\S+/debian(?=/?\s)", file.read_text("utf-8")):
            return found[0]
    return None


def ensure_base(release: str, image: str = "debian") -> Path:
    """Return the root filesystem of a release, made when missing or when its recipe has changed.

    Args:
        release: Debian's name of the release.
        image: "debian", or "oci" for the packet filter that Oracle's images come with.

    Raises:
        RigError: unknown, or mmdebstrap failed.
    """
    if release not in RELEASES or image not in IMAGES:
        raise RigError(
            f"no image {image!r} of a release {release!r}",
            hint=f"releases: {', '.join(RELEASES)}; images: {', '.join(IMAGES)}",
        )
    mirror = machine_mirror()
    recipe = [file.read_bytes() for file in sorted(RECIPE.iterdir())]
    parts = repr([PACKAGES, IMAGES[image], OPTIONS, mirror, recipe])
    root = CACHE / "base" / f"{release}-{image}-{hashlib.sha256(parts.encode()).hexdigest()[:12]}"
    with held(root.with_suffix(".lock")) as lock:  # a second caller waits for the first one's build
        if not root.exists():
            build(release, image, mirror, root, lock)
        root.touch()
    drop_idle(root.parent)
    return root


def build(release: str, image: str, mirror: str | None, root: Path, lock: int) -> None:
    """Build a root filesystem aside, and rename it when it is whole; mmdebstrap holds the lock too."""
    began = time.monotonic()
    aside, log = root.with_suffix(".new"), root.with_suffix(".log")
    remove_tree(aside)
    aside.parent.mkdir(parents=True, exist_ok=True)
    # Where mmdebstrap is given no source, it takes Debian's own, with updates and security.
    sources = [] if mirror is None else [
        f"deb {mirror} {release} main",
        f"deb {mirror} {release}-updates main",
        f"deb {mirror}-security {release}-security main",
    ]  # fmt: skip
    include = ",".join([*PACKAGES, *IMAGES[image]])
    command = ["mmdebstrap", *OPTIONS, f"--include={include}", f"--customize-hook={RECIPE / 'customize.sh'}"]
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            [*command, release, str(aside), *sources],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=[lock], check=False,
        )  # fmt: skip
    if done.returncode:
        remove_tree(aside)
        last = "\n".join(log.read_text("utf-8").splitlines()[-10:])
        raise RigError(f"mmdebstrap ended with {done.returncode}:\n{last}", hint=f"read {log}")
    aside.rename(root)
    print(f"made the image {root.name} in {time.monotonic() - began:.0f} s", file=sys.stderr)


def drop_idle(folder: Path) -> None:
    """Remove images that no host has started from for a month, and that none runs on."""
    for log in folder.glob("*.log"):
        root = log.with_suffix("")
        if not root.is_dir() or time.time() - root.stat().st_mtime < MOST_IDLE_SECONDS:
            continue
        with held(root.with_suffix(".lock")):
            if not is_in_use(root):
                shutil.rmtree(root)
                log.unlink()
