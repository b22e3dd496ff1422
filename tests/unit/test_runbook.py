"""The runbook has an answer to each symptom, and no command that nobody has run."""

from __future__ import annotations

from tests.hosts.runbook_page import PAGE, PLACES, read_blocks, read_parts

SYMPTOMS = (
    "Site down",
    "No events",
    "Lag",
    "No forecasts",
    "Airflow stuck",
    "Disk full",
    "Certificate",
    "Lost host",
    "Leaked secret",
    "Teardown",
)
RUN = (PAGE.parents[1] / "tests/hosts/test_runbook.py").read_text(encoding="utf-8")


def test_each_symptom_says_what_to_look_at_what_to_do_and_how_to_know_that_it_is_mended() -> None:
    parts = read_parts()
    assert [section for section in parts if section in SYMPTOMS] == list(SYMPTOMS)
    assert [section for section in SYMPTOMS if parts[section] != ["Look", "Do", "Mended"]] == []
    used = {(block.section, block.part) for block in read_blocks()}
    assert {(section, part) for section in SYMPTOMS for part in ("Look", "Do", "Mended")} <= used


def test_each_command_is_run_on_a_host_that_boots_but_those_that_only_the_cloud_has() -> None:
    blocks = read_blocks()
    assert len({block.name for block in blocks}) == len(blocks)
    assert [block.name for block in blocks if block.place != "cloud" and f'"{block.name}"' not in RUN] == []


def test_commands_for_the_computer_say_so_where_a_reader_sees_it() -> None:
    first = {place: "# on your computer" for place in PLACES if place != "host"}
    wrong = [
        block.name
        for block in read_blocks()
        if block.text.startswith("# on your computer") != (block.place in first)
    ]
    assert wrong == []
