"""`make deploy` and `make check-site`, as CI calls them: told by the environment alone, against a site that runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.hosts.controller import NAME, ROOT, Controller, Unprinted
from tests.hosts.converged import converged
from tests.hosts.playing import run_to_its_end
from tests.hosts.releases import build_release
from tests.hosts.rig import Rig
from tests.hosts.rig.acme import AcmeServer
from tests.hosts.visitor import Visitor

from matchcast.local.processes import tethered

pytestmark = pytest.mark.timeout(2400)

HOST = "deployed"
WORLD = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
DEPLOYING = ROOT / "docs/deploying.md"
BROKEN = {"src/matchcast/api/server.py": 'raise RuntimeError("an API that cannot start")'}


@dataclass(frozen=True)
class Ended:
    """What came of a job: the exit code of make, what it printed, and what it left in GitHub's summary."""

    code: int
    printed: str
    summary: str


@dataclass(frozen=True)
class Pipeline:
    """CI with the variables that docs/deploying.md tells to set, and the world as its jobs see it."""

    controller: Controller
    variables: Mapping[str, str]

    def run(self, folder: Path, target: str, **variables: str) -> Ended:
        """Run a make target in a job whose files are in `folder`, and see that nothing of what it was given is left."""
        environment = self.prepare(folder, **variables)
        code = run_to_its_end(self.job(folder, target), folder / "printed", environment, ROOT)
        return self.ended(folder, code)

    def prepare(self, folder: Path, **variables: str) -> dict[str, str]:
        """Lay out the files of a job in `folder`; return its environment."""
        (folder / "tmp").mkdir(parents=True)
        address = self.controller.rig.host(HOST).address
        (folder / "hosts").write_text(f"{Path('/etc/hosts').read_text('utf-8')}\n{address} {NAME}\n", "utf-8")
        (folder / "trusted.pem").write_bytes(WORLD.read_bytes() + self.controller.acme.root.read_bytes())
        return {
            **os.environ,
            **self.variables,
            "SSL_CERT_FILE": str(folder / "trusted.pem"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            "TMPDIR": str(folder / "tmp"),
            **variables,
        }

    def job(self, folder: Path, target: str) -> list[str]:
        """Return the command of a job, which is `exec make …` as in the workflow.

        The site's name leads to the host in a mount namespace of the job's own; the authorities of the world are
        trusted, and that of the rig.
        """
        job = f"mount --bind {folder}/hosts /etc/hosts && exec make --no-print-directory {target}"
        return ["unshare", "--mount", "sh", "-c", job]

    def ended(self, folder: Path, code: int) -> Ended:
        """See that a job which has ended left nothing of what it was given; return what came of it."""
        assert list((folder / "tmp").iterdir()) == []
        summary = folder / "summary.md"
        return Ended(
            code,
            (folder / "printed").read_text("utf-8", "replace"),
            summary.read_text("utf-8") if summary.exists() else "",
        )


@pytest.fixture(scope="module")
def pipeline(rig: Rig, acme: AcmeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A site that runs, and what its owner has set for CI as the page tells: with a user of CI's own."""
    with converged(rig, acme, tmp_path_factory.mktemp("controller"), HOST) as controller:
        host, of_all = rig.host(HOST), controller.folder / "ansible/group_vars/all"
        key = controller.folder / "deploy_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "deploy", "-f", key], check=True)
        operator = {"name": "deploy", "keys": [key.with_suffix(".pub").read_text("ascii").strip()]}
        with (of_all / "site.yml").open("a", encoding="utf-8") as settings_file:
            settings_file.write(yaml.safe_dump({"base_operators": [operator]}))
        brought = controller.play("--tags", "base")
        assert brought.code == 0, brought.output[-4000:]
        settings = (of_all / "site.yml").read_text("utf-8").splitlines(keepends=True)
        [told] = re.findall(
            r"^(sed .* inventory) \| gh variable set DEPLOY_INVENTORY ",
            DEPLOYING.read_text("utf-8"),
            re.MULTILINE,
        )
        inventory = subprocess.run(
            ["sh", "-c", told], cwd=controller.folder, capture_output=True, text=True, check=True
        ).stdout
        yield Pipeline(
            controller,
            {
                "DEPLOY_INVENTORY": re.sub(r"ansible_host=\S+", f"ansible_host={host.address}", inventory),
                "DEPLOY_KNOWN_HOSTS": host.host_key,
                "DEPLOY_SSH_KEY": key.read_text("ascii"),
                "DEPLOY_VAULT": (of_all / "vault.yml").read_text("ascii"),
                "DEPLOY_VAULT_PASSWORD": (controller.folder / "vault_password").read_text("ascii"),
                # Without how the tests themselves reach the host.
                "DEPLOY_SETTINGS": "".join(line for line in settings if not line.startswith("ansible_")),
            },
        )


@pytest.fixture(scope="module")
def secrets(pipeline: Pipeline) -> Unprinted:
    """All that no job may print: the site's secrets, what opens them, and a line of the key."""
    return Unprinted(
        {
            **pipeline.controller.secrets(),
            "vault password": pipeline.variables["DEPLOY_VAULT_PASSWORD"].strip(),
            "vault": pipeline.variables["DEPLOY_VAULT"].splitlines()[1],
            "key": pipeline.variables["DEPLOY_SSH_KEY"].splitlines()[2],
        }
    )


@pytest.fixture
def visitor(pipeline: Pipeline) -> Visitor:
    controller = pipeline.controller
    return Visitor(controller.rig.host(HOST).address, controller.acme.root)


def serving(visitor: Visitor) -> set[str]:
    """Return the releases that dashboard and API run from."""
    return {visitor.read(path)["release"] for path in ("/health", "/api/v1/health")}


def test_a_host_with_another_key_than_the_known_one_is_sent_nothing(
    pipeline: Pipeline, secrets: Unprinted, visitor: Visitor, tmp_path: Path
) -> None:
    (former,) = serving(visitor)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    kind, key, *_ = (tmp_path / "other.pub").read_text("ascii").split()
    known = f"{pipeline.controller.rig.host(HOST).address} {kind} {key}"
    ended = pipeline.run(tmp_path / "job", "deploy", DEPLOY_KNOWN_HOSTS=known)
    assert ended.code != 0
    told = " ".join(ended.printed.split())
    assert "site cannot be worked on: " in told
    assert "Host key verification failed" in told
    assert f"The site answers, and serves: dashboard {former}, API {former}." in told
    assert "PLAY [What the hosts have to be]" not in ended.printed
    assert secrets.seen_in(ended.printed) == []


def test_a_pushed_release_serves_and_the_job_says_so_without_a_secret(
    pipeline: Pipeline, secrets: Unprinted, visitor: Visitor, tmp_path: Path
) -> None:
    new = build_release(tmp_path / "new", "9.0.0")
    ended = pipeline.run(tmp_path / "job", "deploy", RELEASE=str(new))
    assert ended.code == 0, ended.printed[-8000:]
    assert serving(visitor) == {new.name}
    for text in (ended.printed, ended.summary):
        assert f"✔ release      dashboard {new.name}, API {new.name}" in text
        assert re.search(r"✔ certificate  valid until \d{4}-\d\d-\d\d, by Pebble", text)
        assert "✔ forecast     1-0 after 67 minutes: " in text
        assert secrets.seen_in(text) == []
    print(ended.printed[-600:])


def test_a_deploy_that_is_cancelled_ends_its_play_and_leaves_no_secret(
    pipeline: Pipeline, secrets: Unprinted, visitor: Visitor, tmp_path: Path
) -> None:
    """GitHub's cancel: SIGINT to the step's process alone, SIGTERM after 7.5 s, and after 2.5 s more it kills."""
    former, folder = serving(visitor), tmp_path / "job"
    environment = pipeline.prepare(folder)
    with (folder / "printed").open("wb") as printed:
        step = subprocess.Popen(
            tethered(pipeline.job(folder, "deploy")), cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=printed, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            wait_until(lambda: b"PLAY [What the hosts have to be]" in (folder / "printed").read_bytes(), step)
            [work] = (folder / "tmp").glob("matchcast-deploy-*")
            sockets = (work / "ssh").resolve()
            wait_until(lambda: processes_naming(work) != [], step)
            step.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                step.wait(7.5)
            asked = time.monotonic()
            step.send_signal(signal.SIGTERM)
            step.wait(60)
            print(f"ended {time.monotonic() - asked:.1f} s after SIGTERM")
        finally:
            step.kill()
            step.wait()
    ended = pipeline.ended(folder, step.returncode)
    assert ended.code != 0
    assert processes_naming(work) + processes_naming(sockets) == []
    assert not sockets.exists()
    for text in (ended.printed, ended.summary):
        assert "✘ Broken off by SIGTERM. What the play had done stays." in text
        assert secrets.seen_in(text) == []
    assert "Traceback" not in ended.printed
    assert serving(visitor) == former


def wait_until(is_so: Callable[[], bool], step: subprocess.Popen[bytes]) -> None:
    """Wait for something that a running job does."""
    deadline = time.monotonic() + 300
    while not is_so():
        assert step.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


def processes_naming(folder: Path) -> list[bytes]:
    """Return the command lines on this machine that name a folder."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(line.read_bytes())
    return [line for line in found if os.fsencode(folder) in line]


def test_a_release_that_does_not_come_up_leaves_the_former_one_serving(
    pipeline: Pipeline, secrets: Unprinted, visitor: Visitor, tmp_path: Path
) -> None:
    (former,) = serving(visitor)
    broken = build_release(tmp_path / "broken", "9.9.9", BROKEN)
    ended = pipeline.run(tmp_path / "job", "deploy", RELEASE=str(broken))
    assert ended.code != 0
    assert "RuntimeError: an API that cannot start" in ended.printed
    for text in (ended.printed, ended.summary):
        assert f"✘ {broken.name} was not brought to its end: the play ended with 2." in text
        assert f"The site answers, and serves: dashboard {former}, API {former}." in text
        assert secrets.seen_in(text) == []
    assert serving(visitor) == {former}


@pytest.mark.parametrize(
    ("wrong", "variables", "told"),
    [
        ("", {"SSL_CERT_FILE": str(WORLD)}, f"https://{NAME} shows a certificate that is not valid: "),
        ("--release 0.0.0-none", {}, ", not 0.0.0-none."),
    ],
    ids=["a certificate of an authority that nobody knows", "another release"],
)
def test_a_site_that_is_not_as_it_should_be_is_told_by_a_sentence(
    pipeline: Pipeline, tmp_path: Path, wrong: str, variables: dict[str, str], told: str
) -> None:
    ended = pipeline.run(tmp_path / "job", f'check-site SITE="{NAME} --wait 0 {wrong}"', **variables)
    assert ended.code != 0
    assert told in ended.printed
    assert "\nTry: " in ended.printed
