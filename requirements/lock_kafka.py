"""Resolve kafka.pom.xml with Maven, once, into kafka-jars.lock: each jar's coordinate and sha256.

Run it as ``make lock-kafka``; it needs ``mvn``. Whoever installs from the lock needs neither Maven
nor its resolution: each jar is fetched by its exact coordinate and compared with its sum.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
RESOLVED = re.compile(
    r"^\s+(?P<group>[^:\s]+):(?P<artifact>[^:]+):jar:(?P<version>[^:]+):(?:compile|runtime)"
)
HEADER = """\
# Kafka's jars: group:artifact:version sha256. Made from kafka.pom.xml by `make lock-kafka`.
"""


def resolve(pom: Path) -> list[str]:
    """Return the lock's lines for the runtime dependencies of `pom`, sorted."""
    with tempfile.TemporaryDirectory() as scratch:
        jars, listing = Path(scratch, "jars"), Path(scratch, "list")
        subprocess.run(
            [
                "mvn", "--quiet", "--batch-mode", "--file", str(pom),
                "dependency:list", f"-DoutputFile={listing}",
                "dependency:copy-dependencies", f"-DoutputDirectory={jars}",
                "-DincludeScope=runtime",
            ],
            check=True,
        )  # fmt: skip
        lines = []
        for found in map(RESOLVED.match, listing.read_text(encoding="utf-8").splitlines()):
            if found:
                jar = jars / f"{found['artifact']}-{found['version']}.jar"
                digest = hashlib.sha256(jar.read_bytes()).hexdigest()
                lines.append(f"{found['group']}:{found['artifact']}:{found['version']} {digest}\n")
        unlisted = len(list(jars.iterdir())) - len(lines)
        if unlisted:
            sys.exit(
                f"Maven copied {unlisted} jars that its list does not name: a classifier? Nothing was written."
            )
    return sorted(lines)


if __name__ == "__main__":
    (HERE / "kafka-jars.lock").write_text(HEADER + "".join(resolve(HERE / "kafka.pom.xml")), encoding="utf-8")
