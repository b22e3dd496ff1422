"""``python -m matchcast.events.schema`` prints the JSON Schema of an event."""

from __future__ import annotations

import json
import sys

from matchcast.events.record import json_schema

if __name__ == "__main__":
    json.dump(json_schema(), sys.stdout, indent=2)
    sys.stdout.write("\n")
