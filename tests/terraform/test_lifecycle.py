"""What Terraform does to a site that is there: nothing surprising. The cloud is a stand-in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.terraform.running import ANSWERS, Site, sites

HOST = 'module.compute.oci_core_instance.host["site"]'
VOLUME = 'module.storage.oci_core_volume.data["site"]'
ANOTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAISecond second@example.org"


@pytest.fixture(scope="module")
def applied(
    tmp_path_factory: pytest.TempPathFactory, terraform: tuple[str, ...], schemas: Path
) -> Iterator[Site]:
    """A site of one host that was applied once for all tests that only plan, or are refused."""
    with sites(tmp_path_factory.mktemp("standing"), terraform, schemas) as make:
        site: Site = make()
        site.apply()
        yield site


@pytest.fixture
def standing(applied: Site) -> Iterator[Site]:
    """The same, with its answers and its cloud as they were; it has to be left as it is."""
    before = applied.account.contents()
    yield applied
    applied.answers = dict(ANSWERS)
    set_account(applied)
    assert applied.account.contents() == before


def set_account(site: Site, **settings: object) -> None:
    """Change something of the cloud that no configuration says."""
    (site.account.folder / "account.json").write_text(json.dumps(settings), encoding="utf-8")


@pytest.mark.parametrize("topology", ["single", "cluster"])
def test_a_second_plan_changes_nothing(make_site: Callable[..., Site], topology: str) -> None:
    site = make_site(
        topology=topology, backup_bucket={"name": "backups"}, budget={"amount": 5, "email": "you@example.org"}
    )
    site.apply()
    assert site.plan() == {}


def test_one_host_takes_no_more_than_is_listed(standing: Site) -> None:
    """Twelve resources, all of them within Always Free: no NAT gateway, no second subnet."""
    assert standing.account.contents() == {
        "oci_core_vcn": 1,
        "oci_core_default_security_list": 1,
        "oci_core_internet_gateway": 1,
        "oci_core_route_table": 1,
        "oci_core_security_list": 1,
        "oci_core_subnet": 1,
        "oci_core_instance": 1,
        "oci_core_public_ip": 1,
        "oci_core_volume": 1,
        "oci_core_volume_attachment": 1,
        "oci_core_volume_backup_policy": 1,
        "oci_core_volume_backup_policy_assignment": 1,
    }


def test_a_changed_ssh_key_changes_no_host(standing: Site) -> None:
    standing.answers["ssh_public_keys"] = [ANOTHER_KEY]
    assert standing.plan() == {}


def test_a_newer_image_changes_no_host(standing: Site) -> None:
    set_account(standing, newest_image="2026.09.30")
    assert standing.plan() == {}
    assert standing.outputs()["image_ocid"] == "ocid1.image.oc1..aarch64-2026.08.31"


def test_a_pinned_image_that_is_another_changes_no_host(standing: Site) -> None:
    standing.answers["image_ocid"] = "ocid1.image.oc1..aarch64-2026.09.30"
    assert standing.plan() == {}


def test_leaving_out_a_fault_domain_moves_no_host_that_is_there(make_site: Callable[..., Site]) -> None:
    site = make_site(topology="cluster")
    site.apply()
    site.answers["fault_domains"] = ["FAULT-DOMAIN-2"]
    assert site.plan() == {}


def test_a_host_made_anew_starts_from_the_newest_image_and_keeps_both_addresses(site: Site) -> None:
    before = site.outputs()["addresses"]
    set_account(site, newest_image="2026.09.30")
    site.run("apply", "-input=false", "-auto-approve", f"-replace={HOST}")
    assert site.outputs()["addresses"] == before
    assert site.outputs()["image_ocid"] == "ocid1.image.oc1..aarch64-2026.09.30"
    assert site.account.contents()["oci_core_volume"] == 1
    assert site.plan() == {}


def test_growing_a_volume_is_in_place(site: Site) -> None:
    site.answers["sizes"] = {"site": {"boot_gb": 60, "data_gb": 120}}
    assert site.plan() == {HOST: ("update",), VOLUME: ("update",)}
    site.apply()
    assert site.plan() == {}


def test_another_size_of_a_host_is_in_place(standing: Site) -> None:
    standing.answers["sizes"] = {"site": {"ocpus": 4, "memory_gb": 24}}
    assert standing.plan() == {HOST: ("update",)}


def test_another_shape_with_the_same_processor_is_in_place(standing: Site) -> None:
    standing.answers["shape"] = "VM.Standard.A2.Flex"
    assert standing.plan() == {HOST: ("update",)}


def test_another_processor_makes_the_host_anew_and_keeps_its_volume_and_both_addresses(site: Site) -> None:
    """Oracle refuses to start a boot volume for ARM on x86, though the provider plans that as an update in place."""
    before = site.outputs()["addresses"]
    site.answers["shape"] = "VM.Standard.E5.Flex"
    plan = site.plan()
    assert plan[HOST] == ("delete", "create")
    assert VOLUME not in plan
    site.apply()
    assert site.outputs()["addresses"] == before
    assert site.outputs()["image_ocid"] == "ocid1.image.oc1..amd64-2026.08.31"
    assert site.plan() == {}


def test_another_name_is_in_place(standing: Site) -> None:
    standing.answers["name"] = "football"
    assert set(standing.plan().values()) == {("update",)}


def test_another_network_makes_itself_and_the_hosts_anew_and_keeps_volumes_and_the_public_address(
    make_site: Callable[..., Site],
) -> None:
    """Oracle refuses to change the range of a network whose subnets lie outside of the new one."""
    site = make_site(topology="cluster")
    site.apply()
    before, outputs = site.account.contents(), site.outputs()
    site.answers["network"] = "10.1.0.0/16"
    plan = site.plan()
    assert plan["module.network.oci_core_vcn.site"] == ("delete", "create")
    assert plan['module.compute.oci_core_instance.host["kafka-1"]'] == ("delete", "create")
    assert not any("oci_core_volume.data" in address for address in plan)
    site.apply()
    assert site.outputs()["public_address"] == outputs["public_address"]
    assert site.outputs()["addresses"]["kafka-1"]["private"] == "10.1.128.11"
    assert site.account.contents() == before
    assert site.plan() == {}


def test_a_network_that_ssh_comes_from_is_changed_in_place(standing: Site) -> None:
    standing.answers["ssh_networks"] = ["198.51.100.0/24"]
    assert standing.plan() == {'module.network.oci_core_security_list.site["public"]': ("update",)}


@pytest.mark.parametrize(
    ("name", "value"),
    [("availability_domain", 2), ("topology", "cluster")],
    ids=["another availability domain", "another topology"],
)
def test_what_would_destroy_a_data_volume_is_refused(standing: Site, name: str, value: object) -> None:
    before = standing.account.contents()
    standing.answers[name] = value
    refused = standing.run("apply", "-no-color", "-input=false", "-auto-approve", codes=(1,))
    assert "Instance cannot be destroyed" in refused.stderr
    assert 'oci_core_volume.data["site"]' in refused.stderr
    assert standing.account.contents() == before


@pytest.mark.parametrize("with_bucket", [False, True])
def test_destroying_what_holds_data_is_refused_and_touches_nothing(
    make_site: Callable[..., Site], with_bucket: bool
) -> None:
    site = make_site(backup_bucket={"name": "backups"} if with_bucket else None)
    site.apply()
    before = site.account.contents()
    refused = site.run("destroy", "-no-color", "-input=false", "-auto-approve", codes=(1,)).stderr
    assert ('oci_core_volume.data["site"]' in refused) or ("oci_objectstorage_bucket.backups[0]" in refused)
    assert "Instance cannot be destroyed" in refused
    assert site.account.contents() == before


def tear_down(site: Site, typed: str) -> subprocess.CompletedProcess[str]:
    """Run teardown.sh, with an answer to its question."""
    return site.start(["sh", "teardown.sh", "-no-color", "-input=false"], typed=typed)


def test_tearing_down_leaves_nothing_once_the_name_was_typed(make_site: Callable[..., Site]) -> None:
    site = make_site(
        topology="cluster",
        backup_bucket={"name": "backups"},
        budget={"amount": 5, "email": "you@example.org"},
    )
    site.apply()
    done = tear_down(site, "forecasts.example.org\n")
    assert "Destroy complete!" in done.stdout, done.stderr
    assert site.account.contents() == {}
    assert put_beside(site) == []


def put_beside(site: Site) -> list[Path]:
    """Return what teardown.sh has put beside the configuration."""
    return list((site.work / "modules/storage").glob("teardown_*.tf"))


def test_tearing_down_a_bucket_that_holds_something_touches_nothing_and_says_how_to_empty_it(
    make_site: Callable[..., Site],
) -> None:
    """Oracle would refuse it too, with the hosts gone by then."""
    site = make_site(backup_bucket={"name": "backups"})
    site.apply()
    set_account(site, objects=["2026-11-26.tar"])
    before = site.account.contents()
    done = tear_down(site, "forecasts.example.org\n")
    assert done.returncode == 1
    assert "  oci os object bulk-delete-versions --namespace axstandin --bucket-name backups\n" in done.stderr
    assert done.stderr.endswith("Nothing was touched.\n")
    assert site.account.contents() == before
    assert put_beside(site) == []
    set_account(site)
    assert "Destroy complete!" in tear_down(site, "forecasts.example.org\n").stdout
    assert site.account.contents() == {}


def test_tearing_down_takes_a_bucket_along_that_the_answers_no_longer_name(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(backup_bucket={"name": "backups"})
    site.apply()
    site.answers["backup_bucket"] = None
    done = tear_down(site, "forecasts.example.org\n")
    assert done.returncode == 0, done.stderr
    assert site.account.contents() == {}


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_teardown_that_is_broken_off_puts_the_guards_back(standing: Site, number: signal.Signals) -> None:
    """A guard that stays lifted lets the next plain destroy through. Closing the terminal hangs up."""
    environment = standing.prepare()
    terraform = standing.folder / "bin/terraform"
    whole = terraform.read_text("utf-8")
    began = standing.folder / "began"
    os.mkfifo(began)
    waits = f'[ "$1" != destroy ] || {{ echo >"{began}"; exec sleep 600; }}\n'
    terraform.write_text(whole.replace("exec", f"{waits}exec", 1), encoding="utf-8")
    process = subprocess.Popen(
        ["env", "--default-signal=HUP,INT,TERM", "./teardown.sh"],
        cwd=standing.work, env=environment, stdin=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdin is not None
        process.stdin.write("forecasts.example.org\n")
        process.stdin.close()
        began.read_text("utf-8")
        assert put_beside(standing) != []
        os.killpg(process.pid, number)
        assert process.wait(60) == 130
        assert put_beside(standing) == []
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        terraform.write_text(whole, encoding="utf-8")
        began.unlink()


def test_a_teardown_on_a_full_disk_says_that_nothing_was_touched(standing: Site) -> None:
    before = standing.account.contents()
    (standing.work / "modules/storage/teardown_override.tf").symlink_to("/dev/full")
    done = tear_down(standing, "forecasts.example.org\n")
    assert done.returncode == 1
    assert (
        "teardown_override.tf cannot be written; why is said above. Nothing was touched.\nTry: "
        in done.stderr
    )
    assert standing.account.contents() == before
    assert put_beside(standing) == []


@pytest.mark.parametrize("typed", ["yes\n", "example.org\n", ""])
def test_tearing_down_touches_nothing_for_another_answer(standing: Site, typed: str) -> None:
    before = standing.account.contents()
    done = tear_down(standing, typed)
    assert done.returncode == 1
    assert done.stderr.endswith("Nothing was touched.\n")
    assert standing.account.contents() == before


def test_what_the_guards_hold_back_would_happen_without_them(site: Site) -> None:
    """The stand-in makes a host anew for another key, as the real provider does: without the guard it is seen."""
    main = site.work / "modules/compute/main.tf"
    guard = "ignore_changes       = [metadata, source_details[0].source_id, fault_domain]"
    assert guard in main.read_text("utf-8")
    main.write_text(main.read_text("utf-8").replace(guard, ""), encoding="utf-8")
    set_account(site, newest_image="2026.09.30")
    assert site.plan()[HOST] == ("update",)
    site.answers["ssh_public_keys"] = [ANOTHER_KEY]
    assert site.plan()[HOST] == ("delete", "create")


def test_a_host_that_oracle_stopped_for_being_idle_is_no_change_to_terraform(standing: Site) -> None:
    [instance] = standing.account.folder.glob("oci_core_instance/*.json")
    running = instance.read_text("utf-8")
    assert '"state": "RUNNING"' in running
    instance.write_text(running.replace("RUNNING", "STOPPED"), encoding="utf-8")
    try:
        assert standing.plan() == {}
    finally:
        instance.write_text(running, encoding="utf-8")


def test_a_full_availability_domain_holds_the_site_to_nothing(make_site: Callable[..., Site]) -> None:
    """A data volume that was made before its host would hold the site to a domain that has no room for it."""
    site = make_site()
    set_account(site, full=[1])
    refused = site.run("apply", "-no-color", "-input=false", "-auto-approve", codes=(1,)).stderr
    assert "500-InternalError, Out of host capacity." in refused
    site.answers["availability_domain"] = 2
    site.apply()
    assert site.plan() == {}
    assert site.account.contents()["oci_core_volume"] == 1


def test_room_that_was_found_later_completes_what_was_begun(make_site: Callable[..., Site]) -> None:
    site = make_site()
    set_account(site, full=[1])
    site.run("apply", "-no-color", "-input=false", "-auto-approve", codes=(1,))
    set_account(site)
    site.apply()
    assert site.plan() == {}


def test_a_region_without_the_availability_domain_says_which_there_are(
    make_site: Callable[..., Site],
) -> None:
    site = make_site(availability_domain=3)
    set_account(site, availability_domains=1)
    refused = site.run("plan", "-no-color", "-input=false", codes=(1,)).stderr
    assert "eu-frankfurt-1 has 1 availability domain(s). Set availability_domain" in " ".join(
        refused.replace("│", "").split()
    )


def test_state_and_outputs_hold_nothing_secret(standing: Site) -> None:
    """The one key in the state is the public one; the account's own key stays in ~/.oci/config."""
    state = json.loads((standing.work / "terraform.tfstate").read_text("utf-8"))
    text = json.dumps(state)
    assert "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFirst" in text
    for word in ("PRIVATE KEY", "fingerprint", "private_key", "password"):
        assert word not in text
    assert not any(output.get("sensitive") for output in state["outputs"].values())
