"""What cloud-init would do at a host's first start with the `user_data` that it is given, as far as it is played."""

from __future__ import annotations

import base64

import yaml
from tests.terraform.stand_in.cloud import Refused

# What the test hosts' image is like already: no key of root's, and nothing is installed at the first start.
HOLDS = {"disable_root": True, "package_update": False, "package_upgrade": False}
PASSWORDS = "/etc/ssh/sshd_config.d/50-cloud-init.conf"


def first_commands(user_data: str) -> list[str]:
    """Return the commands for a first start.

    Args:
        user_data: as an instance's metadata holds it, base64 of a `#cloud-config`.

    Raises:
        Refused: it asks for something that would not happen on these hosts.
    """
    text = base64.b64decode(user_data).decode()
    if not text.startswith("#cloud-config\n"):
        raise Refused("user_data is no #cloud-config, and nothing else is played on these hosts.")
    commands = []
    for name, value in yaml.safe_load(text).items():
        if name == "ssh_pwauth":
            setting = f"PasswordAuthentication {'yes' if value else 'no'}"
            commands += [f"echo {setting} | sudo tee {PASSWORDS} >/dev/null", "sudo systemctl reload ssh"]
        elif HOLDS.get(name) is not value:
            raise Refused(f"cloud-init's {name}: {value} is not played on these hosts.")
    return commands
