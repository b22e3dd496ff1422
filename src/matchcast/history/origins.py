"""The open data sets: where they come from, which state of them is meant, and on what terms."""

from __future__ import annotations

from typing import NamedTuple

INTERNATIONALS, WYSCOUT = "international_results", "wyscout"
NEWEST = "HEAD"
"""Names the newest state of a repository, whose checksums nobody has written down."""

_RAW, _API = "https://raw.githubusercontent.com", "https://api.github.com"


class Checksum(NamedTuple):
    """What a file's bytes must hash to: "sha256", or "git" for git's id of a blob."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class OpenData(NamedTuple):
    """A data set in a public repository, at one commit.

    `files` maps paths to their checksum; `folder` is where further files are, whose checksums are
    git's ids as the repository lists them at that commit.
    """

    name: str
    title: str
    repository: str
    commit: str
    files: dict[str, Checksum]
    licence: str
    attribution: str
    folder: str | None = None


CATALOGUE = {
    INTERNATIONALS: OpenData(
        INTERNATIONALS,
        "results and goal scorers of international matches",
        "martj42/international_results",
        "65d212aac5deec5157071dcf6e9b05fce0223c84",
        {
            "results.csv": Checksum(
                "sha256", "100afa17b2258ffcc0e9ef9612e374c5349e2b9390ec450b72147d4643c42070"
            ),
            "goalscorers.csv": Checksum(
                "sha256", "e8b9b468e9fe30f1f92e82a66312af980b83fdeb5eb411497097a850748b8815"
            ),
            "shootouts.csv": Checksum(
                "sha256", "2acdc95fdad14f5f17200150a1a4a5fa6c2ccf57d31c8b4f61a2c7d9c0493113"
            ),
        },
        "CC0 1.0",
        "International football results by Mart Jürisoo (martj42/international_results), CC0 1.0.",
    ),
    WYSCOUT: OpenData(
        WYSCOUT,
        "events of five leagues 2017/18, World Cup 2018 and Euro 2016",
        "koenvo/wyscout-soccer-match-event-dataset",
        "ebc4c54c1093c420a81ce442c69e4186fab33bb4",
        {
            "raw_data/matches.zip": Checksum(
                "sha256", "c8f92bb7533e5c127e043cee764c991b5c25b4f5e70a65be931baae0b1765ce9"
            )
        },
        "CC BY 4.0",
        "L. Pappalardo et al., A public data set of spatio-temporal match events in soccer competitions, "
        "Scientific Data 6:236 (2019), CC BY 4.0 (Wyscout); reshaped, and expected goals (xG) are ours.",
        folder="processed-v2/files",
    ),
}


def attributions(origins: set[str]) -> list[str]:
    """Return what must be said wherever matches of these origins, or what was made of them, are passed on."""
    return [data.attribution for name, data in CATALOGUE.items() if name in origins]


def file_url(data: OpenData, commit: str, path: str, base: str | None = None) -> str:
    """Return where a file is; `base` stands for the host where that is a mirror."""
    return f"{base or _RAW}/{data.repository}/{commit}/{path}"


def listing_url(data: OpenData, commit: str, base: str | None = None) -> str:
    """Return where the paths and git ids of all files of a commit are listed, as JSON."""
    return f"{base or _API}/repos/{data.repository}/git/trees/{commit}?recursive=1"
