"""The open data that models are made from, its licences, and what a model must not be used for."""

from __future__ import annotations

from matchcast.forecast.artefact import DataSource

INTERNATIONAL_RESULTS = DataSource(
    name="martj42/international_results",
    licence="CC0 1.0",
    attribution="Mart Jürisoo and contributors: International football results from 1872 to now.",
    matches=0,
    used_for="ratings of national teams; goal rates, of its last ten years",
)

WYSCOUT = DataSource(
    name="Wyscout open data",
    licence="CC BY 4.0",
    attribution=(
        "L. Pappalardo, P. Cintia, A. Rossi, E. Massucco, P. Ferragina, D. Pedreschi and F. Giannotti: "
        "A public data set of spatio-temporal match events in soccer competitions. "
        "Scientific Data 6:236 (2019). Reshaped: goals and cards by minute were taken from it."
    ),
    matches=0,
    used_for="goal rates, red cards, clubs' results",
)

FIVETHIRTYEIGHT = DataSource(
    name="FiveThirtyEight soccer predictions",
    licence="CC BY 4.0",
    attribution=(
        "FiveThirtyEight: Club Soccer Predictions. Changed: ratings of clubs were fitted to its "
        "projected goals."
    ),
    matches=0,
    used_for="ratings of clubs, strengths before the match",
)

LIMITS = [
    "Men's senior football of 90 minutes. Youth, women's and indoor football were not looked at.",
    "Ratings of national teams end with the day the model was trained; those of clubs with May 2018, "
    "and only clubs of the leagues in the data are known.",
    "It knows score, clock, men and strengths; not line-ups, injuries, motives, weather, or the first "
    "leg of a tie.",
    "It is no basis for bets and none for decisions about people.",
]
