"""Three bare hosts become one site by the inventory alone: Kafka and Airflow each apart from the web and the API.

One set of hosts serves all; what takes parts of it away comes last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from testinfra.host import Host
from tests.hosts.acknowledged import Acknowledged
from tests.hosts.conftest import listening_ports, reach
from tests.hosts.controller import EXAMPLE, NAME, PLAYBOOK, Controller, Unprinted, filled_in
from tests.hosts.rig import Disk, Rig
from tests.hosts.rig.acme import AcmeServer
from tests.hosts.visitor import Visitor, is_open, wait_until

pytestmark = pytest.mark.timeout(2400)

KAFKA, AIRFLOW, WEB = HOSTS = ("kafka-1", "airflow-1", "web-1")
ADDRESSES = {
    KAFKA: ("203.0.113.11", "10.0.1.11"),
    AIRFLOW: ("203.0.113.12", "10.0.1.12"),
    WEB: ("203.0.113.10", "10.0.1.10"),
}
"""What the example has for each host's address, and for that which the others reach it at."""
UNITS = {
    KAFKA: {"kafka", "matchcast-producer"},
    AIRFLOW: {
        "postgresql@17-main", "airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer",
    },
    WEB: {"nginx", "matchcast-api@1", "matchcast-dashboard@1"},
}  # fmt: skip
INSIDE = {KAFKA: {9092, 9093, 9094}, AIRFLOW: {5432, 8080}, WEB: {8000, 8011, 8511}}
"""What listens on each host for the site alone."""
OUTSIDE = {KAFKA: {22}, AIRFLOW: {22}, WEB: {22, 80, 443}}


def inventory_of_three(rig: Rig) -> str:
    """Return the example with its one host's groups put in comments, those of three taken, the addresses filled in."""
    settings, group, rest = EXAMPLE.read_text("utf-8").partition("[kafka]\n")
    one, sentence, three = rest.partition("# Three hosts")
    sentence, end, groups = f"{sentence}{three}".partition("#\n# [kafka]\n")
    assert end, "the example has three hosts in comments"
    commented = re.sub(r"^(?=[^#\n])", "# ", group + one, flags=re.MULTILINE)
    taken = re.sub("^# ?", "", end + groups, flags=re.MULTILINE)
    addresses = {}
    for host, (outside, inside) in ADDRESSES.items():
        addresses |= {outside: host, inside: rig.host(host).address}
    return filled_in(settings + commented + sentence + taken, addresses)


@pytest.fixture(scope="module")
def controller(rig: Rig, acme: AcmeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """Hosts of which two have an empty disk, after one run of the play."""
    if not PLAYBOOK.exists():
        pytest.skip("the environment of Ansible is not made: make ansible")
    rig.up(KAFKA, AIRFLOW, release="trixie", image="oci", disks=(Disk(megabytes=6000),))
    rig.up(WEB, release="trixie", image="oci", aliases=(NAME,))
    try:
        controller = Controller(rig, tmp_path_factory.mktemp("controller"), acme, WEB)
        controller.prepare(inventory_of_three(rig))
        played = controller.play()
        print(f"first run: {played.told()}")
        assert played.code == 0, played.output[-8000:]
        yield controller
    finally:
        rig.down(*HOSTS)


@pytest.fixture
def hosts(controller: Controller) -> dict[str, Host]:
    return {name: reach(controller.rig, name) for name in HOSTS}


@pytest.fixture
def visitor(controller: Controller) -> Visitor:
    return Visitor(controller.rig.host(WEB).address, controller.acme.root)


@pytest.fixture(scope="module")
def secrets(controller: Controller) -> Unprinted:
    return controller.secrets()


# --- what a visitor sees --------------------------------------------------------------------------


def test_a_visitor_finds_the_page_under_a_certificate_of_the_authority(visitor: Visitor) -> None:
    page = visitor.ask("/")
    assert page.status == 200
    assert "Matchcast" in page.data.decode()


def test_the_model_api_forecasts(visitor: Visitor) -> None:
    assert visitor.win_probability(minute=80, home=3, away=0) > 0.98


def test_a_match_that_is_written_on_kafka_s_host_is_forecast_on_the_page(visitor: Visitor) -> None:
    match = visitor.follow_a_match()
    assert visitor.read(f"/api/prediction?match_id={match['match_id']}")["history"]


def test_every_lamp_is_lit(visitor: Visitor) -> None:
    visitor.wait_for_all_lamps()


def test_a_run_that_is_started_on_the_web_host_writes_history_on_airflow_s_and_is_told_of_on_the_dashboard(
    visitor: Visitor, secrets: Unprinted, hosts: dict[str, Host]
) -> None:
    visitor.log_in(secrets["vault_operator_password"])
    run = visitor.run_dag("football_pipeline")
    assert run["state"] == "success"
    assert "drained" in run["result"]
    assert "checks passed" in run["result"]
    assert hosts[AIRFLOW].check_output("find /var/lib/matchcast/history -name '*.parquet' | head -1")
    assert not hosts[WEB].file("/var/lib/matchcast/history").exists


# --- the hosts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_runs_what_its_groups_say_and_nothing_of_the_others(hosts: dict[str, Host], name: str) -> None:
    listed = hosts[name].check_output(
        "systemctl list-units --type=service --state=running --plain --no-legend"
    )
    running = {line.split()[0].removesuffix(".service") for line in listed.splitlines()}
    assert running & set().union(*UNITS.values()) == UNITS[name]
    assert hosts[name].check_output("systemctl --failed --no-legend") == ""


@pytest.mark.parametrize("name", HOSTS)
def test_from_outside_ssh_is_reachable_on_each_host_and_the_web_on_one(
    controller: Controller, hosts: dict[str, Host], name: str
) -> None:
    listening = listening_ports(hosts[name])
    assert INSIDE[name] | OUTSIDE[name] <= listening
    address = controller.rig.host(name).address
    with ThreadPoolExecutor(len(listening)) as pool:
        answers = dict(zip(listening, pool.map(lambda port: is_open(address, port), listening), strict=True))
    assert {port for port, answered in answers.items() if answered} == OUTSIDE[name]


def test_the_site_s_hosts_reach_each_other_s_parts_but_not_the_database(
    controller: Controller, hosts: dict[str, Host]
) -> None:
    def reached(source: str, target: str) -> set[int]:
        address = controller.rig.host(target).address
        tried = "".join(
            f"(timeout 5 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null && echo {port}) & "
            for port in sorted(INSIDE[target])
        )
        return {int(line) for line in hosts[source].check_output(f"{tried} wait").splitlines()}

    assert reached(WEB, KAFKA) == reached(AIRFLOW, KAFKA) == {9092, 9093}
    assert reached(WEB, AIRFLOW) == {8080}
    assert reached(AIRFLOW, WEB) == {8000, 8011, 8511}


def test_state_lies_on_the_data_disk_where_there_is_one(hosts: dict[str, Host]) -> None:
    mounted = {name: host.mount_point("/var/lib/matchcast").exists for name, host in hosts.items()}
    assert mounted == {KAFKA: True, AIRFLOW: True, WEB: False}


# --- the play again -------------------------------------------------------------------------------


def test_a_second_run_changes_nothing(controller: Controller) -> None:
    played = controller.play()
    print(f"second run: {played.told()}")
    assert played.code == 0, played.output[-8000:]
    assert played.changes == []
    assert played.changed == 0


# --- failures -------------------------------------------------------------------------------------


def test_kafka_s_host_crashes_and_boots_and_all_comes_back_without_the_loss_of_an_acknowledged_record(
    controller: Controller, visitor: Visitor, hosts: dict[str, Host], tmp_path: Path
) -> None:
    records = Acknowledged(controller.rig, WEB, KAFKA, "numbered", tmp_path / "acknowledged")
    records.make_topic()
    with records.writing():
        wait_until(lambda: len(records.told()) >= 500, "500 records are acknowledged", 120)
        controller.rig.host(KAFKA).crash()
        before = len(records.told())
        wait_until(lambda: "kafka" in visitor.lamps(), "the lamp of Kafka tells of it", 60)
        controller.rig.boot(KAFKA)
        wait_until(lambda: len(records.told()) >= before + 500, "500 more are acknowledged", 120)
    assert records.lost() == set()
    visitor.wait_for_all_lamps()
    assert hosts[KAFKA].check_output("systemctl --failed --no-legend") == ""


def test_airflow_s_host_reboots_and_comes_back_by_itself(
    controller: Controller, visitor: Visitor, secrets: Unprinted, hosts: dict[str, Host]
) -> None:
    controller.rig.reboot(AIRFLOW)
    visitor.wait_for_all_lamps()
    assert hosts[AIRFLOW].check_output("systemctl --failed --no-legend") == ""
    visitor.log_in(secrets["vault_operator_password"])
    assert visitor.run_dag("football_pipeline")["state"] == "success"
