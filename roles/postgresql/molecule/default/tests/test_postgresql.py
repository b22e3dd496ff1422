"""The distribution's server on a bare host."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from testinfra.backend.base import CommandResult
from testinfra.host import Host

PASSWORD = "made-for-this-scenario"
UNIT = "postgresql@17-main.service"
ASK = "psql --no-password --tuples-only --no-align --host={where} --username=airflow airflow --command='{query}'"


def ask(host: Host, query: str, *, password: str = PASSWORD, where: str = "127.0.0.1") -> CommandResult:
    return host.run(f"PGPASSWORD={password} " + ASK.format(where=where, query=query))


def ready(host: Host) -> None:
    host.check_output(
        "timeout 120 sh -c 'until pg_isready --quiet --host=/run/postgresql; do sleep 0.5; done'"
    )


def test_the_user_owns_the_database_and_comes_in_by_password(host: Host) -> None:
    ready(host)
    for where in ("127.0.0.1", "/run/postgresql"):
        assert (
            ask(host, "create table if not exists t (n int); select 42", where=where).stdout.split()[-1]
            == "42"
        )
        assert ask(host, "select 42", where=where, password="wrong").rc != 0
    assert ask(host, "show password_encryption").stdout.strip() == "scram-sha-256"


def test_it_listens_on_loopback_alone(host: Host) -> None:
    listening = [line.split()[3] for line in host.check_output("ss -Hltn").splitlines()]
    assert [each for each in listening if each.endswith(":5432")] == ["127.0.0.1:5432"]


def test_the_data_lies_on_the_data_disk_with_checksums_and_in_utf8(host: Host) -> None:
    with host.sudo("postgres"):
        shown = host.check_output(
            "psql --tuples-only --no-align --command='show data_directory' --command='show data_checksums'"
            " --command='show server_encoding' --command='show shared_buffers'"
        ).splitlines()
    assert shown[:3] == ["/var/lib/matchcast/postgresql/17/main", "on", "UTF8"]
    assert re.fullmatch(r"\d+MB", shown[3])


def test_the_password_is_shown_nowhere(host: Host) -> None:
    with host.sudo():
        places = "/etc/postgresql /etc/postgresql-common /etc/systemd/system /var/log/postgresql"
        assert host.run(f"grep -rsF -- {PASSWORD} {places}").stdout == ""
        # Ansible's own lines apart, in which the command of this very search stands as well.
        assert PASSWORD not in host.check_output("journalctl --no-pager --output=cat --unit='postgresql*'")


def test_the_unit_is_confined_and_bounded(host: Host) -> None:
    exposure = host.check_output(f"systemd-analyze security --no-pager {UNIT} | tail -n 1")
    assert float(re.search(r"\d+\.\d+", exposure)[0]) < 4.0
    assert host.check_output(f"systemctl show --property=MemoryMax --value {UNIT}") != "infinity"


def test_it_runs_with_what_is_written_though_a_play_was_killed_in_between(host: Host) -> None:
    with host.sudo():
        for what in ("started-with", "loaded"):
            host.check_output(f"sha256sum --check --strict /run/postgresql@17-main.{what}")


def test_other_clusters_of_the_host_are_left_alone(host: Host) -> None:
    drop_ins = "systemctl show --property=DropInPaths --value postgresql@{}.service"
    assert "matchcast" in host.check_output(drop_ins.format("17-main"))
    assert "matchcast" not in host.check_output(drop_ins.format("17-reports"))


def test_a_killed_server_comes_back_with_its_rows(host: Host) -> None:
    assert ask(host, "insert into t values (7)").rc == 0
    with host.sudo():
        host.check_output(f"systemctl kill --signal=KILL --kill-whom=main {UNIT}")
    host.check_output(
        f"timeout 120 sh -c 'until [ $(systemctl is-active {UNIT}) = active ]; do sleep 0.5; done'"
    )
    ready(host)
    assert "7" in ask(host, "select n from t").stdout.split()


def test_a_reboot_brings_the_server_back(host: Host) -> None:
    rig = [os.environ["MATCHCAST_ROOT"] + "/.venv/bin/python", "-m", "tests.hosts.rig"]
    name = host.check_output("hostname")
    subprocess.run([*rig, "reboot", name], cwd=os.environ["MATCHCAST_ROOT"], check=True, stdout=sys.stderr)
    ready(host)
    assert "7" in ask(host, "select n from t").stdout.split()
