"""One bare host becomes the running site: met by visitors, by its operator, by a second run of the play, by failures.

One host serves all; what takes parts of it away comes last.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from playwright.sync_api import Browser, expect
from testinfra.host import Host
from tests.hosts.conftest import listening_ports, reach
from tests.hosts.controller import NAME, Controller, Unprinted, prepared
from tests.hosts.converged import converged
from tests.hosts.rig import Disk, Rig
from tests.hosts.rig.acme import AcmeServer
from tests.hosts.visitor import Visitor, browse, is_open, wait_until

pytestmark = pytest.mark.timeout(2400)

OURS = ("matchcast-api@1", "matchcast-dashboard@1", "matchcast-producer")
AIRFLOW = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
UNITS = ("kafka", "postgresql@15-main", "nginx", *OURS, *AIRFLOW)
MOST_EXPOSED = {
    **dict.fromkeys(OURS, 2.0),
    **dict.fromkeys(("kafka", "nginx", *AIRFLOW, "airflow-migrate", "airflow-clean"), 4.0),
}


@pytest.fixture(scope="module")
def controller(rig: Rig, acme: AcmeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """A host with the rules of Oracle's image and a data disk, after one run of the play."""
    with converged(rig, acme, tmp_path_factory.mktemp("controller"), "site") as controller:
        yield controller


@pytest.fixture(scope="module")
def secrets(controller: Controller) -> Unprinted:
    return controller.secrets()


@pytest.fixture
def host(controller: Controller) -> Host:
    return reach(controller.rig, controller.host)


@pytest.fixture
def visitor(controller: Controller) -> Visitor:
    return Visitor(controller.rig.host(controller.host).address, controller.acme.root)


# --- visitors -------------------------------------------------------------------------------------


def test_a_visitor_finds_the_page_under_a_certificate_of_the_authority(visitor: Visitor) -> None:
    page = visitor.ask("/")
    assert page.status == 200
    assert "Matchcast" in page.data.decode()
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_plain_http_is_sent_to_tls(visitor: Visitor) -> None:
    answer = urllib3.request(
        "GET", f"http://{visitor.address}/status?a=b", headers={"Host": NAME}, redirect=False
    )
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/status?a=b")


def test_the_address_of_the_model_api_leads_to_what_it_offers(visitor: Visitor) -> None:
    for address in ("/api/v1", "/api/v1/"):
        answer = visitor.ask(address)
        assert answer.status == 301
        assert answer.headers["Location"].endswith("/api/v1/docs")


def test_from_outside_only_ssh_and_the_web_are_reachable(visitor: Visitor, host: Host) -> None:
    listening = listening_ports(host)
    assert {22, 80, 443, 8000, 8011, 8080, 8511, 9092, 9094} <= listening
    assert {port for port in listening if is_open(visitor.address, port)} == {22, 80, 443}


def test_the_model_api_forecasts(visitor: Visitor) -> None:
    assert visitor.read("/api/v1/ready")["status"] == "ready"
    assert visitor.win_probability(minute=80, home=3, away=0) > 0.98


def test_what_kafka_brings_is_forecast(visitor: Visitor) -> None:
    match = visitor.follow_a_match()
    assert visitor.read(f"/api/prediction?match_id={match['match_id']}")["history"]


@pytest.fixture
def browser(controller: Controller, tmp_path: Path) -> Iterator[Browser]:
    if shutil.which("certutil") is None or shutil.which("chromium") is None:
        pytest.skip("chromium or certutil is not here: run requirements/browser.sh and requirements/hosts.sh")
    with browse(
        controller.rig.host(controller.host).address, controller.acme.root, tmp_path / "home"
    ) as browser:
        yield browser


def test_a_browser_that_verifies_the_certificate_follows_a_match_live(browser: Browser) -> None:
    page = browser.new_page(locale="en-GB")
    answer = page.goto(f"https://{NAME}/")
    assert answer is not None
    verified = answer.security_details()
    assert verified is not None
    assert str(verified.get("issuer")).startswith("Pebble Intermediate")
    expect(page.locator("#pill")).to_have_text(re.compile(r"^Live · \d+ s ago$"), timeout=30_000)
    expect(page.locator(".share.home b")).to_have_text(re.compile(r"^\d+\u202f%$"))
    before = page.locator("#clock").inner_text()
    expect(page.locator("#clock")).not_to_have_text(before, timeout=90_000)


def test_every_lamp_is_lit(visitor: Visitor) -> None:
    visitor.wait_for_all_lamps()


# --- the operator ---------------------------------------------------------------------------------


def test_airflow_lets_its_operator_in_and_nobody_else(visitor: Visitor, secrets: Unprinted) -> None:
    wrong = visitor.ask("/airflow/auth/token", "POST", {"username": "admin", "password": "admin"})
    assert wrong.status == 401
    login = {"username": "admin", "password": secrets["vault_operator_password"]}
    token = visitor.read("/airflow/auth/token", "POST", login)["access_token"]
    dags = visitor.read("/airflow/api/v2/dags", Authorization=f"Bearer {token}")["dags"]
    assert {one["dag_id"] for one in dags if not one["is_paused"]} == {
        "football_pipeline", "retraining_pipeline",
    }  # fmt: skip


def test_matches_that_the_operator_brings_are_airflow_s_history(host: Host) -> None:
    head = "date,home_team,away_team,home_score,away_score,tournament,neutral"
    match = "1872-11-30,Scotland,England,0,0,Friendly,false"
    host.check_output("install -d -m 755 /srv/brought")
    host.check_output(f"printf '%s\\n' '{head}' '{match}' > /srv/brought/international_results.csv")
    host.check_output("cd /srv && sudo matchcast history fetch --data brought")
    asked = "SELECT home_team, away_team FROM matches WHERE date = '1872-11-30'"
    assert "Scotland" in host.check_output(f'sudo matchcast history query "{asked}"')
    assert host.check_output("find /var/lib/matchcast/history ! -user airflow") == ""


@pytest.mark.parametrize("dag", ["football_pipeline", "retraining_pipeline"])
def test_a_run_that_the_operator_starts_on_the_dashboard_ends_well(
    visitor: Visitor, secrets: Unprinted, dag: str
) -> None:
    visitor.log_in(secrets["vault_operator_password"])
    run = visitor.run_dag(dag)
    assert run["state"] == "success"


# --- the host -------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_runs_and_comes_back_at_a_boot(host: Host, unit: str) -> None:
    assert host.service(unit).is_running
    assert host.service(unit).is_enabled


def test_units_are_shut_in_as_promised(host: Host) -> None:
    said = {
        unit: host.check_output(f"systemd-analyze security --no-pager {unit} | tail -1")
        for unit in MOST_EXPOSED
    }
    exposure = {unit: float(line.split(": ")[1].split()[0]) for unit, line in said.items()}
    print(f"exposure: {exposure}")
    assert {unit: level for unit, level in exposure.items() if level > MOST_EXPOSED[unit]} == {}


def test_all_services_together_stay_under_six_gigabytes(host: Host) -> None:
    used = {
        unit: int(host.check_output(f"systemctl show --property=MemoryCurrent --value {unit}")) >> 20
        for unit in UNITS
    }
    print(f"memory in MB: {used}, together {sum(used.values())}")
    assert sum(used.values()) < 6 << 10


def test_no_secret_is_seen_in_processes_units_or_the_journal(host: Host, secrets: Unprinted) -> None:
    seen = host.check_output(
        "ps axww; runuser --user ubuntu -- ps axeww; systemctl show --no-pager '*'; "
        "cat /etc/systemd/system/*.service; journalctl --merge --no-pager"
    )
    assert secrets.seen_in(seen) == []


def test_state_lies_on_the_data_disk(host: Host) -> None:
    assert host.mount_point("/var/lib/matchcast").exists
    for part in ("kafka", "postgresql", "airflow", "history", "dashboard"):
        assert host.file(f"/var/lib/matchcast/{part}").is_directory


def test_a_command_for_a_computer_of_one_s_own_says_where_to_look_on_a_host(host: Host) -> None:
    told = host.run("sudo matchcast doctor")
    assert told.rc == 1
    assert "systemctl status" in told.stderr


# --- the play again -------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(controller: Controller) -> None:
    played = controller.play()
    print(f"second run: {played.told()}")
    assert played.code == 0, played.output[-8000:]
    assert played.changes == []
    assert played.changed == 0


def test_a_look_at_the_running_site_finds_nothing_to_change_and_tells_no_secret(
    controller: Controller, secrets: Unprinted
) -> None:
    played = controller.play("--check", "--diff")
    print(f"a look: {played.told()}")
    assert played.code == 0, played.output[-8000:]
    assert played.changes == []
    assert secrets.seen_in(played.output) == []


def test_a_look_at_a_bare_host_ends_well_and_tells_no_secret(
    rig: Rig, acme: AcmeServer, tmp_path: Path
) -> None:
    disks = (Disk(megabytes=3000),)
    with prepared(rig, acme, tmp_path, "bare", image="oci", disks=disks, aliases=()) as bare:
        played = bare.play("--check", "--diff", "--extra-vars", '{"certbot_check_name": false}')
        assert played.code == 0, played.output[-8000:]
        assert bare.secrets().seen_in(played.output) == []


# --- failures -------------------------------------------------------------------------------------


def test_a_renewed_certificate_is_served(visitor: Visitor, host: Host) -> None:
    before = serial(visitor)
    host.check_output(
        "REQUESTS_CA_BUNDLE=/etc/letsencrypt/matchcast-ca.pem "
        "certbot renew --force-renewal --no-random-sleep-on-renew"
    )
    wait_until(lambda: serial(visitor) != before, "the new certificate is served", 30)
    assert visitor.ask("/health").status == 200


def serial(visitor: Visitor) -> str:
    """Return the number of the certificate that the site shows."""
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", f"{visitor.address}:443", "-servername", NAME],
        input="", capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return subprocess.run(
        ["openssl", "x509", "-noout", "-serial"], input=shown, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_that_is_killed_comes_back(host: Host, unit: str) -> None:
    before = main_process(host, unit)
    host.check_output(f"systemctl kill --signal=KILL {unit}")
    wait_until(lambda: main_process(host, unit) not in (0, before), f"{unit} is back", 60)


def test_after_all_that_every_lamp_is_lit_and_no_event_is_lost(visitor: Visitor, host: Host) -> None:
    visitor.wait_for_all_lamps()
    assert_no_event_is_lost(host)


def main_process(host: Host, unit: str) -> int:
    """Return the number of a unit's main process while the unit is up, else 0."""
    shown = host.check_output(f"systemctl show --property=ActiveState,MainPID {unit}")
    told = dict(line.split("=", 1) for line in shown.splitlines())
    return int(told["MainPID"]) if told["ActiveState"] == "active" else 0


def assert_no_event_is_lost(host: Host) -> None:
    """Every match's events lie in Kafka without a gap: the producer numbers them, and goes on where it was."""
    topic = "--bootstrap-server 127.0.0.1:9092 --topic live_football_events"
    ends = host.check_output(f"kafka-get-offsets {topic}")
    count = sum(int(line.rpartition(":")[2]) for line in ends.splitlines())
    read = host.check_output(
        f"kafka-console-consumer {topic} --from-beginning --max-messages {count} --timeout-ms 60000"
    )
    numbers: dict[str, list[int]] = defaultdict(list)
    for line in read.splitlines():
        event = json.loads(line)
        numbers[event["match"]["id"]].append(event["index"])
    assert len(numbers) >= 5
    for match, found in numbers.items():
        assert found == list(range(1, len(found) + 1)), match


def test_all_comes_back_by_itself_after_a_reboot(
    controller: Controller, visitor: Visitor, host: Host
) -> None:
    controller.rig.reboot(controller.host)
    visitor.wait_for_all_lamps()
    assert host.check_output("systemctl --failed --no-legend") == ""
    assert not is_open(visitor.address, 9092)
    assert_no_event_is_lost(host)
