"""A host with a release: whole, proven, and with settings that every process reads alike."""

from __future__ import annotations

import pytest
from testinfra.host import Host

ROOT = "/opt/matchcast"


@pytest.fixture
def release(host: Host) -> str:
    return host.check_output(f"readlink {ROOT}/current").removeprefix("releases/")


def test_the_current_release_runs_its_own_python_and_brings_the_dags(host: Host, release: str) -> None:
    place = f"{ROOT}/releases/{release}"
    assert host.check_output(f"{place}/bin/matchcast --version") == f"matchcast {release.split('-')[0]}"
    assert host.file(f"{place}/bin/matchcast").content_string.splitlines()[0] == f"#!{place}/bin/python"
    assert host.file(f"{place}/share/matchcast/dags/football_pipeline.py").is_file
    assert host.file(f"{place}/bin/matchcast").user == "root"


def test_nothing_of_the_installation_is_left_aside(host: Host, release: str) -> None:
    assert host.check_output(f"ls -A {ROOT}/releases") == release
    assert host.check_output("ls -A /var/cache/matchcast/incoming") == ""


def test_the_settings_reach_units_and_the_operator_alike(host: Host) -> None:
    odd = 'https://example.org/"air`flow\\$'
    by_hand = host.check_output("matchcast config | grep AIRFLOW_PUBLIC_URL")
    assert by_hand.startswith(f"MATCHCAST_AIRFLOW_PUBLIC_URL={odd}  (environment)")
    with host.sudo():
        in_unit = host.check_output(
            "systemd-run --quiet --wait --pipe --property=EnvironmentFile=/etc/matchcast/matchcast.env "
            "printenv MATCHCAST_AIRFLOW_PUBLIC_URL"
        )
    assert in_unit == odd


def test_only_root_reads_the_secrets(host: Host) -> None:
    with host.sudo():
        secret = host.file("/etc/matchcast/secrets/secret_key")
        assert (secret.user, secret.mode) == ("root", 0o600)
        assert secret.content_string == "neither-is-this"
    assert host.run("cat /etc/matchcast/secrets/secret_key").rc != 0
    assert "neither-is-this" not in host.file("/etc/matchcast/matchcast.env").content_string


def test_the_user_of_the_units_cannot_log_in(host: Host) -> None:
    assert host.user("matchcast").shell == "/usr/sbin/nologin"
