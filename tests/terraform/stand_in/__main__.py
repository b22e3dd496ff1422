"""Serve the stand-in upon an account in a folder: ``python -m tests.terraform.stand_in SOCKET SCHEMAS ACCOUNT``.

SCHEMAS is a file, ACCOUNT a folder. It ends when stdin is closed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.terraform.stand_in.cloud import Account
from tests.terraform.stand_in.server import serve

socket, schemas, account = sys.argv[1:]
serve(socket, Path(schemas), Account(Path(account)))
