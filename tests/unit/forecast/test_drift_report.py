"""A report of drift travels whole, and bytes that are none are told."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from matchcast.forecast.drift_report import DriftReport, Sign, decode
from matchcast.forecast.errors import DamagedDriftReport

SIGN = Sign("home wins", -3.7, 3.0, fires=True, text="home wins: -0.087 a match against the reference")
REPORT = DriftReport("2026-01-01T00:00:00+00:00", "b1", "real", "goal-rates-1", True, 1520, 4560, [SIGN])


def test_a_report_comes_back_as_it_was_written_under_the_key_of_its_origin() -> None:
    assert decode(REPORT.encode()) == REPORT
    assert REPORT.key == b"real"
    assert replace(REPORT, origin="simulated").key == b"simulated"


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b"{",
        b"{}",
        REPORT.encode()[:-1],
        REPORT.encode().replace(b'"real"', b'"made up"'),
        REPORT.encode().replace(b"+00:00", b""),
        REPORT.encode().replace(b"2026-01-01T", b"yesterday"),
    ],
)
def test_bytes_that_are_no_report_are_told(raw: bytes | None) -> None:
    with pytest.raises(DamagedDriftReport, match="cannot be read"):
        decode(raw)
