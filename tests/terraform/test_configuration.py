"""The configuration by itself: its form, its validations, its own tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.terraform.running import CONFIGURATION, LEAST, ROOT, Site, version_of

VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
VARIABLES = [
    (str(file.relative_to(CONFIGURATION)), name, body)
    for file in sorted(CONFIGURATION.rglob("variables.tf"))
    for name, body in VARIABLE.findall(file.read_text("utf-8"))
]
# Any value of their type will do: a yes or no, and tags that come from the root module.
FREE = {"simulated_matches", "ssh_open_to_the_world", "always_free", "with_private_subnet"}


def test_it_has_the_form_that_terraform_gives(terraform: tuple[str, ...]) -> None:
    formatted = subprocess.run(
        [*terraform, "fmt", "-check", "-diff", "-recursive", str(CONFIGURATION)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatted.stdout == ""
    assert formatted.returncode == 0


def test_it_is_valid(make_site: Callable[..., Site]) -> None:
    assert "The configuration is valid." in make_site().run("validate", "-no-color").stdout


def test_each_module_asks_for_the_terraform_that_the_tests_take_at_least_and_for_a_provider_that_updates_hosts() -> (
    None
):
    """Version 8.16.0 of the provider cannot update a flexible host; 8.19.0 mends that."""
    asked = [file.read_text("utf-8") for file in CONFIGURATION.rglob("versions.tf")]
    assert len(asked) == 4
    for text in asked:
        assert re.findall(r'required_version = "(.+)"', text) == [">= {}.{}".format(*LEAST)]
        [(major, minor)] = re.findall(r'version = "~> (\d+)\.(\d+)"', text)
        assert (int(major), int(minor)) >= (8, 19)


@pytest.mark.timeout(900)
def test_its_own_tests_pass(make_site: Callable[..., Site]) -> None:
    said = make_site().run("test", "-no-color").stdout
    told = re.search(r"Success! (\d+) passed, 0 failed\.", said)
    assert told is not None
    assert int(told.group(1)) == sum(
        len(re.findall(r"^run ", file.read_text("utf-8"), re.MULTILINE))
        for file in CONFIGURATION.glob("tests/*.tftest.hcl")
    )


def test_each_validation_has_a_bad_value_among_its_own_tests() -> None:
    tests = (CONFIGURATION / "tests/validations.tftest.hcl").read_text("utf-8")
    refused = Counter(re.findall(r"expect_failures = \[var\.(\w+)\]", tests))
    validations = {
        name: body.count("validation {") for file, name, body in VARIABLES if file == "variables.tf"
    }
    assert {name for name, count in validations.items() if refused[name] < count} == set()


@pytest.mark.parametrize(
    ("file", "name", "body"), VARIABLES, ids=[f"{file}:{name}" for file, name, _ in VARIABLES]
)
def test_each_variable_has_type_and_description_and_refuses_with_what_to_do(
    file: str, name: str, body: str
) -> None:
    assert re.search(r"^  type += ", body, re.MULTILINE)
    assert re.search(r'^  description += ".+\."$', body, re.MULTILINE)
    messages = re.findall(r"error_message = \"(.+)\"$", body, re.MULTILINE)
    assert messages or name in FREE or (name == "tags" and file != "variables.tf")
    for message in messages:
        assert message.startswith(name)
        assert len(re.findall(r"[.:]( |$)|[.…0-9a-z]$", message)) >= 2, (
            f"what is wrong, then what to do: {message}"
        )


def test_no_provider_is_needed_but_oracle_s_and_the_built_in_one(make_site: Callable[..., Site]) -> None:
    said = make_site().run("providers").stdout
    assert set(re.findall(r"provider\[([^\]]+)\]", said)) == {
        "registry.terraform.io/oracle/oci",
        "terraform.io/builtin/terraform",
    }


def test_the_root_module_reads_every_output_of_its_modules() -> None:
    root = "".join(file.read_text("utf-8") for file in CONFIGURATION.glob("*.tf"))
    told = {
        f"module.{file.parent.name}.{name}"
        for file in CONFIGURATION.glob("modules/*/outputs.tf")
        for name in re.findall(r'^output "(\w+)"', file.read_text("utf-8"), re.MULTILINE)
    }
    assert told
    assert {each for each in told if not re.search(rf"\b{re.escape(each)}\b", root)} == set()


def test_the_ports_inside_are_those_that_the_hosts_open() -> None:
    """The cluster's web and API are in the public subnet, Kafka and Airflow in the private one."""
    opened = yaml.safe_load((ROOT / "ansible/group_vars/all/main.yml").read_text("utf-8"))["matchcast_ports"]
    by_group = {}
    for each in opened:
        ports, group = re.fullmatch(
            r"\{\{ \[([\d, ]+)\] if inventory_hostname in groups\['(\w+)'\] else \[\] \}\}", each
        ).groups()
        by_group[group] = {int(port) for port in ports.split(",")}
    hosts = (CONFIGURATION / "hosts.tf").read_text("utf-8")
    public, private = (
        {
            int(port)
            for port in re.search(rf"{name}_subnet_ports += local.alone \? \[\] : \[([\d, ]+)\]", hosts)
            .group(1)
            .split(",")
        }
        for name in ("public", "private")
    )
    assert public == by_group["web"] | by_group["api"] | by_group["dashboard"]
    assert private == {22} | by_group["kafka"] | by_group["airflow"]


def test_the_example_of_the_bucket_backend_is_one_that_terraform_takes(
    locked_terraform: tuple[str, ...], tmp_path: Path
) -> None:
    """Terraform reads the settings, then looks for the account's key, which is not there.

    The locked Terraform knows the backend, which is native since 1.12. No provider is named, so none is fetched.
    """
    assert version_of(locked_terraform) >= (1, 12)
    example = (CONFIGURATION / "backend.tf.example").read_text("utf-8")

    def initialize(name: str, text: str) -> str:
        (tmp_path / name).mkdir()
        (tmp_path / name / "backend.tf").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [*locked_terraform, "init", "-no-color", "-input=false"],
            cwd=tmp_path / name,
            env={
                **os.environ,
                "HOME": str(tmp_path),
                "TF_CLI_CONFIG_FILE": os.devnull,
                "CHECKPOINT_DISABLE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        return done.stderr

    assert f"open {tmp_path}/.oci/config: no such file or directory" in initialize("example", example)
    misspelt = initialize("misspelt", example.replace("namespace ", "name_space "))
    assert 'An argument named "name_space" is not expected here.' in misspelt


def test_the_example_of_answers_is_one_that_plans(make_site: Callable[..., Site]) -> None:
    site = make_site()
    site.answers.clear()
    shutil.copy(CONFIGURATION / "terraform.tfvars.example", site.work / "terraform.tfvars")
    key = 'ssh_public_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample you@laptop"]'
    text = re.sub(
        r"^ssh_public_keys.*$", key, (site.work / "terraform.tfvars").read_text("utf-8"), flags=re.MULTILINE
    )
    (site.work / "terraform.tfvars").write_text(
        re.sub(r"^# (\w+ += )", r"\1", text, flags=re.MULTILINE), encoding="utf-8"
    )
    assert 'module.compute.oci_core_instance.host["kafka-3"]' in site.plan()
