"""A host that base has made fit: who may log in, and what keeps it in order."""

from __future__ import annotations

from testinfra.host import Host


def test_an_operator_logs_in_by_key_alone_and_may_become_root(host: Host) -> None:
    assert "alex" in host.file("/etc/group").content_string
    with host.sudo():
        assert host.file("/home/alex/.ssh/authorized_keys").contains("AAAAC3NzaC1lZDI1NTE5AAAA")
        assert host.check_output("passwd --status alex").split()[1] == "L"
        assert host.check_output("sudo -u alex sudo -n id -un") == "root"


def test_a_removed_operator_may_do_nothing(host: Host) -> None:
    assert not host.user("kim").exists
    with host.sudo():
        assert not host.file("/etc/sudoers.d/60-base-operators").contains("kim")


def test_the_key_that_ansible_has_logged_in_by_stays_beside_those_of_its_operator(host: Host) -> None:
    keys = host.file("/home/ubuntu/.ssh/authorized_keys").content_string.splitlines()
    assert len(keys) == 2
    assert keys[1].endswith(" other")


def test_the_running_sshd_takes_keys_alone(host: Host) -> None:
    asked = host.run("ssh -v -o StrictHostKeyChecking=no -o BatchMode=yes nobody@127.0.0.1 true; true")
    assert "Authentications that can continue: publickey" in asked.stderr
    assert "password" not in asked.stderr.split("can continue:")[1]
    with host.sudo():
        effective = host.check_output("sshd -T")
    assert "permitrootlogin no" in effective
    assert "allowtcpforwarding yes" in effective
    assert "port 22" in effective.splitlines()


def test_no_rollback_waits_after_a_login_has_succeeded(host: Host) -> None:
    assert host.run("systemctl is-active base-ssh-rollback.timer").stdout.strip() == "inactive"


def test_security_updates_alone_are_installed_by_themselves(host: Host) -> None:
    with host.sudo():
        plan = host.run("unattended-upgrade --dry-run --debug").stdout
        reboot = host.check_output("apt-config dump Unattended-Upgrade::Automatic-Reboot-Time")
    allowed = next(line for line in plan.splitlines() if line.startswith("Allowed origins are:"))
    assert "label=Debian-Security" in allowed
    assert allowed.count("origin=Debian") == 1
    assert '"04:30"' in reboot
    assert host.service("apt-daily-upgrade.timer").is_enabled
    assert host.service("apt-daily-upgrade.timer").is_running


def test_updates_leave_running_what_may_not_stop_in_the_middle_of_its_work(host: Host) -> None:
    ask = """our %nrconf; do shift; for my $unit (@ARGV) { print "$unit\\n" if grep { $unit =~ $_ } keys %{$nrconf{override_rc}} }"""
    units = "kafka.service airflow-scheduler.service matchcast-api@1.service ssh.service not-kafka.service"
    left = host.check_output(f"perl -we '{ask}' /etc/needrestart/conf.d/base.conf {units}").split()
    assert left == ["kafka.service", "airflow-scheduler.service", "matchcast-api@1.service"]


def test_the_journal_stays_within_its_bounds(host: Host) -> None:
    with host.sudo():
        limits = host.check_output("journalctl --unit systemd-journald --boot --output cat --no-pager")
        assert host.file("/var/log/journal").is_directory
    told = [line for line in limits.splitlines() if line.startswith("System Journal")]
    assert "max 200.0M" in told[-1]


def test_the_time_is_that_of_the_zone(host: Host) -> None:
    assert host.check_output("date --date=2026-07-01T12:00Z +%Z") == "BST"


def test_nothing_has_failed(host: Host) -> None:
    assert host.check_output("systemctl is-system-running") == "running"
