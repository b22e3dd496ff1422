#!/usr/bin/python3
"""Kill the broker when it has not answered three times in a row; systemd then starts it again.

    watchdog HOST PORT

The port is the controller's, which answers also while the quorum has no leader: a cluster that waits
for its other nodes is not a broker that hangs.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from kafka_protocol import answers

ATTEMPTS = 3


def main() -> None:
    """Ask once, and keep count of the failures of one process in the unit's own runtime folder."""
    shown = subprocess.run(
        ["systemctl", "show", "--property=MainPID", "--value", "kafka.service"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    process = int(shown.stdout)
    count = Path(os.environ["RUNTIME_DIRECTORY"], "failures")
    if not process or answers(sys.argv[1], int(sys.argv[2])):
        count.unlink(missing_ok=True)
        return
    known, _, failures = count.read_text().partition(" ") if count.exists() else ("", "", "0")
    now = int(failures) + 1 if known == str(process) else 1
    count.write_text(f"{process} {now}")
    print(f"Kafka (process {process}) did not answer, {now} of {ATTEMPTS}.", flush=True)
    if now >= ATTEMPTS:
        count.unlink()
        os.kill(process, signal.SIGKILL)
        print("It was killed; systemd starts it again.", flush=True)


if __name__ == "__main__":
    main()
