"""Bring a release to the site as CI does: ``make deploy``, told by environment variables alone.

They are named in `VARIABLES`; docs/deploying.md says how each is made. All of them are looked at before
anything is touched. They are written into a folder that only this user may read and that goes at the end, also
when a signal breaks the deploy off, and no program that is started here finds them in its environment. Then
`site.yml` is played, hosts being known by the given keys alone, and the site is looked at from outside. Standard
library only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import check_site

ROOT = Path(__file__).resolve().parent.parent
ANSIBLE = ROOT / ".venv-ansible/bin"
LOCAL = ROOT / "src/matchcast/local"
HEEDED = [
    each
    for each in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    if signal.getsignal(each) is not signal.SIG_IGN
]
"""The signals that break a deploy off: not one that was ignored from the start, as by nohup."""
GRACE = 1
"""Seconds that a program has to end when the deploy is broken off; GitHub grants 2.5 s after SIGTERM, in all."""
PATIENCE = 120.0
"""Seconds that the site may take, after the play, to be well as seen from outside."""
DOMAIN = re.compile(rf"""^\s*matchcast_domain\s*[=:]\s*["']?({check_site.NAME})(?![\w.-])""", re.MULTILINE)
KNOWN_HOST = re.compile(r"(@\S+ )?\S+ (ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/=]+( .*)?")


@dataclass(frozen=True)
class Variable:
    """What a deploy is told by one environment variable, and how it is known to be that."""

    name: str
    what: str
    hint: str
    is_right: Callable[[str], object]
    required: bool = True

    def fault(self, value: str) -> str | None:
        """Return what is wrong with a value; never the value, which may be secret."""
        if not value.strip():
            return f"{self.name} is not set: {self.what}." if self.required else None
        is_text = not any(
            "\ud800" <= letter <= "\udfff" for letter in value
        )  # which bytes beside UTF-8 become
        return None if is_text and self.is_right(value) else f"{self.name} is not {self.what}."


def are_known_hosts(text: str) -> bool:
    """Tell whether a text is lines of a known_hosts file."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return bool(lines) and all(KNOWN_HOST.fullmatch(line) for line in lines)


VARIABLES = (
    Variable(
        "DEPLOY_INVENTORY",
        "the site's inventory, which names its matchcast_domain",
        "sed 's/^ansible_user = .*/ansible_user = deploy/' inventory | gh variable set DEPLOY_INVENTORY --env production",
        DOMAIN.search,
    ),
    Variable(
        "DEPLOY_KNOWN_HOSTS",
        "the hosts' keys, as lines of a known_hosts file",
        "gh variable set DEPLOY_KNOWN_HOSTS --env production < ~/.config/matchcast/known_hosts",
        are_known_hosts,
    ),
    Variable(
        "DEPLOY_SSH_KEY",
        "a private SSH key in OpenSSH's or PEM form, without a passphrase",
        "gh secret set DEPLOY_SSH_KEY --env production < ~/.config/matchcast/deploy_key",
        re.compile(
            r"\s*-----BEGIN [A-Z ]*PRIVATE KEY-----.*-----END [A-Z ]*PRIVATE KEY-----\s*", re.DOTALL
        ).fullmatch,
    ),
    Variable(
        "DEPLOY_VAULT",
        "the encrypted file that `make secrets` made",
        "gh secret set DEPLOY_VAULT --env production < ansible/group_vars/all/vault.yml",
        lambda text: text.startswith("$ANSIBLE_VAULT;"),
    ),
    Variable(
        "DEPLOY_VAULT_PASSWORD",
        "the password of that file",
        "gh secret set DEPLOY_VAULT_PASSWORD --env production < ~/.config/matchcast/vault_password",
        lambda text: len(text.strip().splitlines()) == 1,
    ),
    Variable(
        "DEPLOY_SETTINGS",
        "your ansible/group_vars/all/site.yml, `name: value` in lines",
        "gh variable set DEPLOY_SETTINGS --env production < ansible/group_vars/all/site.yml",
        re.compile(r"^\w+\s*:", re.MULTILINE).search,
        required=False,
    ),
)


class Failure(Exception):
    """A sentence on what went wrong, and one on what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class BrokenOff(BaseException):
    """A signal that asks to end, as an exception: nothing that a failure is caught by is meant to catch it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def listen() -> None:
    """Let the first signal to end break off what is going on; no other one breaks off the clearing up."""

    def break_off(number: int, _frame: FrameType | None) -> None:
        be_deaf()
        raise BrokenOff(number)

    for each in HEEDED:
        signal.signal(each, break_off)


def be_deaf() -> None:
    """Heed no signal to end any more."""
    for each in HEEDED:
        signal.signal(each, signal.SIG_IGN)


def take_variables(environment: MutableMapping[str, str]) -> dict[str, str]:
    """Take the variables out of an environment, so that nothing that is started later finds them."""
    return {one.name: environment.pop(one.name, "") for one in VARIABLES}


def faults(given: Mapping[str, str]) -> list[str]:
    """Return a sentence on each variable that is missing or malformed, and on how it is set."""
    found = []
    for one in VARIABLES:
        fault = one.fault(given[one.name])
        if fault is not None:
            found.append(f"✘ {fault}\n  Try: {one.hint}")
    return found


@contextmanager
def desk(given: Mapping[str, str]) -> Iterator[Path]:
    """Give a folder from which the site is played: the playbooks, and what was given; it goes at the end.

    Below `ssh` are the sockets of connections, in a folder of a short name, as a socket's path may have 107 bytes.
    """
    with (
        tempfile.TemporaryDirectory(prefix="matchcast-deploy-") as folder,
        tempfile.TemporaryDirectory(prefix="ssh-", dir="/tmp") as sockets,
    ):
        work = Path(folder)
        (work / "ssh").symlink_to(sockets)
        ours = shutil.ignore_patterns("__pycache__", "vault.yml", "site.yml")
        shutil.copytree(ROOT / "ansible/group_vars", work / "ansible/group_vars", ignore=ours)
        for name in ("ansible.cfg", "site.yml", "vault_password.sh"):
            shutil.copy(ROOT / "ansible" / name, work / "ansible" / name)
        brought = {
            "inventory": given["DEPLOY_INVENTORY"],
            "known_hosts": given["DEPLOY_KNOWN_HOSTS"],
            "key": given["DEPLOY_SSH_KEY"],
            "vault_password": given["DEPLOY_VAULT_PASSWORD"],
            "ansible/group_vars/all/vault.yml": given["DEPLOY_VAULT"],
            "ansible/group_vars/all/site.yml": given["DEPLOY_SETTINGS"],
            # A jump over another host of the site takes it too.
            "ssh_config": (
                f"Host *\n  IdentityFile {work}/key\n  IdentitiesOnly yes\n  IdentityAgent none\n"
                f"  UserKnownHostsFile {work}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
                "  StrictHostKeyChecking yes\n  BatchMode yes\n"
            ),
        }
        for name, text in brought.items():
            write_private(work / name, f"{text.strip()}\n".replace("\r\n", "\n"))
        try:
            yield work
        finally:
            be_deaf()
            for socket in Path(sockets).iterdir():  # connections that ssh would keep open for a while
                leave = ["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "host"]
                subprocess.run(leave, capture_output=True, check=False)
    listen()


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read at any moment."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def require_usable_key(work: Path) -> None:
    """See that the private key is whole and opens without a passphrase.

    Raises:
        Failure: it is not.
    """
    asked = ["ssh-keygen", "-y", "-P", "", "-f", str(work / "key")]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        raise Failure(
            "DEPLOY_SSH_KEY cannot be used: it is damaged, or has a passphrase.",
            "ssh-keygen -t ed25519 -N '' -f ~/.config/matchcast/deploy_key, and set that one",
        )


def run(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None, stdout: int | None = None
) -> tuple[int, str]:
    """Run a program, of which nothing outlives its end, the deploy's breaking off, or this process.

    Returns:
        Its exit code, and what it printed where stdout is a pipe.
    """
    tied = [sys.executable, "-IS", str(LOCAL / "tether.py"), str(os.getpid())]
    guarded = [sys.executable, "-IS", str(LOCAL / "guard.py"), str(GRACE)]
    with subprocess.Popen(
        [*tied, *guarded, *command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        text=True,
        start_new_session=True,  # a terminal's signals come over this process alone
    ) as process:
        try:
            printed, _ = process.communicate()
        except BaseException:
            process.terminate()
            raise
    return process.returncode, printed or ""


def make(*targets: str) -> str:
    """Make targets of the checkout; return what they printed on stdout.

    Raises:
        Failure: one of them failed; it has told why.
    """
    code, printed = run(["make", "--no-print-directory", *targets], ROOT, stdout=subprocess.PIPE)
    if code:
        raise Failure(f"`make {' '.join(targets)}` failed.", "mend what it says above, then deploy again")
    return printed


def read_release(folder: Path) -> str:
    """Return the name of the release that a folder holds.

    Raises:
        Failure: it holds none.
    """
    try:
        return str(json.loads((folder / "manifest.json").read_text("utf-8"))["release"])
    except (OSError, ValueError, KeyError) as error:
        raise Failure(
            f"{folder} holds no release.", "name the folder that `make release` printed, or none"
        ) from error


def play(work: Path, release: Path) -> int:
    """Play site.yml with a release; return the exit code."""
    environment = {
        **os.environ,
        "PATH": f"{ANSIBLE}:{os.environ['PATH']}",
        "ANSIBLE_ROLES_PATH": str(ROOT / "roles"),
        "ANSIBLE_SSH_ARGS": (
            f"-F {shlex.quote(str(work / 'ssh_config'))} -o ControlMaster=auto -o ControlPersist=60s "
            "-o ServerAliveInterval=15"
        ),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str((work / "ssh").resolve()),
        "MATCHCAST_VAULT_PASSWORD_FILE": str(work / "vault_password"),
    }
    command = [
        "ansible-playbook",
        "site.yml",
        "--extra-vars",
        json.dumps({"matchcast_release": str(release)}),
    ]
    return run(command, work / "ansible", environment)[0]


def deploy(given: Mapping[str, str], release: Path | None) -> list[str]:
    """Bring a release to the site, built from this checkout where none is given; return what is seen of it then.

    Raises:
        Failure: it could not be built or does not serve.
    """
    domain = DOMAIN.findall(given["DEPLOY_INVENTORY"])[0]
    with desk(given) as work:
        require_usable_key(work)
        make("ansible", "environment")
        folder = (release or Path(make("release").splitlines()[-1])).absolute()
        name = read_release(folder)
        print(f"… deploy     {name} to {domain}", flush=True)
        code = play(work, folder)
    if code:
        raise Failure(
            f"{name} was not brought to its end: the play ended with {code}. {seen_of(domain)}",
            "mend what the play's last lines above say, then deploy again",
        )
    try:
        return check_site.check(domain, name, PATIENCE)
    except check_site.Unwell as unwell:
        raise Failure(f"The play ended well, and the site is not: {unwell.message}", unwell.hint) from unwell


def seen_of(domain: str) -> str:
    """Return a sentence on how the site is after a deploy that failed."""
    try:
        site = check_site.Site(domain)
        check_site.see_api(site)
        return f"The site answers, and serves: {check_site.see_release(site, None)}."
    except check_site.Unwell as unwell:
        return f"The site is not well: {unwell.message}"


def report(text: str) -> None:
    """Add a text to the summary of GitHub's job, where this is one."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            print(f"The job's summary cannot be written: {error}.", file=sys.stderr)


def tell_failure(message: str, hint: str) -> None:
    """Tell on stderr and in the job's summary what went wrong, and what to do."""
    print(f"✘ {message}\nTry: {hint}", file=sys.stderr)
    report(f"✘ {message}\n\nTry: {hint}\n")


def attempt(release: Path | None) -> int:
    """Deploy, and tell what came of it; return the exit code."""
    given = take_variables(os.environ)
    if found := faults(given):
        print("\n".join(found), file=sys.stderr)
        print("Nothing was touched. docs/deploying.md tells how each is made.", file=sys.stderr)
        report("".join(f"- {fault.splitlines()[0]}\n" for fault in found))
        return 1
    began = time.monotonic()
    try:
        seen = deploy(given, release)
    except Failure as failure:
        tell_failure(failure.message, failure.hint)
        return 1
    except OSError as error:
        tell_failure(
            f"This computer failed: {error}.", "make room or install what is missing, then deploy again"
        )
        return 1
    print("\n".join(seen))
    print(f"Deployed in {time.monotonic() - began:.0f} s")
    report("".join(f"- {line}\n" for line in seen))
    return 0


def main() -> int:
    """Deploy, unless a signal breaks it off; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--release", type=Path, help="a folder that `make release` built; else one is built")
    release = parser.parse_args().release
    try:
        listen()
        return attempt(release)
    except BrokenOff as broken:
        tell_failure(
            f"Broken off by {signal.Signals(broken.number).name}. What the play had done stays.",
            "deploy again: it goes on from there; make check-site tells how the site is",
        )
        return 128 + broken.number


if __name__ == "__main__":
    sys.exit(main())
