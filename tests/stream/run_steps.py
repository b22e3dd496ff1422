"""Runs steps of the pipelines one after the other in one process, which is quicker than one for each.

Its arguments go before each step; it reads lines ``STEP BATCH`` and answers each by a line of JSON: the
step's own result, or the exit code, the message and the hint of its failure.
"""

from __future__ import annotations

import json
import sys

from matchcast.errors import MatchcastError
from matchcast.pipeline.command import pipeline


def main(where: list[str]) -> None:
    for line in sys.stdin:
        step, batch = line.split()
        try:
            pipeline([*where, step, "--batch", batch], standalone_mode=False)
        except MatchcastError as error:
            failure = {"exit_code": error.exit_code, "message": error.message, "hint": error.hint}
            print(json.dumps(failure))
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
