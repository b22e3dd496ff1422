"""Runs steps of the pipelines one after the other in one process, which is quicker than one for each.

Its arguments go before each step; it reads lines ``STEP BATCH`` and answers each, once it has let go of what
it held, by a line of JSON: the step's own result, or the exit code, the message and the hint of its failure.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout

from matchcast.errors import MatchcastError
from matchcast.pipeline.command import pipeline


def main(where: list[str]) -> None:
    for line in sys.stdin:
        step, batch = line.split()
        try:
            with redirect_stdout(io.StringIO()) as said:
                pipeline([*where, step, "--batch", batch], standalone_mode=False)
            answer = said.getvalue().strip()
        except MatchcastError as error:
            answer = json.dumps({"exit_code": error.exit_code, "message": error.message, "hint": error.hint})
        print(answer, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
