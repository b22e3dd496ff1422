#!/usr/bin/python3
"""Kill the broker when it has not answered three times in a row; systemd then starts it again.

One that has not answered since its start is at work on its log, perhaps, and gets forty looks.

    watchdog HOST PORT

The port is the controller's, which answers also while the quorum has no leader: a cluster that waits
for its other nodes is not a broker that hangs.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from kafka_protocol import answers

ATTEMPTS = 3
ATTEMPTS_AT_A_START = 40


def main() -> None:
    """Ask once, and keep what is known of one process in the unit's own runtime folder."""
    shown = subprocess.run(
        ["systemctl", "show", "--property=MainPID", "--value", "kafka.service"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    process = int(shown.stdout)
    file = Path(os.environ["RUNTIME_DIRECTORY"], "known.json")
    try:
        known = json.loads(file.read_text())
    except (OSError, ValueError):
        known = {}
    if known.get("process") != process:
        known = {"process": process, "has_answered": False, "failures": 0}
    if not process:
        return
    if answers(sys.argv[1], int(sys.argv[2])):
        known |= {"has_answered": True, "failures": 0}
    else:
        known["failures"] += 1
        most = ATTEMPTS if known["has_answered"] else ATTEMPTS_AT_A_START
        print(f"Kafka (process {process}) did not answer, {known['failures']} of {most}.", flush=True)
        if known["failures"] >= most:
            os.kill(process, signal.SIGKILL)
            print("It was killed; systemd starts it again.", flush=True)
    file.write_text(json.dumps(known))


if __name__ == "__main__":
    main()
