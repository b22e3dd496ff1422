"""The stand-in itself: what it serves is the provider's, and it refuses what a cloud refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.terraform.running import Site
from tests.terraform.stand_in.cloud import Account, Refused


@pytest.fixture
def resources(schemas: Path) -> dict[str, Any]:
    """The blocks of the resources that it serves, by type."""
    read = json.loads(schemas.read_text("utf-8"))["resources"]
    return {name: schema["block"] for name, schema in read.items()}


def test_attributes_are_required_optional_or_computed_as_the_provider_has_them(
    resources: dict[str, Any],
) -> None:
    volume, instance = (resources[name]["attributes"] for name in ("oci_core_volume", "oci_core_instance"))
    assert volume["availability_domain"] == {"type": "string", "required": True}
    assert volume["size_in_gbs"] == {"type": "string", "optional": True, "computed": True}
    assert instance["private_ip"] == {"type": "string", "computed": True}
    assert instance["metadata"] == {"type": ["map", "string"], "optional": True, "computed": True}


def test_blocks_are_nested_as_the_provider_has_them(resources: dict[str, Any]) -> None:
    source = resources["oci_core_instance"]["block_types"]["source_details"]
    assert (source["nesting_mode"], source["max_items"]) == ("list", 1)
    assert source["block"]["attributes"]["source_type"]["required"]
    rules = resources["oci_core_security_list"]["block_types"]["ingress_security_rules"]
    assert rules["nesting_mode"] == "set"
    assert "max_items" not in rules
    assert set(rules["block"]["block_types"]) == {"icmp_options", "tcp_options", "udp_options"}


def test_an_argument_that_the_provider_lacks_is_refused(make_site: Callable[..., Site]) -> None:
    site = make_site()
    file = site.work / "modules/storage/volumes.tf"
    file.write_text(file.read_text("utf-8").replace("size_in_gbs", "size_in_gigabytes"), encoding="utf-8")
    refused = site.run("validate", "-no-color", codes=(1,)).stderr
    assert 'An argument named "size_in_gigabytes" is not expected here.' in refused


def test_what_another_resource_refers_to_is_not_removed(tmp_path: Path) -> None:
    account = Account(tmp_path)
    account.keep("oci_core_volume", {"id": "volume"})
    account.keep("oci_core_volume_attachment", {"id": "attachment", "volume_id": "volume"})
    with pytest.raises(
        Refused, match="409-Conflict: oci_core_volume volume is still used by oci_core_volume_attachment"
    ):
        account.remove("oci_core_volume", "volume")
    account.remove("oci_core_volume_attachment", "attachment")
    account.remove("oci_core_volume", "volume")
    assert account.contents() == {}


def test_a_bucket_that_holds_something_is_not_removed(tmp_path: Path) -> None:
    account = Account(tmp_path)
    account.keep("oci_objectstorage_bucket", {"id": "bucket"})
    (tmp_path / "account.json").write_text('{"objects": ["backup.tar"]}', encoding="utf-8")
    with pytest.raises(Refused, match="409-BucketNotEmpty"):
        account.remove("oci_objectstorage_bucket", "bucket")
    assert account.contents() == {"oci_objectstorage_bucket": 1}


def test_what_was_removed_behind_terraform_s_back_is_made_again(site: Site) -> None:
    """It is the account that tells what there is, not Terraform's own state."""
    [attachment] = site.account.folder.glob("oci_core_volume_attachment/*.json")
    attachment.unlink()
    assert site.plan() == {'module.storage.oci_core_volume_attachment.data["site"]': ("create",)}
