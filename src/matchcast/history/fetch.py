"""Open data from its origin into history: fetch, check, convert, keep."""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec

from matchcast.history import internationals, wyscout
from matchcast.history.download import Downloader, Progress, digest
from matchcast.history.errors import OriginRefused, UnknownData, UnreadableMatches
from matchcast.history.files import FETCHED, HistoryFolder, written_aside
from matchcast.history.origins import NEWEST, Checksum, OpenData, file_url, listing_url
from matchcast.history.parquet import write_matches
from matchcast.history.tables import Match

log = logging.getLogger(__name__)

CONNECTIONS = 6
AHEAD = 64
"""Matches that are fetched before they are converted, at most."""

Counted = Callable[[str, int, int], None]
"""Called with what is counted, how many are done, and of how many."""


class Fetched(NamedTuple):
    """What a fetch brought into history: matches by what is known of them.

    `without_events` are matches that the origin lists and of which it has no events.
    """

    results: int
    goals: int
    detailed: int
    without_events: int = 0


class Fetcher:
    """Brings open data into a history.

    Args:
        cache: folder where the origin's files stay, so that a fetch that broke off goes on.
        base: address of a mirror instead of the origins' own hosts.
        progress: told of the bytes of single files.
        counted: told of the matches that are done.
    """

    def __init__(
        self,
        history: HistoryFolder,
        cache: Path,
        *,
        base: str | None = None,
        downloader: Downloader | None = None,
        progress: Progress | None = None,
        counted: Counted | None = None,
    ) -> None:
        self._history = history
        self._cache = cache / "origins"
        self._base = base.rstrip("/") if base else None
        self._downloader = downloader or Downloader(connections=CONNECTIONS)
        self._progress = progress
        self._counted = counted

    def fetch_internationals(self, data: OpenData, *, newest: bool = False) -> Fetched:
        """Bring the results and goals of nations.

        Args:
            newest: take the newest state of the data, which has no checksum, instead of the pinned one.

        Raises:
            MatchcastError: as `Downloader.fetch`; `UnreadableMatches`, `HistoryBusy`.
        """
        commit = NEWEST if newest else data.commit
        with self._history.locked(FETCHED):
            contents = []
            for path, checksum in data.files.items():
                target = self._cache / data.name / commit / path
                url = file_url(data, commit, path, self._base)
                self._downloader.fetch(url, target, None if newest else checksum, self._progress)
                contents.append(target.read_bytes())
            results, scorers, shoot_outs = contents
            matches = internationals.convert(
                results, scorers, shoot_outs, origin=data.name, source=f"{data.repository}@{commit}"
            )
            write_matches(self._history.matches / FETCHED / f"{data.name}.parquet", matches)
        return _count(matches)

    def fetch_wyscout(self, data: OpenData, competitions: Collection[str] | None = None) -> Fetched:
        """Bring Wyscout's matches with goals, cards, substitutions and shots.

        Args:
            competitions: those wanted, by Wyscout's name of their file ("England", "World_Cup"); all
                when None.

        Raises:
            MatchcastError: as `Downloader.fetch`; `UnknownData`, `UnreadableMatches`, `HistoryBusy`.
        """
        with self._history.locked(FETCHED):
            ((path, checksum),) = data.files.items()
            archive = self._cache / data.name / data.commit / path
            url = file_url(data, data.commit, path, self._base)
            self._downloader.fetch(url, archive, checksum, self._progress)
            fixtures = wyscout.read_fixtures(archive.read_bytes())
            known = list(dict.fromkeys(fixture.competition for fixture in fixtures))
            unknown = sorted(set(competitions or ()) - set(known))
            if unknown:
                raise UnknownData(
                    f"Wyscout's data has no competition {unknown[0]!r}.", hint=f"choose of {', '.join(known)}"
                )
            ids = self._blob_ids(data)
            chosen = [one for one in fixtures if competitions is None or one.competition in competitions]
            with_events = [one for one in chosen if one.match_id in ids]
            matches: dict[str, list[Match]] = {one.competition: [] for one in chosen}
            for done, match in enumerate(self._converted(data, with_events, ids), 1):
                matches[match.competition or ""].append(match)
                if self._counted is not None:
                    self._counted("matches", done, len(with_events))
            for competition, found in matches.items():
                write_matches(self._history.matches / FETCHED / f"{data.name}_{competition}.parquet", found)
        everything = [match for found in matches.values() for match in found]
        return _count(everything)._replace(without_events=len(chosen) - len(with_events))

    def _blob_ids(self, data: OpenData) -> dict[str, Checksum]:
        """Return git's ids of the files of events, by match id, as the origin lists them."""
        listed = self._cache / data.name / data.commit / "listing.json"
        url = listing_url(data, data.commit, self._base)
        if not listed.exists():
            self._downloader.fetch(url, listed, None, self._progress)
        try:
            listing = msgspec.json.decode(listed.read_bytes(), type=_Listing)
        except msgspec.MsgspecError as error:
            listed.unlink()
            raise UnreadableMatches(f"{url} is no list of files: {error}", hint="fetch it again") from error
        if listing.truncated:
            listed.unlink()
            raise OriginRefused(f"{url} lists only a part of the files.", hint="fetch it again later")
        ids = {
            Path(entry.path).stem: Checksum("git", entry.sha)
            for entry in listing.tree
            if entry.type == "blob"
            and entry.path.startswith(f"{data.folder}/")
            and entry.path.endswith(".json")
        }
        if not ids:
            raise UnreadableMatches(f"{url} lists no files in {data.folder}.", hint="fetch it again")
        return ids

    def _converted(
        self, data: OpenData, fixtures: list[wyscout.Fixture], ids: dict[str, Checksum]
    ) -> Iterator[Match]:
        """Yield the matches in their order, fetching some ahead."""
        pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fetch")
        try:
            waiting = [(one, pool.submit(self._events, data, one, ids)) for one in fixtures[:AHEAD]]
            for place, fixture in enumerate(fixtures, AHEAD):
                content = waiting.pop(0)[1].result()
                if place < len(fixtures):
                    waiting.append((fixtures[place], pool.submit(self._events, data, fixtures[place], ids)))
                yield wyscout.convert(
                    fixture, content, origin=data.name, source=f"{data.repository}@{data.commit}"
                )
        finally:
            pool.shutdown(cancel_futures=True)

    def _events(self, data: OpenData, fixture: wyscout.Fixture, ids: dict[str, Checksum]) -> bytes:
        """Return a match's file of events, from the cache if that has it and it is right."""
        path, checksum = f"{data.folder}/{fixture.match_id}.json", ids[fixture.match_id]
        kept = self._cache / data.name / data.commit / f"{path}.gz"
        try:
            content = gzip.decompress(kept.read_bytes())
            if digest(content, checksum) == checksum.value:
                return content
            log.warning("a file in the cache is damaged; fetching it anew", extra={"path": str(kept)})
        except (FileNotFoundError, EOFError, gzip.BadGzipFile, zlib.error):
            log.debug("not in the cache", extra={"path": str(kept)})
        content = self._downloader.read(file_url(data, data.commit, path, self._base), checksum)
        with written_aside(kept) as aside:
            aside.write_bytes(gzip.compress(content, 6, mtime=0))
        return content


class _Entry(msgspec.Struct):
    path: str
    type: str
    sha: str


class _Listing(msgspec.Struct):
    tree: list[_Entry]
    truncated: bool = False


def _count(matches: Collection[Match]) -> Fetched:
    kinds = [match.kind for match in matches]
    return Fetched(kinds.count("result"), kinds.count("goals"), kinds.count("detailed"))
