"""The runbook's commands, as the page has them, on a host where each of its symptoms is caused for real.

One host is taken through all of them, and through the teardown at last.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.hosts.controller import NAME, ROOT, Controller
from tests.hosts.converged import converged
from tests.hosts.playing import run_to_its_end
from tests.hosts.rig import Rig
from tests.hosts.rig.acme import AcmeServer
from tests.hosts.runbook_page import Block, read_blocks
from tests.hosts.visitor import Visitor, wait_until

pytestmark = pytest.mark.timeout(2400)

HOST = "night"
OWN = {"ansible", "inventory"}
"""What of a checkout is the site's: the controller has it in its folder."""
FILLER = "/var/lib/matchcast/filler"
EXPIRED = f"""
cd /etc/letsencrypt/live/{NAME} && umask 077 && away=$(mktemp -d)
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=authority -days 30 -keyout $away/key -out $away/chain
openssl req -new -key privkey.pem -subj /CN={NAME} -out $away/request
openssl x509 -req -in $away/request -CA $away/chain -CAkey $away/key -CAcreateserial -days 0 -out $away/cert
cat $away/cert > cert.pem; cat $away/chain > chain.pem; cat $away/cert $away/chain > fullchain.pem
systemctl reload nginx
"""
OTHER_MODEL = """
import msgspec
from matchcast.forecast.artefact import load_champion, save
from pathlib import Path
model = load_champion()
card = msgspec.structs.replace(model.card, notes=["not the one before"])
save(msgspec.structs.replace(model, card=card), Path("/tmp/other.json"))
"""


@dataclass
class Runbook:
    """Runs the page's commands where it says that they run.

    Attributes:
        ran: the names of those that have run.
    """

    controller: Controller
    blocks: dict[str, Block]
    ran: set[str] = field(default_factory=set)

    def run(self, name: str, key: str = "") -> str:
        """Run a block, with a key of SSH where it takes one; return all that it prints."""
        self.ran.add(name)
        block = self.blocks[name]
        text = block.text.replace("NAME", NAME).replace("HOST", self.address)
        text = text.replace("KEY", key) if key else text
        return self.on_host(text) if block.place == "host" else self._on_computer(name, text)

    @property
    def address(self) -> str:
        """The host's address."""
        return self.controller.rig.host(self.controller.host).address

    def on_host(self, text: str) -> str:
        """Run commands on the host as the cloud's user; return what they print, on both streams."""
        done = self.controller.rig.run_on(self.controller.host, f"exec 2>&1\n{text}", check=False)
        return done.stdout

    def _on_computer(self, name: str, text: str) -> str:
        folder = self.controller.folder
        shown = folder / f"{name}.shown"
        environment = {
            # Not those of a make that runs the tests: the page's own begins anew.
            **{name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
            "CURL_HOME": str(folder),
            "MATCHCAST_VAULT_PASSWORD_FILE": str(folder / "vault_password"),
            "NO_COLOR": "1",
        }
        run_to_its_end(["bash", "-c", text], shown, environment, folder)
        return shown.read_text("utf-8", "replace")

    def wait(self, name: str, pattern: str, seconds: float = 300) -> str:
        """Run a block again and again until it prints what it should; return that."""
        said = ""

        def says() -> bool:
            nonlocal said
            said = self.run(name)
            return re.search(pattern, said, re.MULTILINE) is not None

        try:
            wait_until(says, f"`{name}` says {pattern}", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it says:\n{said[-4000:]}") from error
        return said

    def wait_for_lamps(self) -> None:
        """Wait until the page's first command shows that all is well."""
        self.wait("lamps", r"\A(online \w+: .*\n){6}\Z", 900)


@pytest.fixture(scope="module")
def controller(rig: Rig, acme: AcmeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    with converged(rig, acme, tmp_path_factory.mktemp("controller"), HOST) as controller:
        yield controller


@pytest.fixture(scope="module")
def runbook(controller: Controller) -> Runbook:
    """The page, and a checkout with this site's inventory and secrets; its computer knows the rig's names."""
    for entry in ROOT.iterdir():
        if entry.name not in OWN and not (controller.folder / entry.name).exists():
            (controller.folder / entry.name).symlink_to(entry)
    address = controller.rig.host(controller.host).address
    (controller.folder / ".curlrc").write_text(
        f'resolve = "{NAME}:443:{address}"\nresolve = "{NAME}:80:{address}"\ncacert = "{controller.acme.root}"\n',
        encoding="ascii",
    )
    return Runbook(controller, {block.name: block for block in read_blocks()})


@pytest.fixture
def visitor(controller: Controller) -> Visitor:
    return Visitor(controller.rig.host(controller.host).address, controller.acme.root)


def counts(said: str) -> list[int]:
    return [int(line) for line in said.splitlines() if line.isdigit()]


def home_wins(said: str) -> float:
    found = re.search(r'"home":(0\.\d+)', said)
    return float(found[1]) if found else 0.0


def test_what_the_page_calls_well_is_so_on_a_host_that_is(runbook: Runbook) -> None:
    runbook.wait_for_lamps()
    assert runbook.run("site-answers") == "200\n"
    assert re.fullmatch(r"200 in [\d.]+ s\n", runbook.run("site-up"))
    assert "syntax is ok" in runbook.run("units")
    assert runbook.run("kafka-well").splitlines()[-2:] == ["active", "active"]
    assert runbook.run("letters") == "0 open\n"
    assert "matchcast_dashboard_lag_records" in runbook.run("page-lag")
    assert home_wins(runbook.run("forecast")) > 0.98
    assert '"status":"ready"' in runbook.run("api-ready")
    assert "expire date" in runbook.run("certificate-served")
    assert runbook.run("port-80") == "404\n"


def test_site_down_by_nginx(runbook: Runbook) -> None:
    runbook.on_host("echo oops | sudo tee -a /etc/nginx/nginx.conf; sudo systemctl restart nginx")
    assert re.search("refused|Couldn't connect", runbook.run("site-answers"))
    said = runbook.run("units")
    assert re.search(r"^nginx\.service +loaded +(failed|activating)", said, re.MULTILINE)
    assert re.search(r"in /etc/nginx/nginx\.conf:\d+", said)
    assert "failed=0" in runbook.run("nginx-again")
    runbook.wait("site-up", "^200 in")


def test_site_down_by_the_dashboard(runbook: Runbook) -> None:
    runbook.on_host("sudo systemctl stop 'matchcast-dashboard@*'")
    assert runbook.run("site-answers") in ("502\n", "504\n")
    assert not re.search(
        r"^matchcast-dashboard@\d\.service +loaded +active", runbook.run("units"), re.MULTILINE
    )
    runbook.run("start-all")
    runbook.wait("site-up", "^200 in")


def test_no_events_by_the_producer(runbook: Runbook) -> None:
    runbook.on_host("sudo systemctl stop matchcast-producer")
    assert runbook.run("kafka-well").splitlines()[-2:] == ["active", "inactive"]
    before, after = counts(runbook.run("events-come"))
    assert before == after
    runbook.run("producer-again")
    wait_until(lambda: counts(runbook.run("events-again"))[0] > after, "events come again")
    assert "Kafka is healthy" in runbook.run("kafka-well")


def test_no_events_by_a_kafka_that_hangs(runbook: Runbook) -> None:
    before = counts(runbook.run("events-again"))[0]
    runbook.on_host("sudo systemctl kill --signal=STOP kafka")
    assert "Kafka is not healthy: no broker answers" in runbook.run("kafka-well")
    assert "Kafka is healthy" in runbook.run("kafka-again")
    assert counts(runbook.run("events-again"))[0] >= before


def test_records_that_cannot_be_read(runbook: Runbook) -> None:
    runbook.on_host(
        "echo nonsense | kafka-console-producer --bootstrap-server 127.0.0.1:9092 --topic live_football_events"
    )
    runbook.wait("letters", "^1 open")
    assert "1 sent again" in runbook.run("letters-again")
    runbook.wait("letters", "^1 open")
    assert "1 dropped" in runbook.run("letters-away")
    assert runbook.run("letters") == "0 open\n"


def test_lag_of_a_page_that_hangs(runbook: Runbook) -> None:
    runbook.on_host("sudo systemctl kill --signal=STOP 'matchcast-dashboard@*'")
    assert runbook.run("page-lag") == ""
    runbook.run("page-again")
    runbook.wait("page-level", r"^matchcast_dashboard_ready 1\.0")


def test_lag_of_the_history_by_a_dag_that_was_paused(
    runbook: Runbook, controller: Controller, visitor: Visitor
) -> None:
    runbook.wait_for_lamps()
    assert "football_pipeline on" in runbook.run("history-lag")
    visitor.log_in(controller.secrets()["vault_operator_password"])
    visitor.act("/api/airflow/dags/football_pipeline/pause", {})
    runbook.wait("history-lag", "^football_pipeline paused")
    runbook.run("dag-again")
    runbook.wait("history-lag", "^football_pipeline on")


def test_no_forecasts_by_an_api_that_does_not_run(runbook: Runbook) -> None:
    runbook.on_host("sudo systemctl stop 'matchcast-api@*'")
    assert home_wins(runbook.run("forecast")) == 0
    said = runbook.run("api-ready")
    assert "Bad Gateway" in said
    assert not re.search(r"^matchcast-api@\d\.service +loaded +active", said, re.MULTILINE)
    runbook.run("api-again")
    wait_until(lambda: home_wins(runbook.run("forecast")) > 0.98, "the API forecasts", 120)


def test_no_forecasts_worth_their_name_by_a_model_that_was_promoted(runbook: Runbook) -> None:
    well = runbook.run("models").split()[0]
    runbook.on_host(f"sudo /opt/matchcast/current/bin/python - <<'END'\n{OTHER_MODEL}\nEND")
    other = runbook.on_host("sudo matchcast models add --why better /tmp/other.json").strip()
    runbook.on_host(f"sudo matchcast models promote --why better {other}")
    said = runbook.run("models")
    assert said.startswith(f"{other}  champion")
    assert re.search(rf"promoted {other} .*: better$", said, re.MULTILINE)
    assert f"rolled back to {well}" in runbook.run("model-back")
    runbook.wait("model-serves", well)


def test_airflow_stuck_by_a_scheduler_that_hangs(runbook: Runbook) -> None:
    runbook.on_host("sudo systemctl kill --signal=STOP airflow-scheduler")
    runbook.wait("airflow-health", "^scheduler unhealthy")
    runbook.run("scheduler-again")
    runbook.wait("airflow-well", "^scheduler is well")
    assert runbook.run("airflow-well").splitlines() == [
        f"{part} is well" for part in ("api-server", "scheduler", "dag-processor", "triggerer")
    ]


def test_disk_full_loses_no_event(runbook: Runbook) -> None:
    topic = "kafka-topics --bootstrap-server 127.0.0.1:9092 --describe --topic live_football_events | head -n 1 | cut -f 2"
    before, known = counts(runbook.run("events-again"))[0], runbook.on_host(topic)
    runbook.on_host(
        f"sudo fallocate --length $(df --block-size=1 --output=avail /var/lib/matchcast | tail -n 1) {FILLER}"
    )
    said = runbook.wait("disks", "has less than 48 MB left")
    assert re.search(r" 100% /var/lib/matchcast$", said, re.MULTILINE)
    assert runbook.run("what-fills").splitlines()[-1].endswith(FILLER)

    runbook.run("spare")
    wait_until(lambda: "Kafka is healthy" in runbook.on_host("sudo kafka-healthy"), "Kafka is back")
    assert runbook.on_host(topic) == known
    assert counts(runbook.run("events-again"))[0] >= before

    runbook.on_host(f"sudo rm {FILLER}")
    runbook.run("tidy")
    assert "Completed updating config" in runbook.run("shorter")
    assert "Completed updating config" in runbook.run("longer")
    assert "is 86400000" not in runbook.on_host("sudo matchcast topics --check")
    said = runbook.run("spare-again")
    assert "Kafka is healthy" in said
    runbook.wait_for_lamps()


def test_a_certificate_that_ran_out(runbook: Runbook) -> None:
    runbook.on_host(f"sudo bash <<'END'\n{EXPIRED}\nEND")
    runbook.wait("certificate-served", "certificate problem", 30)
    assert "INVALID: EXPIRED" in runbook.run("certificate-kept")
    runbook.run("renew")
    runbook.wait("certificate-served", "expire date", 30)
    assert "VALID: 89 days" in runbook.run("certificate-right")


def test_a_certificate_whose_files_are_gone(runbook: Runbook) -> None:
    runbook.on_host(f"sudo rm -r /etc/letsencrypt/archive/{NAME}")
    assert "invalid" in runbook.run("certificate-kept")
    assert "failed=0" in runbook.run("certificate-anew")
    runbook.wait("certificate-served", "expire date", 30)
    assert "VALID: 89 days" in runbook.run("certificate-right")


def test_a_host_that_was_stopped(runbook: Runbook, controller: Controller) -> None:
    controller.rig.host(controller.host).crash()
    assert "SSH's port answers" not in runbook.run("ssh-answers")
    controller.rig.boot(controller.host)
    assert "SSH's port answers" in runbook.run("ssh-answers")
    said = runbook.run("up-again")
    assert said.startswith("up ")
    assert "/var/lib/matchcast" in said
    runbook.wait_for_lamps()


def airflow_token(visitor: Visitor, password: str) -> str | None:
    """Log in to Airflow as the operator; None: it is not the password."""
    answer = visitor.ask("/airflow/auth/token", "POST", {"username": "admin", "password": password})
    return str(answer.json()["access_token"]) if answer.status == 201 else None


def database_opens(runbook: Runbook, password: str) -> bool:
    said = runbook.on_host(
        f"PGPASSWORD={password} psql --host=127.0.0.1 --username=airflow --command='select 1' airflow"
    )
    return "1 row" in said


def test_every_secret_that_leaked_opens_nothing_any_more(
    runbook: Runbook, controller: Controller, visitor: Visitor
) -> None:
    old = controller.secrets()
    assert f"vault_operator_password: {old['vault_operator_password']}" in runbook.run("secrets-shown")
    visitor.log_in(old["vault_operator_password"])
    token = airflow_token(visitor, old["vault_operator_password"])
    bearer = {"Authorization": f"Bearer {token}"}
    visitor.read("/airflow/api/v2/variables", "POST", {"key": "kept", "value": "under lock"}, **bearer)
    assert database_opens(runbook, old["vault_postgresql_airflow_password"])

    assert "failed=0" in runbook.run("secrets-anew")
    new = controller.secrets()
    assert {name for name in old if old[name] == new[name]} == {"vault_kafka_cluster_id"}
    runbook.wait_for_lamps()

    assert visitor.read("/api/session")["operator"] is False
    wrong = Visitor(visitor.address, visitor.root)
    with pytest.raises(AssertionError, match="POST /login: 401"):
        wrong.log_in(old["vault_operator_password"])
    wrong.log_in(new["vault_operator_password"])
    assert visitor.ask("/airflow/api/v2/variables", **bearer).status in (401, 403)
    assert airflow_token(visitor, old["vault_operator_password"]) is None
    token = airflow_token(visitor, new["vault_operator_password"])
    bearer = {"Authorization": f"Bearer {token}"}
    assert not database_opens(runbook, old["vault_postgresql_airflow_password"])
    assert database_opens(runbook, new["vault_postgresql_airflow_password"])

    locked = "sudo -u postgres psql --tuples-only --command='select val from variable' airflow"
    before = runbook.on_host(locked)
    runbook.run("fernet-anew")
    assert runbook.on_host(locked) != before
    assert visitor.read("/airflow/api/v2/variables/kept", **bearer)["value"] == "under lock"


def test_the_password_of_the_vault_and_a_key_of_ssh_that_leaked(
    runbook: Runbook, controller: Controller, tmp_path: Path
) -> None:
    file = controller.folder / "vault_password"
    before = file.read_text("ascii")
    runbook.run("vault-anew")
    assert file.read_text("ascii") != before
    assert "vault_operator_password: " in runbook.run("secrets-shown")

    key = tmp_path / "leaked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    runbook.on_host(f"echo '{key.with_suffix('.pub').read_text('ascii').strip()}' >> ~/.ssh/authorized_keys")
    assert logs_in(runbook, key)
    runbook.run("key-away", key=key.with_suffix(".pub").read_text("ascii").split()[1])
    assert not logs_in(runbook, key)
    assert runbook.run("logins") != ""


def logs_in(runbook: Runbook, key: Path) -> bool:
    """Tell whether a key opens the host."""
    known = runbook.controller.rig.folder / "known_hosts"
    command = ["ssh", "-F", "none", "-i", key, "-o", f"UserKnownHostsFile={known}", "-o", "BatchMode=yes"]
    done = subprocess.run([*command, f"ubuntu@{runbook.address}", "true"], capture_output=True, check=False)
    return done.returncode == 0


def test_a_teardown_leaves_nothing_that_listens_and_no_data(runbook: Runbook) -> None:
    assert "/var/lib/matchcast/kafka" in runbook.run("history-size")
    runbook.run("remove")
    runbook.run("remove-data")
    assert {line.rpartition(":")[2] for line in runbook.run("listening").splitlines()} == {"22"}
    assert runbook.on_host("sudo blkid --probe /dev/oracleoci/oraclevdb") == ""


def test_all_commands_of_the_page_were_run(runbook: Runbook) -> None:
    due = {block.name for block in runbook.blocks.values() if block.place != "cloud"}
    assert due - runbook.ran == set()
