"""The challengers beside a model: fitted where it is not judged, asked where it is. Needs scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matchcast.forecast.archive import Archive, Flags, Floats, within
from matchcast.forecast.challengers import CHALLENGERS, Scenes, fit, scenes
from matchcast.forecast.elo import elo_gaps
from matchcast.forecast.learning import FIRST_DAY, learn_scales
from matchcast.forecast.pre_match import Rated, results_of
from matchcast.forecast.snapshots import MINUTES

FOLDS = 5
"""Parts that matches are dealt into where too few were played before them to fit challengers."""

_FEWEST_BEFORE = 200


class Challenged:
    """Fits the challengers to some matches of an archive and forecasts others."""

    def __init__(self, archive: Archive) -> None:
        played = archive.results
        if played is None and archive.international is not None:
            played = results_of(archive.international)
        self._played = played

    def __call__(self, seen: Rated, unseen: Rated) -> Mapping[str, Floats]:
        """Forecasts (N, 3) of each challenger at the snapshots of `unseen`; it learned from `seen` alone."""
        learned, asked = self._scenes(seen, seen), self._scenes(seen, unseen)
        return {name: fit(name, learned)(asked) for name in CHALLENGERS}

    def outside(self, rated: Rated, judged: Flags) -> Mapping[str, Floats]:
        """The same for some of the matches, by challengers that learned from none that they forecast.

        They learn from what was played before the first of these; where that is too little, the matches
        are dealt into `FOLDS` parts, each forecast by what the others teach.
        """
        unseen = rated.only(judged)
        before = rated.only(within(rated.matches.days, FIRST_DAY, np.min(unseen.matches.days)))
        if len(before.matches) >= _FEWEST_BEFORE:
            return self(before, unseen)
        part = np.arange(len(unseen.matches)) % FOLDS
        found: dict[str, Floats] = {}
        for number in np.unique(part):
            fold = part == number
            for name, values in self(unseen.only(~fold), unseen.only(fold)).items():
                whole = found.setdefault(name, np.zeros((len(part) * len(MINUTES), 3)))
                whole[np.repeat(fold, len(MINUTES))] = values
        return found

    def _scenes(self, seen: Rated, rated: Rated) -> Scenes:
        """Internationals with plain Elo, detailed matches with the goals that are expected of the teams."""
        matches = rated.matches
        if matches.name == "international" and self._played is not None:
            gap = elo_gaps(self._played, matches.days, matches.home, matches.away, matches.neutral)
            return scenes(matches, gap, np.zeros_like(gap))
        goals = np.log(rated.expected_goals(*learn_scales([seen])))
        return scenes(matches, goals[:, 0] - goals[:, 1], np.logaddexp(goals[:, 0], goals[:, 1]))
