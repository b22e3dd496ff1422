"""``python -m matchcast`` is the command ``matchcast``."""

import sys

from matchcast.cli import main

sys.exit(main())
